using System.Buffers.Binary;

namespace WireProxy.Protocols.Tds.Types;

/// <summary>
/// A cursor over bytes of which more may come: it measures what has no length of its own, such as COLMETADATA. Past the end
/// it throws nothing; it gives zeros, stays where it is and <see cref="IsShort"/> says so from then on. Loops over a count
/// that the peer stated must stop there.
/// </summary>
internal ref struct PartialReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Bytes passed so far.</summary>
    public int Position { get; private set; }

    /// <summary>Something was asked for that has not arrived yet.</summary>
    public bool IsShort { get; private set; }

    public byte Byte() => Take(sizeof(byte)) is { IsEmpty: false } taken ? taken[0] : (byte)0;

    public ushort UInt16() =>
        Take(sizeof(ushort)) is { IsEmpty: false } taken ? BinaryPrimitives.ReadUInt16LittleEndian(taken) : (ushort)0;

    public uint UInt32() => Take(sizeof(uint)) is { IsEmpty: false } taken ? BinaryPrimitives.ReadUInt32LittleEndian(taken) : 0;

    /// <summary>Passes so many bytes; more than an array holds never arrive.</summary>
    public void Skip(long count)
    {
        if (!IsShort && count <= _bytes.Length - Position)
            Position += (int)count;
        else
            IsShort = true;
    }

    /// <summary>Passes a B_VARCHAR: a byte that counts characters of two bytes.</summary>
    public void SkipByteText() => Skip(Byte() * 2);

    /// <summary>Passes a US_VARCHAR: 16 bits that count characters of two bytes.</summary>
    public void SkipUShortText() => Skip(UInt16() * 2);

    /// <summary>What has not been passed, for a measure of its own; pass what it measured with <see cref="Skip"/>.</summary>
    public readonly ReadOnlySpan<byte> Rest => _bytes[Position..];

    /// <summary>Says that a measure of <see cref="Rest"/> found too little.</summary>
    public void Fail() => IsShort = true;

    private ReadOnlySpan<byte> Take(int count)
    {
        if (IsShort || count > _bytes.Length - Position)
        {
            IsShort = true;
            return default;
        }
        var taken = _bytes.Slice(Position, count);
        Position += count;
        return taken;
    }
}
