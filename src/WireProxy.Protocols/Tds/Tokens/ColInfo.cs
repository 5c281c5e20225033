using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>Bits of a <see cref="ColumnProperty"/> (MS-TDS 2.2.7.3).</summary>
[Flags]
public enum ColumnStatus : byte
{
    None = 0,

    /// <summary>The column is an expression: it has no table.</summary>
    Expression = 0x04,
    Key = 0x08,

    /// <summary>Not asked for: the server added it because it is part of a key.</summary>
    Hidden = 0x10,

    /// <summary>The base column has another name than the client sees, and the name follows.</summary>
    DifferentName = 0x20,
}

/// <summary>Where a column of the result set comes from (ColProperty).</summary>
/// <param name="Column">Column of the result set, from 1.</param>
/// <param name="Table">Name in the TABNAME before it, from 1; 0 for an expression.</param>
/// <param name="BaseName">With <see cref="ColumnStatus.DifferentName"/>, else null.</param>
public readonly record struct ColumnProperty(byte Column, byte Table, ColumnStatus Status, string? BaseName)
{
    internal static ColumnProperty Read(scoped ref WireReader reader)
    {
        byte column = reader.ReadByte();
        byte table = reader.ReadByte();
        var status = (ColumnStatus)reader.ReadByte();
        string? name = (status & ColumnStatus.DifferentName) != 0 ? TdsText.ReadByteText(ref reader) : null;
        return new ColumnProperty(column, table, status, name);
    }
}

/// <summary>COLINFO (MS-TDS 2.2.7.3): the origins of columns, in browse mode and for cursors.</summary>
public sealed record ColInfo(ValueList<ColumnProperty> Columns)
{
    public static ColInfo Decode(ReadOnlySpan<byte> token)
    {
        var reader = TokenFrame.OpenCounted(token, TokenType.ColInfo);
        return new ColInfo(ValueList.ReadAll(ref reader, ColumnProperty.Read));
    }

    public void Encode(WireWriter writer)
    {
        int start = TokenFrame.BeginCounted(writer, TokenType.ColInfo);
        foreach (var column in Columns)
        {
            writer.WriteByte(column.Column);
            writer.WriteByte(column.Table);
            writer.WriteByte((byte)column.Status);
            if ((column.Status & ColumnStatus.DifferentName) != 0)
                TdsText.WriteByteText(writer, column.BaseName);
        }
        TokenFrame.FinishCounted(writer, start);
    }
}
