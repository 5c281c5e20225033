using System.Runtime.CompilerServices;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Tds.Masking;

/// <summary>
/// What becomes of received bytes: runs of clear ones, copied, and masked cells between them. This is the innermost loop of
/// masking, so that it writes into the writer's room and tells the writer only at the end how much.
/// </summary>
internal ref struct CellOutput
{
    private const int BitsPerByte = 8;

    /// <summary>Room for masks that are longer than what they hide.</summary>
    private const int GrowthBytes = 1024;

    private readonly ReadOnlySpan<byte> _source;
    private readonly WireWriter _destination;
    private Span<byte> _room;
    private int _base;
    private int _written;
    private int _run;
    private int _bitmap;

    public CellOutput(ReadOnlySpan<byte> source, WireWriter destination)
    {
        _source = source;
        _destination = destination;
        _base = destination.Length;
        _room = destination.GetSpan(source.Length + GrowthBytes);
    }

    /// <summary>Copies what is clear up to a cell, and passes over the cell.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Drop(int start, int end)
    {
        CopyTo(start);
        _run = end;
    }

    /// <summary>Puts a masked value where a cell was dropped.</summary>
    /// <returns>False where it is NULL: then nothing was written.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryPut(CellMask mask, scoped ReadOnlySpan<byte> value)
    {
        int needed = mask.Reserve(value.Length);
        if (needed > _room.Length - _written)
            Continue(needed);
        int length = mask.Put(value, _room[_written..]);
        _written += Math.Max(length, 0);
        return length >= 0;
    }

    /// <summary>Puts the masked value of a cell that may be in parts.</summary>
    public bool TryPutLong(CellMask mask, scoped TypedValue value)
    {
        _destination.Advance(_written);
        bool written = mask.TryWrite(value, _destination);
        _written = 0;
        Continue(0);
        return written;
    }

    /// <summary>Puts a NULL where a cell was dropped.</summary>
    public void PutNull(CellMask mask)
    {
        if (mask.EncodedNull.Length > _room.Length - _written)
            Continue(mask.EncodedNull.Length);
        mask.EncodedNull.CopyTo(_room[_written..]);
        _written += mask.EncodedNull.Length;
    }

    /// <summary>Copies everything up to the end of a bitmap and sets bits in it.</summary>
    public void CopyBitmap(int end, scoped ReadOnlySpan<byte> bits)
    {
        CopyTo(end);
        _bitmap = _base + _written - bits.Length;
        var bitmap = _room.Slice(_written - bits.Length, bits.Length);
        for (int i = 0; i < bits.Length; i++)
            bitmap[i] |= bits[i];
    }

    /// <summary>Sets a bit in the bitmap that was copied last.</summary>
    public readonly void SetNullBit(int column)
    {
        int at = _bitmap + (column / BitsPerByte);
        byte bit = (byte)(1 << (column % BitsPerByte));
        if (at >= _base)
        {
            _room[at - _base] |= bit;
            return;
        }
        // Two bytes can be patched, and a token has one before its bitmap.
        var written = _destination.WrittenSpan;
        _destination.PatchUInt16LittleEndian(at - 1, (ushort)(written[at - 1] | ((written[at] | bit) << BitsPerByte)));
    }

    /// <summary>Copies what is left, up to the end, and hands everything to the writer.</summary>
    public void Finish(int end)
    {
        CopyTo(end);
        _destination.Advance(_written);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CopyTo(int end)
    {
        var run = _source[_run..end];
        if (run.Length > _room.Length - _written)
            Continue(run.Length);
        run.CopyTo(_room[_written..]);
        _written += run.Length;
        _run = end;
    }

    /// <summary>Goes on behind what is written, with room for all that is left.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Continue(int needed)
    {
        _destination.Advance(_written);
        _written = 0;
        _base = _destination.Length;
        _room = _destination.GetSpan(needed + _source.Length - _run + GrowthBytes);
    }
}
