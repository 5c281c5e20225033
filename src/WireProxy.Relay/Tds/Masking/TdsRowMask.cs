using WireProxy.Policy;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Tds.Masking;

/// <summary>Masks the rows of one description: of COLMETADATA those of a result set, of ALTMETADATA the totals of a COMPUTE clause. Immutable.</summary>
/// <typeparam name="T">The description.</typeparam>
internal sealed class TdsRowMask<T>(T described, MaskedCells cells)
{
    /// <summary>
    /// What the client is told in the place of the server's description: a column that may become NULL has a type with a NULL,
    /// and the flag for it.
    /// </summary>
    public T Described { get; } = described;

    internal MaskedCells Cells { get; } = cells;

    /// <summary>Writes a whole row, from its token on.</summary>
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
}

/// <summary>Makes the masks of rows.</summary>
internal static class TdsRowMask
{
    /// <param name="masks">One for each column; null leaves it clear.</param>
    /// <returns>Null where nothing is masked, so that rows are passed on as they are.</returns>
    /// <exception cref="ArgumentException">Not as many masks as columns.</exception>
    public static TdsRowMask<ColMetadata>? Create(ColMetadata columns, ReadOnlySpan<Mask?> masks)
    {
        MaskedCells? cells = Create([.. columns.Columns.Select(column => column.Type)], masks, CellForm.Row,
            i => columns.Columns[i].Crypto is not null, out CellMask?[] each);
        return cells is null ? null : new TdsRowMask<ColMetadata>(new ColMetadata([.. columns.Columns.Select((column, i) =>
            each[i] is { MayBeNull: true } cell ? column with { Type = cell.Described, Flags = Nullable(column.Flags) } : column)],
            columns.Keys, columns.IsOmitted), cells);
    }

    /// <param name="masks">One for each total; null leaves it clear.</param>
    /// <inheritdoc cref="Create(ColMetadata, ReadOnlySpan{Mask})"/>
    public static TdsRowMask<AltMetadata>? Create(AltMetadata totals, ReadOnlySpan<Mask?> masks)
    {
        MaskedCells? cells = Create([.. totals.Columns.Select(total => total.Type)], masks, CellForm.Parameter, static _ => false, out CellMask?[] each);
        return cells is null ? null : new TdsRowMask<AltMetadata>(totals with
        {
            Columns = [.. totals.Columns.Select((total, i) =>
                each[i] is { MayBeNull: true } cell ? total with { Type = cell.Described, Flags = Nullable(total.Flags) } : total)],
        }, cells);
    }

    internal static ColumnFlags Nullable(ColumnFlags flags) => (flags | ColumnFlags.Nullable) & ~ColumnFlags.NullableUnknown;

    private static MaskedCells? Create(TypeInfo[] types, ReadOnlySpan<Mask?> masks, CellForm form, Func<int, bool> isEncrypted, out CellMask?[] cells)
    {
        if (masks.Length != types.Length)
            throw new ArgumentException("There has to be a mask, or null, for each column.", nameof(masks));
        cells = new CellMask?[types.Length];
        for (int i = 0; i < types.Length; i++)
            cells[i] = masks[i] is { } mask ? CellMask.For(mask, types[i], form, isEncrypted(i)) : null;
        return MaskedCells.Create(types, cells, form);
    }
}
