using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace WireProxy.Protocols.Wire;

/// <summary>
/// A bounds-checked cursor over the bytes of one message. Numbers are read in network byte order (big-endian) unless the
/// method's name says otherwise. Reading past the end throws <see cref="ProtocolException"/>, never anything else.
/// Decoders index a buffer through this type alone.
/// </summary>
public ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _position;

    /// <summary>Bytes read so far.</summary>
    public readonly int Position => _position;

    /// <summary>Bytes not read yet.</summary>
    public readonly int Remaining => _bytes.Length - _position;

    /// <summary>The bytes not read yet; the cursor stays where it is.</summary>
    public readonly ReadOnlySpan<byte> RemainingBytes => _bytes[_position..];

    public byte ReadByte() => Take(1)[0];

    public short ReadInt16() => BinaryPrimitives.ReadInt16BigEndian(Take(sizeof(short)));

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(sizeof(ushort)));

    public int ReadInt32() => BinaryPrimitives.ReadInt32BigEndian(Take(sizeof(int)));

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(sizeof(uint)));

    public long ReadInt64() => BinaryPrimitives.ReadInt64BigEndian(Take(sizeof(long)));

    public ushort ReadUInt16LittleEndian() => BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));

    public int ReadInt32LittleEndian() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    public uint ReadUInt32LittleEndian() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    public long ReadInt64LittleEndian() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    public ulong ReadUInt64LittleEndian() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    /// <summary>Reads <paramref name="count"/> bytes. A negative count comes from a length field: the peer's fault.</summary>
    public ReadOnlySpan<byte> ReadBytes(int count) => Take(count);

    /// <summary>Passes a value behind its 32-bit length, as rows hold them. Returns the length: the value is what stands that many bytes
    /// before the cursor. -1 is the length of no value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int SkipValue()
    {
        int left = _bytes.Length - _position - sizeof(int);
        if (left < 0)
            ThrowShort();
        int length = BinaryPrimitives.ReadInt32BigEndian(
            MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref MemoryMarshal.GetReference(_bytes), _position), sizeof(int)));
        _position += sizeof(int);
        if ((uint)length > (uint)left)
        {
            if (length != -1)
                ThrowShort();
            return -1;
        }
        _position += length;
        return length;
    }

    /// <summary>Reads up to the next NUL, which is consumed and is not part of the result.</summary>
    public ReadOnlySpan<byte> ReadCString()
    {
        var rest = _bytes[_position..];
        int length = rest.IndexOf((byte)0);
        if (length < 0)
            ThrowUnterminated();
        _position += length + 1;
        return rest[..length];
    }

    /// <summary>Declares the message finished: bytes left over are an error.</summary>
    public readonly void End()
    {
        if (_position != _bytes.Length)
            ThrowLeftover();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> Take(int count)
    {
        // Unsigned, so that one comparison refuses what is too long and what is negative.
        if ((uint)count > (uint)(_bytes.Length - _position))
            ThrowShort();
        // A slice would check once more what has just been checked, and this is where masking spends its time.
        var taken = MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref MemoryMarshal.GetReference(_bytes), _position), count);
        _position += count;
        return taken;
    }

    [DoesNotReturn]
    private static void ThrowShort() => throw new ProtocolException("The message ends inside a field.");

    [DoesNotReturn]
    private static void ThrowUnterminated() => throw new ProtocolException("A string in the message has no terminator.");

    [DoesNotReturn]
    private static void ThrowLeftover() => throw new ProtocolException("The message has bytes after its last field.");
}
