using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Postgres.Masking;

/// <summary>
/// What becomes of received bytes: runs of clear ones, copied, and masked cells between them. This is the innermost loop of
/// masking, so that it writes into the writer's room and tells the writer only at the end how much.
/// </summary>
internal ref struct MaskedOutput
{
    /// <summary>Room for masks that are longer than what they hide.</summary>
    private const int GrowthBytes = 1024;

    private readonly ReadOnlySpan<byte> _source;
    private readonly WireWriter _destination;
    private Span<byte> _room;
    private int _base;
    private int _written;
    private int _run;

    public MaskedOutput(ReadOnlySpan<byte> source, WireWriter destination)
    {
        _source = source;
        _destination = destination;
        _base = destination.Length;
        _room = destination.GetSpan(source.Length + GrowthBytes);
    }

    /// <summary>Where a byte of the run that is not copied yet will stand in the writer, seen from where it stands in the source.</summary>
    public readonly int Shift => _base + _written - _run;

    /// <summary>Copies what is clear up to a value and puts a masked one in its place.</summary>
    /// <param name="at">Where the value's 32-bit length stands.</param>
    /// <param name="length">The value's length.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Replace(int at, int length, CellMask cell)
    {
        CopyTo(at);
        _run = at + sizeof(int) + length;
        ReadOnlySpan<byte> value = _source.Slice(at + sizeof(int), length);
        int written = cell.TryPut(value, _room[_written..]);
        if (written > 0)
            _written += written;
        else
            PutByWriter(value, cell);
    }

    /// <summary>Copies what is clear up to a run of bytes and puts others in its place.</summary>
    public void Replace(int at, int length, ReadOnlySpan<byte> replacement)
    {
        CopyTo(at);
        _run = at + length;
        if (replacement.Length > _room.Length - _written)
            Continue(replacement.Length);
        replacement.CopyTo(_room[_written..]);
        _written += replacement.Length;
    }

    /// <summary>Overwrites a length in what was written.</summary>
    /// <param name="at">Where it stands in the writer.</param>
    public readonly void Patch(int at, int value)
    {
        if (at >= _base)
            BinaryPrimitives.WriteInt32BigEndian(_room[(at - _base)..], value);
        else
            _destination.PatchInt32(at, value);
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
        ReadOnlySpan<byte> run = _source[_run..end];
        if (run.Length > _room.Length - _written)
            Continue(run.Length);
        run.CopyTo(_room[_written..]);
        _written += run.Length;
    }

    private void PutByWriter(ReadOnlySpan<byte> value, CellMask cell)
    {
        _destination.Advance(_written);
        cell.Write(value, _destination);
        _written = 0;
        Continue(0);
    }

    /// <summary>Goes on behind what is written, with room for all that is left.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Continue(int run)
    {
        _destination.Advance(_written);
        _written = 0;
        _base = _destination.Length;
        _room = _destination.GetSpan(run + _source.Length - _run + GrowthBytes);
    }
}
