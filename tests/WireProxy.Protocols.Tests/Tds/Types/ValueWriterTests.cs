using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tests.Tds.Types;

/// <summary>Replacements keep the type's length, its code page and its NULL.</summary>
public sealed class ValueWriterTests
{
    private static readonly Collation Cyrillic = new(0x00D00419, 0);
    private static readonly Collation Japanese = new(0x00D00411, 0);

    private static IEnumerable<TypeInfo> Nullable =>
    [
        TypeInfos.TinyInt, TypeInfos.BigInt, TypeInfos.Bit, TypeInfos.Float, TypeInfos.Money, TypeInfos.DateTime, TypeInfos.Date,
        TypeInfos.Time(7), TypeInfos.DateTime2(0), TypeInfos.DateTimeOffset(3), TypeInfos.Decimal(38, 10), TypeInfos.UniqueIdentifier,
        TypeInfos.NVarChar(10), TypeInfos.NVarCharMax, TypeInfos.VarChar(10), TypeInfos.VarCharMax, TypeInfos.Char(3), TypeInfos.NChar(3),
        TypeInfos.VarBinary(4), TypeInfos.VarBinaryMax, TypeInfos.Binary(4), TypeInfos.Text, TypeInfos.NText, TypeInfos.Image,
        TypeInfos.Xml, TypeInfos.Json, TypeInfos.SqlVariant, TypeInfos.Vector(2), TypeInfos.Fixed(DataType.Null),
        TypeInfos.Udt(new UdtInfo(10, "", "dbo", "point", "")),
    ];

    [TestCaseSource(nameof(Nullable))]
    public void Null_is_read_back_as_null_in_rows_and_in_parameters(TypeInfo type)
    {
        foreach (var form in Enum.GetValues<CellForm>())
        {
            using var writer = new WireWriter();
            ValueWriter.WriteNull(writer, type, form);
            Assert.That(TypedValue.TryRead(type, form, writer.WrittenSpan, out var value));
            Assert.That(value.IsNull);
            Assert.That(value.Encoded.Length, Is.EqualTo(writer.Length));
            Assert.That(type.IsNullable);
        }
    }

    [TestCase(DataType.Int1)]
    [TestCase(DataType.Int4)]
    [TestCase(DataType.DateTime)]
    [TestCase(DataType.Money)]
    [TestCase(DataType.Bit)]
    public void A_type_of_fixed_length_has_no_null(DataType type)
    {
        using var writer = new WireWriter();
        Assert.That(TypeInfos.Fixed(type).IsNullable, Is.False);
        Assert.That(() => ValueWriter.WriteNull(writer, TypeInfos.Fixed(type), CellForm.Row), Throws.InvalidOperationException);
    }

    [Test]
    public void Text_that_is_too_long_is_cut()
    {
        Assert.That(Text(TypeInfos.NVarChar(4), "redacted"), Is.EqualTo("reda"));
        Assert.That(Text(TypeInfos.VarChar(4), "redacted"), Is.EqualTo("reda"));
        Assert.That(Text(TypeInfos.NVarCharMax, new string('x', 70_000)), Has.Length.EqualTo(70_000));
    }

    [Test]
    public void Text_is_not_cut_inside_of_a_character()
    {
        Assert.That(Text(TypeInfos.NVarChar(3), "ab😀"), Is.EqualTo("ab"));
        Assert.That(Text(TypeInfos.VarChar(4, Collation.Latin1Utf8), "äöü"), Is.EqualTo("äö"));
        Assert.That(Text(TypeInfos.VarChar(3, Collation.Latin1Utf8), "äöü"), Is.EqualTo("ä"));
        Assert.That(Text(TypeInfos.VarChar(5, Collation.Latin1Utf8), "a😀😀"), Is.EqualTo("a😀"));
        Assert.That(Text(TypeInfos.VarChar(3, Japanese), "花子"), Is.EqualTo("花"));
    }

    [Test]
    public void A_char_is_padded_with_blanks_and_a_binary_with_zeros()
    {
        Assert.That(Text(TypeInfos.Char(5), "ab"), Is.EqualTo("ab   "));
        Assert.That(Text(TypeInfos.NChar(5), "ab"), Is.EqualTo("ab   "));
        Assert.That(Read(TypeInfos.Binary(4), writer => ValueWriter.WriteBytes(writer, TypeInfos.Binary(4), CellForm.Row, [1, 2])),
            Is.EqualTo(new byte[] { 1, 2, 0, 0 }));
        Assert.That(Read(TypeInfos.Binary(2), writer => ValueWriter.WriteBytes(writer, TypeInfos.Binary(2), CellForm.Row, [1, 2, 3])),
            Is.EqualTo(new byte[] { 1, 2 }));
    }

    [Test]
    public void Text_is_in_the_code_page_of_its_column()
    {
        using var writer = new WireWriter();
        ValueWriter.WriteText(writer, TypeInfos.VarChar(10, Cyrillic), CellForm.Row, "Анна中");
        Assert.That(Convert.ToHexString(writer.WrittenSpan), Is.EqualTo("0500C0EDEDE03F"));
    }

    [Test]
    public void A_text_cell_has_a_pointer_in_a_row_and_none_in_a_parameter()
    {
        using var row = new WireWriter();
        ValueWriter.WriteText(row, TypeInfos.Text, CellForm.Row, "ab");
        using var parameter = new WireWriter();
        ValueWriter.WriteText(parameter, TypeInfos.Text, CellForm.Parameter, "ab");
        Assert.That((row.Length, parameter.Length), Is.EqualTo((1 + 16 + 8 + 4 + 2, 4 + 2)));
        Assert.That(TypedValue.TryRead(TypeInfos.Text, CellForm.Row, row.WrittenSpan, out var value));
        Assert.That(value.ToObject(TypeInfos.Text), Is.EqualTo("ab"));
    }

    [Test]
    public void A_variant_keeps_the_base_type_that_it_is_given()
    {
        using var writer = new WireWriter();
        ValueWriter.WriteVariantText(writer, TypeInfos.VarChar(3, Cyrillic), "Анна");
        Assert.That(TypedValue.TryRead(TypeInfos.SqlVariant, CellForm.Row, writer.WrittenSpan, out var value));
        var variant = VariantValue.Read(value.Data);
        Assert.That((variant.Type.Type, variant.Type.Collation, variant.Type.MaxLength), Is.EqualTo((DataType.BigVarChar, Cyrillic, 3)));
        Assert.That(value.ToObject(TypeInfos.SqlVariant), Is.EqualTo("Анн"));
    }

    [Test]
    public void A_variant_of_a_lob_or_of_a_variant_cannot_be_written()
    {
        using var writer = new WireWriter();
        Assert.That(() => ValueWriter.WriteVariant(writer, TypeInfos.Xml, []), Throws.ArgumentException);
        Assert.That(() => ValueWriter.WriteVariant(writer, TypeInfos.SqlVariant, []), Throws.ArgumentException);
    }

    [Test]
    public void A_number_that_the_type_does_not_reach_is_refused()
    {
        using var writer = new WireWriter();
        Assert.That(() => ValueWriter.WriteInteger(writer, TypeInfos.TinyInt, CellForm.Row, -1), Throws.TypeOf<OverflowException>());
        Assert.That(() => ValueWriter.WriteInteger(writer, TypeInfos.SmallMoney, CellForm.Row, 300_000), Throws.TypeOf<OverflowException>());
        Assert.That(() => ValueWriter.WriteDecimal(writer, TypeInfos.Decimal(5, 2), CellForm.Row, 99_999_999m), Throws.TypeOf<OverflowException>());
        Assert.That(() => ValueWriter.WriteDouble(writer, TypeInfos.Int, CellForm.Row, double.NaN), Throws.TypeOf<OverflowException>());
        Assert.That(
            () => ValueWriter.WriteDateTime(writer, TypeInfos.SmallDateTime, CellForm.Row, DateTimeOffset.MaxValue),
            Throws.TypeOf<OverflowException>());
        Assert.That(writer.Length, Is.Zero, "nothing is written before it is known to fit");
    }

    [Test]
    public void A_value_of_another_kind_is_refused()
    {
        using var writer = new WireWriter();
        Assert.That(() => ValueWriter.WriteText(writer, TypeInfos.Int, CellForm.Row, "x"), Throws.ArgumentException);
        Assert.That(() => ValueWriter.WriteBytes(writer, TypeInfos.Int, CellForm.Row, [1]), Throws.ArgumentException);
        Assert.That(() => ValueWriter.WriteInteger(writer, TypeInfos.Date, CellForm.Row, 1), Throws.ArgumentException);
        Assert.That(() => ValueWriter.WriteDouble(writer, TypeInfos.Xml, CellForm.Row, 1), Throws.ArgumentException);
        Assert.That(() => ValueWriter.WriteGuid(writer, TypeInfos.Int, CellForm.Row, Guid.Empty), Throws.ArgumentException);
        Assert.That(() => ValueWriter.WriteDateTime(writer, TypeInfos.Int, CellForm.Row, DateTimeOffset.UnixEpoch), Throws.ArgumentException);
        Assert.That(writer.Length, Is.Zero);
    }

    private static object? Text(TypeInfo type, string text) =>
        Read(type, writer => ValueWriter.WriteText(writer, type, CellForm.Row, text));

    private static object? Read(TypeInfo type, Action<WireWriter> write)
    {
        using var writer = new WireWriter();
        write(writer);
        Assert.That(TypedValue.TryRead(type, CellForm.Row, writer.WrittenSpan, out var value));
        Assert.That(value.Encoded.Length, Is.EqualTo(writer.Length));
        return value.ToObject(type);
    }
}
