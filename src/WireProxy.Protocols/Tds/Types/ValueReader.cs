using System.Buffers.Binary;
using System.Text;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Types;

/// <summary>
/// Values as .NET has them (MS-TDS 2.2.5.5): bit is <see cref="bool"/>, every whole number <see cref="long"/>, real
/// <see cref="float"/>, float <see cref="double"/>, money <see cref="decimal"/>, decimal and numeric <see cref="TdsDecimal"/>,
/// text, XML and JSON <see cref="string"/>, the dates <see cref="DateTime"/>, <see cref="DateOnly"/>, <see cref="TimeOnly"/>
/// and <see cref="DateTimeOffset"/>, a vector <see cref="float"/>[], a sql_variant what it holds, and the rest
/// <see cref="byte"/>[]: binaries, UDTs, and XML in its binary form (MS-BINXML).
/// </summary>
public static class ValueReader
{
    private const decimal MoneyUnit = 10_000m;

    /// <param name="type">Says how the bytes are meant.</param>
    /// <param name="data">The value without its length; NULL has no value to read.</param>
    /// <exception cref="ProtocolException">The bytes are no value of the type.</exception>
    public static object Read(in TypeInfo type, ReadOnlySpan<byte> data)
    {
        switch (type.Type)
        {
            case DataType.Bit or DataType.BitN:
                return Exactly(data, 1)[0] != 0;
            case DataType.Int1 or DataType.Int2 or DataType.Int4 or DataType.Int8 or DataType.IntN:
                return ReadInteger(data);
            case DataType.Flt4 or DataType.Flt8 or DataType.FltN:
                return data.Length == sizeof(float)
                    ? BinaryPrimitives.ReadSingleLittleEndian(data)
                    : BinaryPrimitives.ReadDoubleLittleEndian(Exactly(data, sizeof(double)));
            case DataType.Money or DataType.Money4 or DataType.MoneyN:
                return ReadMoney(data);
            case DataType.Decimal or DataType.Numeric or DataType.DecimalN or DataType.NumericN:
                return TdsDecimal.Read(data, type.Scale);
            case DataType.Guid:
                return new Guid(Exactly(data, 16));
            case DataType.DateTime or DataType.DateTim4 or DataType.DateTimN or DataType.DateN or DataType.TimeN:
            case DataType.DateTime2N or DataType.DateTimeOffsetN:
                return DateTimeValue.Read(type, data);
            case DataType.NChar or DataType.NVarChar or DataType.NText:
                return TdsText.FromBytes(data);
            case DataType.BigChar or DataType.BigVarChar or DataType.Text or DataType.Char or DataType.VarChar:
                return type.Collation.Encoding.GetString(data);
            case DataType.Json:
                return Encoding.UTF8.GetString(data);
            case DataType.Xml:
                return ReadXml(data);
            case DataType.Vector:
                return VectorValue.Read(data);
            case DataType.SsVariant:
                var variant = VariantValue.Read(data);
                return Read(variant.Type, variant.Data);
            default:
                return data.ToArray();
        }
    }

    private static long ReadInteger(ReadOnlySpan<byte> data) => data.Length switch
    {
        sizeof(byte) => data[0],
        sizeof(short) => BinaryPrimitives.ReadInt16LittleEndian(data),
        sizeof(int) => BinaryPrimitives.ReadInt32LittleEndian(data),
        sizeof(long) => BinaryPrimitives.ReadInt64LittleEndian(data),
        _ => throw WrongLength(),
    };

    /// <summary>The more significant half of money stands first (2.2.5.5.1.4).</summary>
    private static decimal ReadMoney(ReadOnlySpan<byte> data) => data.Length switch
    {
        sizeof(int) => BinaryPrimitives.ReadInt32LittleEndian(data) / MoneyUnit,
        sizeof(long) => (((long)BinaryPrimitives.ReadInt32LittleEndian(data) << 32)
            | BinaryPrimitives.ReadUInt32LittleEndian(data[sizeof(int)..])) / MoneyUnit,
        _ => throw WrongLength(),
    };

    /// <summary>Text in UTF-16, or the binary form, which begins with DF FF (MS-BINXML 2.2).</summary>
    private static object ReadXml(ReadOnlySpan<byte> data)
    {
        if (data.StartsWith((ReadOnlySpan<byte>)[0xDF, 0xFF]) || data.Length % sizeof(char) != 0)
            return data.ToArray();
        string text = TdsText.FromBytes(data);
        return text.StartsWith('\uFEFF') ? text[1..] : text;
    }

    internal static ReadOnlySpan<byte> Exactly(ReadOnlySpan<byte> data, int length) =>
        data.Length == length ? data : throw WrongLength();

    private static ProtocolException WrongLength() => new("A value has a length that its type does not have.");
}
