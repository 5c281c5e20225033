using System.Buffers.Binary;

namespace WireProxy.Protocols.Tds.Types;

/// <summary>Numbers as the numeric types have them (MS-TDS 2.2.5.5.1); a number of one kind can be written into another.</summary>
internal static class NumberValue
{
    private const byte MoneyScale = 4;

    /// <returns>Bytes written: the length of a value of the type.</returns>
    /// <exception cref="OverflowException">The type does not reach so far.</exception>
    public static int Write(in TypeInfo type, long value, Span<byte> data) => type.Type switch
    {
        DataType.Bit or DataType.BitN => WriteInteger(value == 0 ? 0 : 1, sizeof(byte), data),
        DataType.Int1 or DataType.Int2 or DataType.Int4 or DataType.Int8 or DataType.IntN =>
            WriteInteger(value, type.MaxLength, data),
        DataType.Flt4 or DataType.Flt8 or DataType.FltN => Write(type, (double)value, data),
        DataType.Money or DataType.Money4 or DataType.MoneyN => Write(type, (TdsDecimal)(decimal)value, data),
        DataType.DecimalN or DataType.NumericN or DataType.Decimal or DataType.Numeric =>
            Write(type, (TdsDecimal)(decimal)value, data),
        _ => throw new ArgumentException("A number cannot stand for a value of this type.", nameof(type)),
    };

    /// <inheritdoc cref="Write(in TypeInfo, long, Span{byte})"/>
    public static int Write(in TypeInfo type, TdsDecimal value, Span<byte> data)
    {
        switch (type.Type)
        {
            case DataType.DecimalN or DataType.NumericN or DataType.Decimal or DataType.Numeric:
                return value.WithScale(type.Scale).Write(data[..TdsDecimal.SizeOf(type.Precision)]);
            case DataType.Money or DataType.Money4 or DataType.MoneyN:
                return WriteMoney(value.WithScale(MoneyScale).ToUnscaled(), type.MaxLength, data);
            case DataType.Flt4 or DataType.Flt8 or DataType.FltN:
                return Write(type, double.Parse(value.ToString(), System.Globalization.CultureInfo.InvariantCulture), data);
            default:
                return Write(type, value.WithScale(0).ToUnscaled(), data);
        }
    }

    /// <inheritdoc cref="Write(in TypeInfo, long, Span{byte})"/>
    public static int Write(in TypeInfo type, double value, Span<byte> data)
    {
        if (type.Type is not (DataType.Flt4 or DataType.Flt8 or DataType.FltN))
            return Write(type, (TdsDecimal)(decimal)value, data);
        if (type.MaxLength == sizeof(float))
            BinaryPrimitives.WriteSingleLittleEndian(data, (float)value);
        else
            BinaryPrimitives.WriteDoubleLittleEndian(data, value);
        return type.MaxLength == sizeof(float) ? sizeof(float) : sizeof(double);
    }

    private static int WriteInteger(long value, int size, Span<byte> data)
    {
        switch (size)
        {
            case sizeof(byte):
                data[0] = checked((byte)value);
                break;
            case sizeof(short):
                BinaryPrimitives.WriteInt16LittleEndian(data, checked((short)value));
                break;
            case sizeof(int):
                BinaryPrimitives.WriteInt32LittleEndian(data, checked((int)value));
                break;
            default:
                BinaryPrimitives.WriteInt64LittleEndian(data, value);
                break;
        }
        return size;
    }

    private static int WriteMoney(long value, int size, Span<byte> data)
    {
        if (size == sizeof(int))
            return WriteInteger(value, sizeof(int), data);
        BinaryPrimitives.WriteInt32LittleEndian(data, (int)(value >> 32));
        BinaryPrimitives.WriteInt32LittleEndian(data[sizeof(int)..], (int)value);
        return sizeof(long);
    }
}
