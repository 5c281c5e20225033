using System.Text;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Types;

/// <summary>
/// Writes values with their lengths, as a cell or a parameter of the type has them. A replacement that is longer than the
/// type is cut to fit, at a character's end; what is shorter than a char, nchar or binary is padded. Nothing is allocated.
/// </summary>
/// <remarks>
/// A sql_variant gets the base type that suits the value. To keep the base type of the variant that is replaced, take it from
/// <see cref="VariantValue.Read"/> and use <see cref="WriteVariantText"/> or <see cref="WriteVariant"/>.
/// </remarks>
public static class ValueWriter
{
    private const int LongestScalar = 17;
    private const int LongestVariant = 8000;
    private const int LongestWideVariant = 4000;

    /// <summary>What SQL Server itself sends where a text has no pointer worth the name: 16 bytes and a time stamp.</summary>
    private static ReadOnlySpan<byte> NoTextPointer => "\u0010dummy textptr\0\0\0dummyTS\0"u8;

    /// <exception cref="InvalidOperationException">A type of fixed length has no NULL: see <see cref="TypeInfo.IsNullable"/>.</exception>
    public static void WriteNull(WireWriter writer, in TypeInfo type, CellForm form)
    {
        switch (type.Layout)
        {
            case ValueLayout.Fixed when type.Type != DataType.Null:
                throw new InvalidOperationException("A type of fixed length has no NULL.");
            case ValueLayout.ByteLength:
            case ValueLayout.LongLength when form == CellForm.Row:
                writer.WriteByte(0);
                break;
            case ValueLayout.UShortLength:
                writer.WriteUInt16LittleEndian(ValuePrefix.NullUShort);
                break;
            case ValueLayout.LongLength:
                writer.WriteUInt32LittleEndian(ValuePrefix.NullLong);
                break;
            case ValueLayout.VariantLength:
                writer.WriteUInt32LittleEndian(0);
                break;
            case ValueLayout.PartLength:
                writer.WriteUInt64LittleEndian(ValuePrefix.NullParts);
                break;
        }
    }

    /// <summary>Writes the value's bytes as they are, with the length that the type has before them.</summary>
    /// <exception cref="ArgumentException">The bytes are more, or for a fixed-length type others, than the type has room for.</exception>
    public static void WriteData(WireWriter writer, in TypeInfo type, CellForm form, ReadOnlySpan<byte> data)
    {
        Begin(writer, type, form, data.Length);
        writer.WriteBytes(data);
        End(writer, type);
    }

    /// <summary>Writes text into a type of text, XML or JSON; into a sql_variant as an nvarchar.</summary>
    public static void WriteText(WireWriter writer, in TypeInfo type, CellForm form, ReadOnlySpan<char> text)
    {
        if (type.Type == DataType.SsVariant)
        {
            WriteText(writer, TypeInfos.NVarChar(LongestWideVariant), text, true, form);
            return;
        }
        WriteText(writer, type, text, false, form);
    }

    /// <summary>Writes bytes into a type of binaries, a UDT, binary XML or a sql_variant, cut or padded with zeros to fit.</summary>
    public static void WriteBytes(WireWriter writer, in TypeInfo type, CellForm form, ReadOnlySpan<byte> bytes)
    {
        if (type.Type == DataType.SsVariant)
        {
            WriteBytes(writer, TypeInfos.VarBinary(LongestVariant), bytes, true, form);
            return;
        }
        WriteBytes(writer, type, bytes, false, form);
    }

    /// <summary>Writes a whole number into any type of numbers, or into a sql_variant as a bigint.</summary>
    /// <exception cref="OverflowException">The type does not reach so far.</exception>
    public static void WriteInteger(WireWriter writer, in TypeInfo type, CellForm form, long value)
    {
        Span<byte> data = stackalloc byte[LongestScalar];
        var basis = type.Type == DataType.SsVariant ? TypeInfos.Fixed(DataType.Int8) : type;
        WriteScalar(writer, type, basis, form, data[..NumberValue.Write(basis, value, data)]);
    }

    /// <summary>Writes a decimal number into any type of numbers, or into a sql_variant as a numeric.</summary>
    /// <exception cref="OverflowException">The type does not reach so far.</exception>
    public static void WriteDecimal(WireWriter writer, in TypeInfo type, CellForm form, TdsDecimal value)
    {
        Span<byte> data = stackalloc byte[LongestScalar];
        var basis = type.Type == DataType.SsVariant ? TypeInfos.Numeric(38, value.Scale) : type;
        WriteScalar(writer, type, basis, form, data[..NumberValue.Write(basis, value, data)]);
    }

    /// <summary>Writes a binary floating-point number into real, float or a sql_variant.</summary>
    public static void WriteDouble(WireWriter writer, in TypeInfo type, CellForm form, double value)
    {
        Span<byte> data = stackalloc byte[LongestScalar];
        var basis = type.Type == DataType.SsVariant ? TypeInfos.Fixed(DataType.Flt8) : type;
        WriteScalar(writer, type, basis, form, data[..NumberValue.Write(basis, value, data)]);
    }

    /// <summary>Writes a moment into any type of dates and times, or into a sql_variant as a datetime2(7).</summary>
    /// <exception cref="OverflowException">The type does not reach so far.</exception>
    public static void WriteDateTime(WireWriter writer, in TypeInfo type, CellForm form, DateTimeOffset value)
    {
        Span<byte> data = stackalloc byte[DateTimeValue.LongestLength];
        var basis = type.Type == DataType.SsVariant ? TypeInfos.DateTime2(7) : type;
        WriteScalar(writer, type, basis, form, data[..DateTimeValue.Write(basis, value, data)]);
    }

    /// <summary>Writes a uniqueidentifier, also into a sql_variant.</summary>
    public static void WriteGuid(WireWriter writer, in TypeInfo type, CellForm form, Guid value)
    {
        if (type.Type is not (DataType.Guid or DataType.SsVariant))
            throw new ArgumentException("A GUID cannot stand for a value of this type.", nameof(type));
        Span<byte> data = stackalloc byte[16];
        value.TryWriteBytes(data);
        WriteScalar(writer, type, type.Type == DataType.SsVariant ? TypeInfos.UniqueIdentifier : type, form, data);
    }

    /// <summary>Writes a sql_variant that holds these bytes as a value of the base type.</summary>
    /// <exception cref="ArgumentException">A variant cannot hold the type.</exception>
    public static void WriteVariant(WireWriter writer, in TypeInfo basis, ReadOnlySpan<byte> data)
    {
        writer.WriteInt32LittleEndian(VariantValue.PrefixLength(basis) + data.Length);
        VariantValue.WritePrefix(writer, basis);
        writer.WriteBytes(data);
    }

    /// <summary>Writes a sql_variant whose base type is one of text; the text is cut or padded to fit it.</summary>
    public static void WriteVariantText(WireWriter writer, in TypeInfo basis, ReadOnlySpan<char> text) =>
        WriteText(writer, basis, text, true, CellForm.Parameter);

    private static void WriteScalar(
        WireWriter writer, in TypeInfo type, in TypeInfo basis, CellForm form, ReadOnlySpan<byte> data)
    {
        if (type.Type == DataType.SsVariant)
            WriteVariant(writer, basis, data);
        else
            WriteData(writer, type, form, data);
    }

    private static void WriteText(WireWriter writer, in TypeInfo type, ReadOnlySpan<char> text, bool inVariant, CellForm form)
    {
        bool wide = DataTypes.IsWideText(type.Type) || type.Type == DataType.Xml;
        if (!wide && !DataTypes.IsCodePageText(type.Type) && type.Type != DataType.Json)
            throw new ArgumentException("A text cannot stand for a value of this type.", nameof(type));
        int room = Room(type);
        if (wide)
        {
            WriteWide(writer, type, Cut(text, room / sizeof(char)), inVariant, form);
            return;
        }
        var encoding = type.Type == DataType.Json ? Encoding.UTF8 : type.Collation.Encoding;
        text = Fitting(text, encoding, room);
        int length = encoding.GetByteCount(text);
        int padding = DataTypes.IsPadded(type.Type) ? room - length : 0;
        Open(writer, type, inVariant, form, length + padding);
        writer.Advance(encoding.GetBytes(text, writer.GetSpan(length)));
        writer.GetSpan(padding)[..padding].Fill((byte)' ');
        writer.Advance(padding);
        Close(writer, type, inVariant);
    }

    private static void WriteWide(WireWriter writer, in TypeInfo type, ReadOnlySpan<char> text, bool inVariant, CellForm form)
    {
        int blanks = DataTypes.IsPadded(type.Type) ? (type.MaxLength / sizeof(char)) - text.Length : 0;
        Open(writer, type, inVariant, form, (text.Length + blanks) * sizeof(char));
        TdsText.WriteCharacters(writer, text);
        for (int i = 0; i < blanks; i++)
            writer.WriteUInt16LittleEndian(' ');
        Close(writer, type, inVariant);
    }

    private static void WriteBytes(WireWriter writer, in TypeInfo type, ReadOnlySpan<byte> bytes, bool inVariant, CellForm form)
    {
        if (!DataTypes.IsBinary(type.Type) && type.Type is not (DataType.Udt or DataType.Xml))
            throw new ArgumentException("Bytes cannot stand for a value of this type.", nameof(type));
        int room = Room(type);
        var fitting = bytes[..Math.Min(bytes.Length, room)];
        int padding = DataTypes.IsPadded(type.Type) ? room - fitting.Length : 0;
        Open(writer, type, inVariant, form, fitting.Length + padding);
        writer.WriteBytes(fitting);
        writer.GetSpan(padding)[..padding].Clear();
        writer.Advance(padding);
        Close(writer, type, inVariant);
    }

    /// <summary>Bytes that a value of the type can have.</summary>
    private static int Room(in TypeInfo type) => type.Layout switch
    {
        ValueLayout.UShortLength => type.MaxLength == TypeInfo.UnlimitedLength ? TypeInfo.UnlimitedLength - 1 : type.MaxLength,
        ValueLayout.ByteLength => type.MaxLength,
        _ => int.MaxValue,
    };

    /// <summary>As many characters from the beginning as the room has place for in this encoding.</summary>
    private static ReadOnlySpan<char> Fitting(ReadOnlySpan<char> text, Encoding encoding, int room)
    {
        text = Cut(text, room);
        while (encoding.GetByteCount(text) is var count && count > room)
        {
            // No character of these encodings is more than four bytes: a step that cannot go too far.
            text = Cut(text, text.Length - Math.Max(1, (count - room) / 4));
        }
        return text;
    }

    /// <summary>At most so many characters from the beginning; the cut is not made inside of a surrogate pair.</summary>
    private static ReadOnlySpan<char> Cut(ReadOnlySpan<char> text, int length)
    {
        if (text.Length <= length)
            return text;
        return length > 0 && char.IsHighSurrogate(text[length - 1]) ? text[..(length - 1)] : text[..length];
    }

    private static void Open(WireWriter writer, in TypeInfo type, bool inVariant, CellForm form, int length)
    {
        if (!inVariant)
        {
            Begin(writer, type, form, length);
            return;
        }
        writer.WriteInt32LittleEndian(VariantValue.PrefixLength(type) + length);
        VariantValue.WritePrefix(writer, type);
    }

    private static void Close(WireWriter writer, in TypeInfo type, bool inVariant)
    {
        if (!inVariant)
            End(writer, type);
    }

    private static void Begin(WireWriter writer, in TypeInfo type, CellForm form, int length)
    {
        switch (type.Layout)
        {
            case ValueLayout.Fixed when length != type.MaxLength:
            case ValueLayout.ByteLength when length > byte.MaxValue:
            case ValueLayout.UShortLength when length >= ValuePrefix.NullUShort:
                throw new ArgumentException("The value has another length than its type.", nameof(length));
            case ValueLayout.ByteLength:
                writer.WriteByte((byte)length);
                break;
            case ValueLayout.UShortLength:
                writer.WriteUInt16LittleEndian((ushort)length);
                break;
            case ValueLayout.LongLength when form == CellForm.Row:
                writer.WriteBytes(NoTextPointer);
                writer.WriteInt32LittleEndian(length);
                break;
            case ValueLayout.LongLength or ValueLayout.VariantLength:
                writer.WriteInt32LittleEndian(length);
                break;
            case ValueLayout.PartLength:
                writer.WriteInt64LittleEndian(length);
                if (length > 0)
                    writer.WriteInt32LittleEndian(length);
                break;
        }
    }

    private static void End(WireWriter writer, in TypeInfo type)
    {
        if (type.Layout == ValueLayout.PartLength)
            writer.WriteUInt32LittleEndian(0);
    }
}
