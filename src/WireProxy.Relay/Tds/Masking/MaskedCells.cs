using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Tds.Masking;

/// <summary>Masks the cells of rows of one description. Immutable; allocates nothing for a row but where a mask says so.</summary>
internal sealed class MaskedCells
{
    private const int BitsPerByte = 8;

    private readonly TypeInfo[] _types;
    private readonly CellMask?[] _masks;
    private readonly CellForm _form;
    private readonly RowLayout _layout;
    private readonly Step[] _steps;
    private readonly Step[] _rowSteps;
    private readonly byte[] _alwaysNull;

    private MaskedCells(TypeInfo[] types, CellMask?[] masks, CellForm form)
    {
        _types = types;
        _masks = masks;
        _form = form;
        _layout = new RowLayout([.. types], form);
        int last = Array.FindLastIndex(masks, mask => mask is not null);
        _steps = [.. Enumerable.Range(0, last + 1).Select(i => new Step(types[i].Layout, types[i].MaxLength, i, masks[i]))];
        _rowSteps = [.. Merged(_steps)];
        _alwaysNull = new byte[(types.Length + BitsPerByte - 1) / BitsPerByte];
        for (int i = 0; i < masks.Length; i++)
            if (masks[i] is { IsNull: true })
                RowLayout.SetNullBit(_alwaysNull, i);
    }

    /// <summary>Columns up to the last masked one; what lies behind it is copied in one go.</summary>
    private readonly record struct Step(ValueLayout Layout, int Size, int Column, CellMask? Mask);

    /// <summary>Null where nothing is masked.</summary>
    public static MaskedCells? Create(TypeInfo[] types, CellMask?[] masks, CellForm form) =>
        Array.TrueForAll(masks, mask => mask is null) ? null : new MaskedCells(types, masks, form);

    public int Count => _types.Length;

    public CellForm Form => _form;

    public int BitmapLength => _alwaysNull.Length;

    /// <summary>Columns that are NULL in every row.</summary>
    public ReadOnlySpan<byte> AlwaysNull => _alwaysNull;

    public CellMask? this[int column] => _masks[column];

    public ref readonly TypeInfo TypeOf(int column) => ref _types[column];

    /// <summary>Writes a whole row.</summary>
    /// <param name="row">ROW, NBCROW or ALTROW with everything.</param>
    /// <exception cref="ProtocolException">The row ends inside a cell. What was written until then must not be sent.</exception>
    public void Write(ReadOnlySpan<byte> row, int headerLength, bool compressed, WireWriter destination)
    {
        var output = new CellOutput(row, destination);
        if (compressed)
            WriteCompressed(row, headerLength, ref output);
        else
            WriteCells(row, headerLength, ref output);
        output.Finish(row.Length);
    }

    /// <summary>Writes all whole ROW and NBCROW that stand at the beginning.</summary>
    /// <returns>Their bytes.</returns>
    /// <exception cref="ProtocolException">A length that nothing can have. What was written until then must not be sent.</exception>
    public int WriteRows(ReadOnlySpan<byte> received, WireWriter destination, out int rows)
    {
        var output = new CellOutput(received, destination);
        int at = 0;
        for (rows = 0; at < received.Length; rows++)
        {
            bool compressed = received[at] == (byte)TokenType.NbcRow;
            if (!compressed && received[at] != (byte)TokenType.Row)
                break;
            int start = at + sizeof(TokenType);
            int length;
            if (!(compressed ? _layout.TryMeasureCompressed(received[start..], out length) : _layout.TryMeasure(received[start..], out length)))
                break;
            at = start + length;
            if (compressed)
                WriteCompressed(received[..at], start, ref output);
            else
                WriteCells(received[..at], start, ref output);
        }
        output.Finish(at);
        return at;
    }

    /// <param name="received">Ends with the row.</param>
    /// <param name="at">Where the cells begin.</param>
    private void WriteCells(ReadOnlySpan<byte> received, int at, ref CellOutput output)
    {
        foreach (ref readonly var step in _rowSteps.AsSpan())
        {
            int start = at;
            // NULL stays NULL and goes out with the clear cells around it.
            if (!TryPass(step, received, ref at, out var cell) || step.Mask is not { } mask)
                continue;
            output.Drop(start, at);
            if (mask.IsNull || !TryPut(step, mask, cell, ref output))
                output.PutNull(mask);
        }
    }

    /// <summary>A cell that becomes NULL is left out, and its bit in the bitmap is set (MS-TDS 2.2.7.15).</summary>
    private void WriteCompressed(ReadOnlySpan<byte> received, int at, ref CellOutput output)
    {
        if (received.Length - at < _alwaysNull.Length)
            ThrowEnd();
        var bitmap = received.Slice(at, _alwaysNull.Length);
        at += bitmap.Length;
        output.CopyBitmap(at, _alwaysNull);
        foreach (ref readonly var step in _steps.AsSpan())
        {
            if (RowLayout.IsNullBit(bitmap, step.Column))
                continue;
            int start = at;
            bool isPresent = TryPass(step, received, ref at, out var cell);
            // A cell that is NULL by its length goes too where the bit is set already.
            if (step.Mask is not { } mask || (!isPresent && !mask.IsNull))
                continue;
            output.Drop(start, at);
            if (!mask.IsNull && !TryPut(step, mask, cell, ref output))
                output.SetNullBit(step.Column);
        }
    }

    /// <summary>Passes a cell, or a run of clear cells of fixed length.</summary>
    /// <returns>False where the cell is NULL, and stays so.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryPass(in Step step, ReadOnlySpan<byte> row, ref int at, out ReadOnlySpan<byte> cell)
    {
        int length;
        switch (step.Layout)
        {
            case ValueLayout.Fixed:
                length = step.Size;
                break;
            case ValueLayout.ByteLength:
                if ((uint)at >= (uint)row.Length)
                    ThrowEnd();
                length = row[at++];
                break;
            case ValueLayout.UShortLength:
                if (row.Length - at < sizeof(ushort))
                    ThrowEnd();
                length = BinaryPrimitives.ReadUInt16LittleEndian(row[at..]);
                at += sizeof(ushort);
                if (length == ushort.MaxValue)
                    length = 0;
                else if (length == 0)
                {
                    cell = [];
                    return true;
                }
                break;
            default:
                return TryPassLong(step, row, ref at, out cell);
        }
        if (length > row.Length - at)
            ThrowEnd();
        cell = row.Slice(at, length);
        at += length;
        return length > 0;
    }

    /// <summary>What has more than a length before it is passed on with everything.</summary>
    private bool TryPassLong(in Step step, ReadOnlySpan<byte> row, ref int at, out ReadOnlySpan<byte> cell)
    {
        TypedValue value = default;
        if (at > row.Length || !TypedValue.TryRead(_types[step.Column], _form, row[at..], out value))
            ThrowEnd();
        cell = value.Encoded;
        at += cell.Length;
        return !value.IsNull;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryPut(in Step step, CellMask mask, scoped ReadOnlySpan<byte> cell, ref CellOutput output) =>
        step.Layout < ValueLayout.LongLength ? output.TryPut(mask, cell) : TryPutLong(step, mask, cell, ref output);

    private bool TryPutLong(in Step step, CellMask mask, scoped ReadOnlySpan<byte> cell, ref CellOutput output)
    {
        if (!mask.NeedsValue)
            return output.TryPut(mask, []);
        TypedValue.TryRead(_types[step.Column], _form, cell, out var value);
        return value.TryGetData(out var data) ? output.TryPut(mask, data) : output.TryPutLong(mask, value);
    }

    private static IEnumerable<Step> Merged(Step[] steps)
    {
        int run = 0;
        foreach (var step in steps)
        {
            if (step is { Layout: ValueLayout.Fixed, Mask: null })
            {
                run += step.Size;
                continue;
            }
            if (run > 0)
                yield return new Step(ValueLayout.Fixed, run, -1, null);
            run = 0;
            yield return step;
        }
    }

    [DoesNotReturn]
    private static void ThrowEnd() => throw new ProtocolException("A row ends inside a cell.");
}
