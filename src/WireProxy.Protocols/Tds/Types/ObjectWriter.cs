using System.Globalization;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Types;

/// <summary>Writes what <see cref="ValueReader"/> reads: for tests and for servers that make up rows, not for the way of a row.</summary>
public static class ObjectWriter
{
    private const byte FinestScale = 7;

    /// <summary>Writes a value of any of the classes that <see cref="ValueReader"/> gives; null is NULL.</summary>
    /// <exception cref="ArgumentException">The type holds no value of this class.</exception>
    /// <exception cref="OverflowException">The type does not reach so far.</exception>
    public static void Write(WireWriter writer, in TypeInfo type, CellForm form, object? value)
    {
        switch (value)
        {
            case null:
                ValueWriter.WriteNull(writer, type, form);
                break;
            case bool truth:
                WriteTruth(writer, type, form, truth);
                break;
            case byte or short or ushort or int or uint or long:
                ValueWriter.WriteInteger(writer, type, form, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case decimal number:
                ValueWriter.WriteDecimal(writer, type, form, number);
                break;
            case TdsDecimal number:
                ValueWriter.WriteDecimal(writer, type, form, number);
                break;
            case float number when type.Type == DataType.SsVariant:
                ValueWriter.WriteVariant(writer, TypeInfos.Fixed(DataType.Flt4), BitConverter.GetBytes(number));
                break;
            case float or double:
                ValueWriter.WriteDouble(writer, type, form, Convert.ToDouble(value, CultureInfo.InvariantCulture));
                break;
            case string text:
                ValueWriter.WriteText(writer, type, form, text);
                break;
            case byte[] bytes:
                ValueWriter.WriteBytes(writer, type, form, bytes);
                break;
            case Guid guid:
                ValueWriter.WriteGuid(writer, type, form, guid);
                break;
            case float[] vector:
                ValueWriter.WriteData(writer, type, form, VectorValue.ToBytes(vector));
                break;
            default:
                WriteMoment(writer, type, form, value);
                break;
        }
    }

    private static void WriteMoment(WireWriter writer, in TypeInfo type, CellForm form, object value)
    {
        if (type.Type != DataType.SsVariant)
        {
            ValueWriter.WriteDateTime(writer, type, form, Moment(value));
            return;
        }
        var basis = value switch
        {
            DateOnly => TypeInfos.Date,
            TimeOnly => TypeInfos.Time(FinestScale),
            DateTimeOffset => TypeInfos.DateTimeOffset(FinestScale),
            _ => TypeInfos.DateTime2(FinestScale),
        };
        Span<byte> data = stackalloc byte[DateTimeValue.LongestLength];
        ValueWriter.WriteVariant(writer, basis, data[..DateTimeValue.Write(basis, Moment(value), data)]);
    }

    private static void WriteTruth(WireWriter writer, in TypeInfo type, CellForm form, bool truth)
    {
        if (type.Type == DataType.SsVariant)
            ValueWriter.WriteVariant(writer, TypeInfos.Fixed(DataType.Bit), [truth ? (byte)1 : (byte)0]);
        else
            ValueWriter.WriteInteger(writer, type, form, truth ? 1 : 0);
    }

    private static DateTimeOffset Moment(object value) => value switch
    {
        DateTime moment => new DateTimeOffset(DateTime.SpecifyKind(moment, DateTimeKind.Utc)),
        DateTimeOffset moment => moment,
        DateOnly day => new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero),
        TimeOnly time => new DateTimeOffset(time.Ticks, TimeSpan.Zero),
        _ => throw new ArgumentException("No type of TDS has values of this class.", nameof(value)),
    };
}
