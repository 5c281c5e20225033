using System.Buffers.Binary;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Types;

/// <summary>What stands before a value: its length, and in rows of text, ntext and image a text pointer (MS-TDS 2.2.5.2.3).</summary>
/// <param name="Length">Bytes of what stands before the value.</param>
/// <param name="ValueLength">
/// Bytes of the value; for <see cref="ValueLayout.PartLength"/> what is stated, or <see cref="Unknown"/>.
/// </param>
/// <param name="IsNull">There is no value, and nothing follows.</param>
internal readonly record struct ValuePrefix(int Length, long ValueLength, bool IsNull)
{
    public const long Unknown = -1;

    public const int TimestampLength = 8;
    public const ulong NullParts = ulong.MaxValue;
    public const ulong UnknownParts = ulong.MaxValue - 1;
    public const uint NullLong = uint.MaxValue;
    public const ushort NullUShort = ushort.MaxValue;

    /// <summary>False where it has not arrived whole.</summary>
    public static bool TryRead(
        ValueLayout layout, int fixedSize, CellForm form, ReadOnlySpan<byte> bytes, out ValuePrefix prefix)
    {
        switch (layout)
        {
            case ValueLayout.Fixed:
                prefix = new ValuePrefix(0, fixedSize, fixedSize == 0);
                return true;
            case ValueLayout.ByteLength when bytes.Length >= sizeof(byte):
                prefix = new ValuePrefix(sizeof(byte), bytes[0], bytes[0] == 0);
                return true;
            case ValueLayout.UShortLength when bytes.Length >= sizeof(ushort):
                ushort length = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
                prefix = length == NullUShort ? Null(sizeof(ushort)) : new ValuePrefix(sizeof(ushort), length, false);
                return true;
            case ValueLayout.LongLength when form == CellForm.Row:
                return TryReadPointer(bytes, out prefix);
            case ValueLayout.LongLength when bytes.Length >= sizeof(uint):
                prefix = OfLong(sizeof(uint), bytes);
                return true;
            case ValueLayout.VariantLength when bytes.Length >= sizeof(uint):
                var variant = OfLong(sizeof(uint), bytes);
                prefix = variant.ValueLength == 0 ? Null(sizeof(uint)) : variant;
                return true;
            case ValueLayout.PartLength when bytes.Length >= sizeof(ulong):
                prefix = OfParts(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
                return true;
            default:
                prefix = default;
                return false;
        }
    }

    private static ValuePrefix Null(int length) => new(length, 0, true);

    private static bool TryReadPointer(ReadOnlySpan<byte> bytes, out ValuePrefix prefix)
    {
        prefix = default;
        if (bytes.IsEmpty)
            return false;
        if (bytes[0] == 0)
        {
            prefix = Null(sizeof(byte));
            return true;
        }
        int before = sizeof(byte) + bytes[0] + TimestampLength;
        if (bytes.Length < before + sizeof(uint))
            return false;
        prefix = OfLong(before + sizeof(uint), bytes[before..]);
        return true;
    }

    private static ValuePrefix OfLong(int prefixLength, ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes) switch
    {
        NullLong => Null(prefixLength),
        > int.MaxValue => throw new ProtocolException("A value's length is negative."),
        var length => new ValuePrefix(prefixLength, length, false),
    };

    private static ValuePrefix OfParts(ulong total) => total switch
    {
        NullParts => Null(sizeof(ulong)),
        UnknownParts => new ValuePrefix(sizeof(ulong), Unknown, false),
        > long.MaxValue => throw new ProtocolException("A value of partly known length is longer than anything is."),
        _ => new ValuePrefix(sizeof(ulong), (long)total, false),
    };
}
