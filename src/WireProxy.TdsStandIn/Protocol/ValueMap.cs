using System.Data.SqlTypes;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Protocol;

/// <summary>The engine's values as TDS has them, and the other way round.</summary>
internal static class ValueMap
{
    private const int DecimalWords = 4;

    public static void Write(WireWriter writer, in TypeInfo wire, CellForm form, SqlType type, object? value)
    {
        switch (value)
        {
            case null:
                ValueWriter.WriteNull(writer, wire, form);
                break;
            case SqlVariant variant:
                WriteVariant(writer, variant);
                break;
            case SqlDecimal number:
                ValueWriter.WriteDecimal(writer, wire, form, ToWire(number));
                break;
            case TimeSpan or DateOnly or DateTime or DateTimeOffset when DataTypesOfText(wire):
                ValueWriter.WriteText(writer, wire, form, DateForms.ToText(value, type, null));
                break;
            case TimeSpan time:
                ValueWriter.WriteDateTime(writer, wire, form, new DateTimeOffset(time.Ticks, TimeSpan.Zero));
                break;
            case byte[] bytes:
                ValueWriter.WriteBytes(writer, wire, form, bytes);
                break;
            default:
                ObjectWriter.Write(writer, wire, form, value);
                break;
        }
    }

    public static object? Read(in TypedValue value, in TypeInfo wire, SqlType type)
    {
        if (value.IsNull)
            return null;
        if (wire.Type == DataType.SsVariant)
        {
            var variant = VariantValue.Read(value.Data);
            var basis = TypeMap.FromWire(variant.Type);
            return new SqlVariant(basis, FromWire(ValueReader.Read(variant.Type, variant.Data), basis));
        }
        return FromWire(ValueReader.Read(wire, value.Data), type);
    }

    private static bool DataTypesOfText(in TypeInfo wire) => wire.Type is DataType.NVarChar or DataType.BigVarChar;

    private static void WriteVariant(WireWriter writer, SqlVariant variant)
    {
        var basis = TypeMap.ToWire(variant.Type, WireProxy.Protocols.Tds.TdsVersion.V74, isNullable: true);
        using var cell = new WireWriter();
        Write(cell, basis, CellForm.Parameter, variant.Type, variant.Value);
        if (!TypedValue.TryRead(basis, CellForm.Parameter, cell.WrittenSpan, out var value))
            throw new InvalidOperationException("A value was written that cannot be read.");
        ValueWriter.WriteVariant(writer, InVariant(basis), value.Data);
    }

    /// <summary>A variant has the types of fixed length where a column has their nullable kin.</summary>
    private static TypeInfo InVariant(in TypeInfo type) => type.Type switch
    {
        DataType.IntN => TypeInfos.Fixed(type.MaxLength switch { 1 => DataType.Int1, 2 => DataType.Int2, 4 => DataType.Int4, _ => DataType.Int8 }),
        DataType.FltN => TypeInfos.Fixed(type.MaxLength == 4 ? DataType.Flt4 : DataType.Flt8),
        DataType.MoneyN => TypeInfos.Fixed(type.MaxLength == 4 ? DataType.Money4 : DataType.Money),
        DataType.DateTimN => TypeInfos.Fixed(type.MaxLength == 4 ? DataType.DateTim4 : DataType.DateTime),
        DataType.BitN => TypeInfos.Fixed(DataType.Bit),
        _ => type,
    };

    private static TdsDecimal ToWire(SqlDecimal value)
    {
        int[] words = value.Data;
        var magnitude = UInt128.Zero;
        for (int i = DecimalWords - 1; i >= 0; i--)
            magnitude = (magnitude << 32) | (uint)words[i];
        return new TdsDecimal(!value.IsPositive, magnitude, value.Scale);
    }

    private static SqlDecimal FromWire(TdsDecimal value, SqlType type)
    {
        var magnitude = value.Magnitude;
        int[] words = [(int)(uint)magnitude, (int)(uint)(magnitude >> 32), (int)(uint)(magnitude >> 64), (int)(uint)(magnitude >> 96)];
        return new SqlDecimal(SqlType.MaxPrecision, value.Scale, !value.IsNegative, words) is var whole
            ? Numbers.Fit(whole, SqlType.Numeric(SqlType.MaxPrecision, value.Scale), type) : default;
    }

    private static object FromWire(object value, SqlType type) => value switch
    {
        long number => Numbers.FromInteger(number, SqlType.BigInt, type),
        TdsDecimal number => FromWire(number, type),
        TimeOnly time => time.ToTimeSpan(),
        byte[] when type.Kind == SqlKind.Xml => throw SqlError.Unsupported("binary XML"),
        _ => value,
    };
}
