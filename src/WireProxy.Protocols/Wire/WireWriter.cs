using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace WireProxy.Protocols.Wire;

/// <summary>
/// A growable buffer for outgoing bytes, rented from the shared pool. Numbers are written in network byte order
/// (big-endian). It rents nothing before the first byte, so that an idle session holds no memory, and it stays usable after
/// <see cref="Clear"/>, <see cref="Release"/> and <see cref="Dispose"/>. Not safe for use by two threads at once.
/// </summary>
public sealed class WireWriter : IDisposable, IBufferWriter<byte>
{
    private const int SmallestRental = 256;

    private byte[] _buffer = [];
    private int _length;

    /// <summary>Bytes written since the last <see cref="Clear"/>.</summary>
    public int Length => _length;

    public ReadOnlySpan<byte> WrittenSpan => _buffer.AsSpan(0, _length);

    /// <summary>Valid until the next write, <see cref="Release"/> or <see cref="Dispose"/>.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _buffer.AsMemory(0, _length);

    public void WriteByte(byte value)
    {
        Reserve(1)[0] = value;
        _length += 1;
    }

    public void WriteInt16(short value)
    {
        BinaryPrimitives.WriteInt16BigEndian(Reserve(sizeof(short)), value);
        _length += sizeof(short);
    }

    public void WriteUInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(Reserve(sizeof(ushort)), value);
        _length += sizeof(ushort);
    }

    public void WriteInt32(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(Reserve(sizeof(int)), value);
        _length += sizeof(int);
    }

    public void WriteUInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(Reserve(sizeof(uint)), value);
        _length += sizeof(uint);
    }

    public void WriteInt64(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(Reserve(sizeof(long)), value);
        _length += sizeof(long);
    }

    public void WriteUInt16LittleEndian(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(Reserve(sizeof(ushort)), value);
        _length += sizeof(ushort);
    }

    public void WriteInt32LittleEndian(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(Reserve(sizeof(int)), value);
        _length += sizeof(int);
    }

    public void WriteUInt32LittleEndian(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Reserve(sizeof(uint)), value);
        _length += sizeof(uint);
    }

    public void WriteInt64LittleEndian(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(Reserve(sizeof(long)), value);
        _length += sizeof(long);
    }

    public void WriteUInt64LittleEndian(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(Reserve(sizeof(ulong)), value);
        _length += sizeof(ulong);
    }

    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        _length += bytes.Length;
    }

    /// <summary>Writes the bytes and a NUL.</summary>
    /// <exception cref="ArgumentException">The bytes hold a NUL: the reader would take the rest for the next field.</exception>
    public void WriteCString(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Contains((byte)0))
            throw new ArgumentException("A NUL inside a string would end it early.", nameof(bytes));
        WriteBytes(bytes);
        WriteByte(0);
    }

    /// <summary>Overwrites four bytes already written, for a length that is known only afterwards.</summary>
    public void PatchInt32(int offset, int value) =>
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(0, _length).Slice(offset, sizeof(int)), value);

    /// <summary>Overwrites bytes already written with a number in little-endian order.</summary>
    public void PatchUInt16LittleEndian(int offset, ushort value) =>
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.AsSpan(0, _length).Slice(offset, sizeof(ushort)), value);

    /// <summary>Overwrites bytes already written with a number in little-endian order.</summary>
    public void PatchUInt32LittleEndian(int offset, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(0, _length).Slice(offset, sizeof(uint)), value);

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _buffer.AsSpan(_length);
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_length);
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_buffer.Length - _length), nameof(count));
        _length += count;
    }

    /// <summary>Forgets what was written and keeps the buffer for the next message.</summary>
    public void Clear() => _length = 0;

    /// <summary>Forgets what was written and gives the buffer back to the pool.</summary>
    public void Release()
    {
        var buffer = _buffer;
        _buffer = [];
        _length = 0;
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
    }

    public void Dispose() => Release();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<byte> Reserve(int count)
    {
        if ((uint)count > (uint)(_buffer.Length - _length))
            Grow(count);
        return _buffer.AsSpan(_length, count);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        long needed = (long)_length + count;
        if (needed > Array.MaxLength)
            throw new InvalidOperationException("A message longer than an array cannot be written at once.");
        long doubled = Math.Min(Math.Max(2L * _buffer.Length, SmallestRental), Array.MaxLength);
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Max(needed, doubled));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
