using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>ROW (MS-TDS 2.2.7.20): a cell for each column. The token is its type and the cells.</summary>
public static class Row
{
    /// <summary>The cells of a token that has arrived whole; enumerate them to the end, and all of it has been checked.</summary>
    public static RowCells Decode(ReadOnlySpan<byte> token, RowLayout layout) =>
        new(layout, TokenFrame.Open(token, TokenType.Row).RemainingBytes, compressed: false);

    /// <summary>Begins a row: write a value for each column with <see cref="ValueWriter"/> as <see cref="CellForm.Row"/>.</summary>
    public static void Begin(WireWriter writer) => writer.WriteByte((byte)TokenType.Row);
}

/// <summary>
/// NBCROW (MS-TDS 2.2.7.15): a bitmap of the columns that are NULL, and a cell for each of the others. Since TDS 7.3.B, and
/// never in bulk load or table valued parameters.
/// </summary>
public static class NbcRow
{
    /// <inheritdoc cref="Row.Decode"/>
    /// <exception cref="ProtocolException">The token is shorter than its bitmap.</exception>
    public static RowCells Decode(ReadOnlySpan<byte> token, RowLayout layout) =>
        new(layout, TokenFrame.Open(token, TokenType.NbcRow).RemainingBytes, compressed: true);

    /// <summary>
    /// Begins a row with its bitmap (see <see cref="RowLayout.SetNullBit"/>): write a value for each column whose bit is not
    /// set.
    /// </summary>
    public static void Begin(WireWriter writer, ReadOnlySpan<byte> bitmap)
    {
        writer.WriteByte((byte)TokenType.NbcRow);
        writer.WriteBytes(bitmap);
    }
}

/// <summary>ALTROW (MS-TDS 2.2.7.2): a row of totals, as the ALTMETADATA of the same id describes it.</summary>
public static class AltRow
{
    internal const int HeaderLength = 3;

    /// <summary>The id that says which ALTMETADATA describes the row.</summary>
    public static ushort ReadId(ReadOnlySpan<byte> token) =>
        ReadIdOf(TokenFrame.Open(token, TokenType.AltRow));

    /// <inheritdoc cref="Row.Decode"/>
    public static RowCells Decode(ReadOnlySpan<byte> token, RowLayout layout)
    {
        var reader = TokenFrame.Open(token, TokenType.AltRow);
        reader.ReadUInt16LittleEndian();
        return new RowCells(layout, reader.RemainingBytes, compressed: false);
    }

    private static ushort ReadIdOf(WireReader reader) => reader.ReadUInt16LittleEndian();

    /// <summary>Begins a row: write a value for each total with <see cref="ValueWriter"/> as <see cref="CellForm.Parameter"/>.</summary>
    public static void Begin(WireWriter writer, ushort id)
    {
        writer.WriteByte((byte)TokenType.AltRow);
        writer.WriteUInt16LittleEndian(id);
    }
}
