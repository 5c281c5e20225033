using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>The name that people read and the identifier that programs compare, of a sensitivity label or an information type.</summary>
public readonly record struct ClassificationName(string Name, string Id);

/// <summary>One source of a column's data (SensitivityProperty, MS-TDS 2.2.7.5).</summary>
/// <param name="Label">Index into the labels, from 0; <see cref="DataClassification.NoIndex"/> for none.</param>
/// <param name="InformationType">Index into the information types, likewise.</param>
/// <param name="Rank">-1 not defined, 0 none, 10 low, 20 medium, 30 high, 40 critical; null in version 1.</param>
public readonly record struct SensitivityProperty(ushort Label, ushort InformationType, int? Rank);

/// <summary>The sources of a column that are classified; none for a column of the public.</summary>
public sealed record ColumnSensitivity(ValueList<SensitivityProperty> Properties);

/// <summary>
/// DATACLASSIFICATION (MS-TDS 2.2.7.5): which columns of the result set are made of classified sources, whatever names they
/// have in it. Sent behind COLMETADATA to who asked for it in LOGIN7.
/// </summary>
/// <param name="Rank">The highest rank of the query; null in version 1.</param>
/// <param name="Columns">One for each column of the result set, or none at all.</param>
public sealed record DataClassification(
    ValueList<ClassificationName> Labels, ValueList<ClassificationName> InformationTypes, int? Rank,
    ValueList<ColumnSensitivity> Columns)
{
    public const ushort NoIndex = 0xFFFF;

    /// <exception cref="ProtocolException">Also where a column names a label or an information type that is not there.</exception>
    public static DataClassification Decode(ReadOnlySpan<byte> token, TokenFormat format)
    {
        var reader = TokenFrame.Open(token, TokenType.DataClassification);
        var labels = ValueList.Read(ref reader, reader.ReadUInt16LittleEndian(), ReadName);
        var types = ValueList.Read(ref reader, reader.ReadUInt16LittleEndian(), ReadName);
        int? rank = format.HasSensitivityRank ? reader.ReadInt32LittleEndian() : null;
        var columns = ValueList.Read(ref reader, reader.ReadUInt16LittleEndian(), ReadColumn);
        reader.End();
        return new DataClassification(labels, types, rank, columns);

        ColumnSensitivity ReadColumn(scoped ref WireReader column) =>
            new(ValueList.Read(ref column, column.ReadUInt16LittleEndian(), ReadProperty));

        SensitivityProperty ReadProperty(scoped ref WireReader property) => new(
            Index(property.ReadUInt16LittleEndian(), labels.Count), Index(property.ReadUInt16LittleEndian(), types.Count),
            format.HasSensitivityRank ? property.ReadInt32LittleEndian() : null);
    }

    public void Encode(WireWriter writer, TokenFormat format)
    {
        writer.WriteByte((byte)TokenType.DataClassification);
        WriteNames(writer, Labels);
        WriteNames(writer, InformationTypes);
        WriteRank(writer, Rank, format);
        writer.WriteUInt16LittleEndian(checked((ushort)Columns.Count));
        foreach (var column in Columns)
        {
            writer.WriteUInt16LittleEndian(checked((ushort)column.Properties.Count));
            foreach (var property in column.Properties)
            {
                writer.WriteUInt16LittleEndian(property.Label);
                writer.WriteUInt16LittleEndian(property.InformationType);
                WriteRank(writer, property.Rank, format);
            }
        }
    }

    internal static void Skip(scoped ref PartialReader reader, TokenFormat format)
    {
        SkipNames(ref reader);
        SkipNames(ref reader);
        int rankLength = format.HasSensitivityRank ? sizeof(int) : 0;
        reader.Skip(rankLength);
        int columns = reader.UInt16();
        for (int i = 0; i < columns && !reader.IsShort; i++)
            reader.Skip((long)reader.UInt16() * (sizeof(ushort) + sizeof(ushort) + rankLength));
    }

    private static ClassificationName ReadName(scoped ref WireReader reader) =>
        new(TdsText.ReadByteText(ref reader), TdsText.ReadByteText(ref reader));

    private static ushort Index(ushort index, int count) => index < count || index == NoIndex ? index
        : throw new ProtocolException("A column's classification names a label or a type that the token does not have.");

    private static void WriteNames(WireWriter writer, ValueList<ClassificationName> names)
    {
        writer.WriteUInt16LittleEndian(checked((ushort)names.Count));
        foreach (var name in names)
        {
            TdsText.WriteByteText(writer, name.Name);
            TdsText.WriteByteText(writer, name.Id);
        }
    }

    private static void WriteRank(WireWriter writer, int? rank, TokenFormat format)
    {
        if (format.HasSensitivityRank)
            writer.WriteInt32LittleEndian(rank ?? -1);
    }

    private static void SkipNames(scoped ref PartialReader reader)
    {
        int count = reader.UInt16();
        for (int i = 0; i < count && !reader.IsShort; i++)
        {
            reader.SkipByteText();
            reader.SkipByteText();
        }
    }
}
