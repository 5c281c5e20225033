using System.Collections.Immutable;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>COLMETADATA (MS-TDS 2.2.7.4): the columns of the rows that follow.</summary>
public sealed record ColMetadata
{
    /// <summary>The count that says: the columns are those of an earlier message.</summary>
    private const ushort NoMetadata = 0xFFFF;

    private readonly Lazy<RowLayout> _layout;

    /// <param name="columns">None with <paramref name="isOmitted"/>.</param>
    /// <param name="keys">The table of column encryption keys; sent, if only as empty, wherever encryption was negotiated.</param>
    /// <param name="isOmitted">The client asked for no metadata: the columns are those that it has seen before.</param>
    public ColMetadata(ValueList<Column> columns, ValueList<EncryptionKey> keys = default, bool isOmitted = false)
    {
        Columns = columns;
        Keys = keys;
        IsOmitted = isOmitted;
        _layout = new Lazy<RowLayout>(() => new RowLayout(TypesOf(columns), CellForm.Row), isThreadSafe: false);
    }

    public ValueList<Column> Columns { get; }

    public ValueList<EncryptionKey> Keys { get; }

    public bool IsOmitted { get; }

    /// <summary>How the cells of a row lie.</summary>
    public RowLayout Layout => _layout.Value;

    public static ColMetadata Decode(ReadOnlySpan<byte> token, TokenFormat format)
    {
        var reader = TokenFrame.Open(token, TokenType.ColMetadata);
        ushort count = reader.ReadUInt16LittleEndian();
        ValueList<EncryptionKey> keys = HasKeys(count, format)
            ? ValueList.Read(ref reader, reader.ReadUInt16LittleEndian(), EncryptionKey.Read) : [];
        var columns = ImmutableArray.CreateBuilder<Column>();
        for (int i = 0; i < count && count != NoMetadata; i++)
            columns.Add(Column.Read(ref reader, format));
        reader.End();
        return new ColMetadata(new ValueList<Column>(columns.DrainToImmutable()), keys, count == NoMetadata);
    }

    public void Encode(WireWriter writer, TokenFormat format)
    {
        ushort count = IsOmitted ? NoMetadata : checked((ushort)Columns.Count);
        writer.WriteByte((byte)TokenType.ColMetadata);
        writer.WriteUInt16LittleEndian(count);
        if (HasKeys(count, format))
        {
            writer.WriteUInt16LittleEndian(checked((ushort)Keys.Count));
            foreach (var key in Keys)
                key.Write(writer);
        }
        foreach (var column in Columns)
            column.Write(writer, format);
    }

    internal static void Skip(scoped ref PartialReader reader, TokenFormat format)
    {
        ushort count = reader.UInt16();
        int keys = HasKeys(count, format) ? reader.UInt16() : 0;
        for (int i = 0; i < keys && !reader.IsShort; i++)
            EncryptionKey.Skip(ref reader);
        for (int i = 0; i < count && count != NoMetadata && !reader.IsShort; i++)
            Column.Skip(ref reader, format);
    }

    public bool Equals(ColMetadata? other) => other is not null && IsOmitted == other.IsOmitted
        && Columns == other.Columns && Keys == other.Keys;

    public override int GetHashCode() => HashCode.Combine(Columns.Count, IsOmitted);

    /// <summary>SqlClient reads no key table behind the count that says "as before"; SQL Server sends none there.</summary>
    private static bool HasKeys(ushort count, TokenFormat format) => format.ColumnEncryption && count != NoMetadata;

    private static ImmutableArray<TypeInfo> TypesOf(ValueList<Column> columns)
    {
        var types = ImmutableArray.CreateBuilder<TypeInfo>(columns.Count);
        foreach (var column in columns)
            types.Add(column.Type);
        return types.MoveToImmutable();
    }
}
