using WireProxy.Policy;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Tds.Masking;

/// <summary>Masks the rows of one result set. Immutable.</summary>
internal sealed class TdsRowMask
{
    private TdsRowMask(ColMetadata described, MaskedCells cells)
    {
        Described = described;
        Cells = cells;
    }

    /// <summary>
    /// What the client is told in the place of the server's description: a column that may become NULL has a type with a NULL,
    /// and the flag for it.
    /// </summary>
    public ColMetadata Described { get; }

    internal MaskedCells Cells { get; }

    /// <param name="masks">One for each column; null leaves it clear.</param>
    /// <returns>Null where nothing is masked, so that rows are passed on as they are.</returns>
    /// <exception cref="ArgumentException">Not as many masks as columns.</exception>
    public static TdsRowMask? Create(ColMetadata columns, ReadOnlySpan<Mask?> masks)
    {
        if (masks.Length != columns.Columns.Count)
            throw new ArgumentException("There has to be a mask, or null, for each column.", nameof(masks));
        var types = new TypeInfo[masks.Length];
        var cells = new CellMask?[masks.Length];
        var described = new Column[masks.Length];
        for (int i = 0; i < masks.Length; i++)
        {
            var column = columns.Columns[i];
            types[i] = column.Type;
            cells[i] = masks[i] is { } mask ? CellMask.For(mask, column.Type, CellForm.Row, column.Crypto is not null) : null;
            described[i] = cells[i] is { MayBeNull: true } cell
                ? column with { Type = cell.Described, Flags = Nullable(column.Flags) }
                : column;
        }
        return MaskedCells.Create(types, cells, CellForm.Row) is { } masked
            ? new TdsRowMask(new ColMetadata([.. described], columns.Keys, columns.IsOmitted), masked)
            : null;
    }

    /// <summary>Writes a whole row, ROW or NBCROW, from its token on.</summary>
    /// <exception cref="ProtocolException">The row has other columns than its description. What was written until then is part
    /// of a row and must not be sent.</exception>
    public void WriteRow(in RowHeader row, ReadOnlySpan<byte> wholeRow, WireWriter destination) =>
        Cells.Write(wholeRow, row.HeaderLength, row.IsCompressed, destination);

    /// <summary>Writes all whole ROW and NBCROW that stand at the beginning of the bytes, which is faster than one by one.</summary>
    /// <param name="received">Begins at a token; may end anywhere.</param>
    /// <param name="rows">Their number.</param>
    /// <returns>Their bytes.</returns>
    /// <exception cref="ProtocolException">A length that nothing can have. What was written until then must not be sent.</exception>
    public int WriteRows(ReadOnlySpan<byte> received, WireWriter destination, out int rows) =>
        Cells.WriteRows(received, destination, out rows);

    internal static ColumnFlags Nullable(ColumnFlags flags) => (flags | ColumnFlags.Nullable) & ~ColumnFlags.NullableUnknown;
}

/// <summary>Masks the totals of a COMPUTE clause, which come in ALTROW. Immutable.</summary>
internal sealed class TdsTotalsMask
{
    private TdsTotalsMask(AltMetadata described, MaskedCells cells)
    {
        Described = described;
        Cells = cells;
    }

    /// <inheritdoc cref="TdsRowMask.Described"/>
    public AltMetadata Described { get; }

    internal MaskedCells Cells { get; }

    /// <param name="masks">One for each total; null leaves it clear.</param>
    /// <inheritdoc cref="TdsRowMask.Create"/>
    public static TdsTotalsMask? Create(AltMetadata totals, ReadOnlySpan<Mask?> masks)
    {
        if (masks.Length != totals.Columns.Count)
            throw new ArgumentException("There has to be a mask, or null, for each total.", nameof(masks));
        var types = new TypeInfo[masks.Length];
        var cells = new CellMask?[masks.Length];
        var described = new AltColumn[masks.Length];
        for (int i = 0; i < masks.Length; i++)
        {
            var total = totals.Columns[i];
            types[i] = total.Type;
            cells[i] = masks[i] is { } mask ? CellMask.For(mask, total.Type, CellForm.Parameter) : null;
            described[i] = cells[i] is { MayBeNull: true } cell
                ? total with { Type = cell.Described, Flags = TdsRowMask.Nullable(total.Flags) }
                : total;
        }
        return MaskedCells.Create(types, cells, CellForm.Parameter) is { } masked
            ? new TdsTotalsMask(totals with { Columns = [.. described] }, masked)
            : null;
    }

    /// <summary>Writes a whole ALTROW from its token on.</summary>
    /// <inheritdoc cref="TdsRowMask.WriteRow"/>
    public void WriteRow(in RowHeader row, ReadOnlySpan<byte> wholeRow, WireWriter destination) =>
        Cells.Write(wholeRow, row.HeaderLength, row.IsCompressed, destination);
}
