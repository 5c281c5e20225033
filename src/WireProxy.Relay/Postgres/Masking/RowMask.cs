using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using WireProxy.Policy;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Postgres.Masking;

/// <summary>One column of a result set as it is to be masked; a null mask leaves it clear.</summary>
/// <param name="TypeId">As RowDescription states it.</param>
/// <param name="Format">0 text, 1 binary, as the server will send it; anything else is masked to NULL.</param>
internal readonly record struct MaskedColumn(Mask? Mask, uint TypeId, short Format);

/// <summary>Masks the rows of one result set. Immutable; allocates nothing for a row.</summary>
internal sealed class RowMask
{
    private const int NullLength = -1;

    private readonly int _columnCount;
    private readonly Target[] _targets;

    private RowMask(int columnCount, Target[] targets)
    {
        _columnCount = columnCount;
        _targets = targets;
    }

    /// <summary>Null where nothing is masked, so that rows are passed on as they are.</summary>
    public static RowMask? Create(ReadOnlySpan<MaskedColumn> columns)
    {
        List<Target> targets = [];
        int clear = 0;
        foreach (MaskedColumn column in columns)
        {
            if (column.Mask is null)
            {
                clear++;
                continue;
            }
            CellMask cell = column.Format is 0 or 1 ? CellMask.For(column.Mask, column.TypeId, column.Format == 1) : CellMask.Null;
            targets.Add(new Target(clear, cell));
            clear = 0;
        }
        return targets.Count == 0 ? null : new RowMask(columns.Length, [.. targets]);
    }

    /// <summary>Writes all whole DataRow frames that stand at the beginning, masked.</summary>
    /// <param name="received">Begins at a frame; may end anywhere.</param>
    /// <returns>The bytes of the frames that were taken.</returns>
    /// <exception cref="ProtocolException">A row is malformed or has another number of columns than its description. What was
    /// written until then must not be sent.</exception>
    public int WriteMaskedRows(ReadOnlySpan<byte> received, WireWriter destination)
    {
        var output = new MaskedOutput(received, destination);
        int at = 0;
        while (Frame.TryReadHeader(received[at..], out byte type, out int length) && type == (byte)BackendMessageType.DataRow &&
            length <= received.Length - at)
        {
            int shift = output.Shift;
            WriteCells(received, at + Frame.HeaderLength, at + length, ref output);
            int growth = output.Shift - shift;
            if (growth != 0)
                output.Patch(at + shift + 1, length - 1 + growth);
            at += length;
        }
        output.Finish(at);
        return at;
    }

    /// <summary>Writes one whole DataRow frame.</summary>
    /// <param name="dataRowBody">The body of the server's DataRow, behind its type and length.</param>
    /// <exception cref="ProtocolException">The row is malformed or has another number of columns than its description. What was
    /// written until then is part of a frame and must not be sent.</exception>
    public void WriteMasked(ReadOnlySpan<byte> dataRowBody, WireWriter destination)
    {
        CheckCount(new WireReader(dataRowBody));
        int start = Frame.Begin(destination, BackendMessageType.DataRow);
        var output = new MaskedOutput(dataRowBody, destination);
        WriteCells(dataRowBody, 0, dataRowBody.Length, ref output);
        output.Finish(dataRowBody.Length);
        Frame.Finish(destination, start);
    }

    /// <summary>Writes a row up to its last masked cell. What is clear between two masked cells, of this row or of two, is one run.</summary>
    /// <param name="start">Where the row's body begins; it ends at <paramref name="end"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteCells(ReadOnlySpan<byte> bytes, int start, int end, ref MaskedOutput output)
    {
        WireReader reader = new(bytes[start..end]);
        if (reader.ReadUInt16() != _columnCount)
            ThrowColumnCount();
        int left = _columnCount;
        foreach (ref readonly Target target in _targets.AsSpan())
        {
            for (int i = target.ClearBefore; i > 0; i--)
                reader.SkipValue();
            left -= target.ClearBefore + 1;
            int at = reader.Position;
            int length = reader.SkipValue();
            // NULL stays NULL and goes out with the clear columns around it.
            if (length != NullLength)
                output.Replace(start + at, length, target.Cell);
        }
        while (left-- > 0)
            reader.SkipValue();
        reader.End();
    }

    private void CheckCount(WireReader row)
    {
        if (row.ReadUInt16() != _columnCount)
            ThrowColumnCount();
    }

    [DoesNotReturn]
    private static void ThrowColumnCount() => throw new ProtocolException("A row has another number of columns than its description.");

    /// <param name="ClearBefore">Clear columns between this one and the masked column before it.</param>
    private readonly record struct Target(int ClearBefore, CellMask Cell);
}
