using System.Globalization;
using System.Text;
using WireProxy.Policy;
using WireProxy.Protocols.Tds.Types;

namespace WireProxy.Relay.Tests.Tds.Masking;

public sealed class MaskedTypesTests
{
    private static readonly CultureInfo culture = CultureInfo.InvariantCulture;
    private static readonly DateTime day1970 = new(1970, 1, 1);

    private static readonly TypeInfo[] texts =
    [
        TypeInfos.NVarChar(40), TypeInfos.NVarCharMax, TypeInfos.VarChar(40), TypeInfos.VarChar(40, Collation.Latin1Utf8), TypeInfos.VarCharMax,
        TypeInfos.Text, TypeInfos.NText, TypeInfos.NChar(40), TypeInfos.Char(40),
        new(DataType.VarChar, ValueLayout.ByteLength, 40), new(DataType.Char, ValueLayout.ByteLength, 40),
        TypeInfos.VarChar(40, new Collation(0x411, 0)), TypeInfos.VarChar(40, new Collation(0x419, 0)),
    ];

    public static IEnumerable<TypeInfo> Texts => texts;

    /// <summary>A type, a value of it, and what redact makes of it.</summary>
    public static IEnumerable<object?[]> Redacted =>
    [
        [TypeInfos.TinyInt, 200L, 0L], [TypeInfos.SmallInt, -5L, 0L], [TypeInfos.Int, 123456L, 0L], [TypeInfos.BigInt, long.MinValue, 0L],
        [TypeInfos.Fixed(DataType.Int1), 9L, 0L], [TypeInfos.Fixed(DataType.Int2), 9L, 0L], [TypeInfos.Fixed(DataType.Int4), 9L, 0L],
        [TypeInfos.Fixed(DataType.Int8), 9L, 0L], [TypeInfos.Real, 1.5f, 0f], [TypeInfos.Float, -1.5, 0d],
        [TypeInfos.Fixed(DataType.Flt4), 1.5f, 0f], [TypeInfos.Fixed(DataType.Flt8), 1.5, 0d],
        [TypeInfos.SmallMoney, 12.3456m, 0m], [TypeInfos.Money, -123456789.1234m, 0m],
        [TypeInfos.Fixed(DataType.Money), 1m, 0m], [TypeInfos.Fixed(DataType.Money4), 1m, 0m],
        [TypeInfos.Decimal(5, 2), (TdsDecimal)(-123.45m), new TdsDecimal(false, 0, 2)],
        [TypeInfos.Numeric(38, 10), (TdsDecimal)99.5m, new TdsDecimal(false, 0, 10)],
        [TypeInfos.Bit, true, null], [TypeInfos.Fixed(DataType.Bit), true, null],
        [TypeInfos.Date, new DateOnly(1987, 3, 4), new DateOnly(1970, 1, 1)], [TypeInfos.Time(3), new TimeOnly(11, 12), TimeOnly.MinValue],
        [TypeInfos.SmallDateTime, new DateTime(1987, 3, 4, 5, 6, 0), day1970], [TypeInfos.DateTime, new DateTime(1987, 3, 4, 5, 6, 7), day1970],
        [TypeInfos.Fixed(DataType.DateTime), new DateTime(1787, 3, 4), day1970], [TypeInfos.Fixed(DataType.DateTim4), new DateTime(2001, 3, 4), day1970],
        [TypeInfos.DateTime2(0), new DateTime(1987, 3, 4, 5, 6, 7), day1970], [TypeInfos.DateTime2(7), new DateTime(1987, 3, 4), day1970],
        [TypeInfos.DateTimeOffset(5), new DateTimeOffset(1987, 3, 4, 5, 6, 7, TimeSpan.FromHours(3)), new DateTimeOffset(day1970, TimeSpan.Zero)],
        [TypeInfos.UniqueIdentifier, new Guid("c0ffee00-1111-2222-3333-444455556666"), Guid.Empty],
        [TypeInfos.VarBinary(20), new byte[] { 1, 2, 3 }, Array.Empty<byte>()], [TypeInfos.VarBinaryMax, new byte[] { 1, 2 }, Array.Empty<byte>()],
        [TypeInfos.Binary(4), new byte[] { 1, 2, 3, 4 }, new byte[4]], [TypeInfos.Image, new byte[] { 1 }, Array.Empty<byte>()],
        [new TypeInfo(DataType.Binary, ValueLayout.ByteLength, 3), new byte[] { 1, 2, 3 }, new byte[3]],
        [new TypeInfo(DataType.VarBinary, ValueLayout.ByteLength, 3), new byte[] { 1, 2, 3 }, null],
        [TypeInfos.Xml, "<ssn>123-45-6789</ssn>", "<redacted/>"], [TypeInfos.Json, "{\"ssn\":1}", "\"****\""],
        [TypeInfos.Vector(3), new float[] { 1, 2, 3 }, new float[3]],
        [TypeInfos.Udt(new UdtInfo(8000, "d", "sys", "geography", "x")), new byte[] { 1, 2, 3 }, null],
        [TypeInfos.SqlVariant, 77L, 0L], [TypeInfos.SqlVariant, "Zoe Miller", "****"], [TypeInfos.SqlVariant, true, null],
        [TypeInfos.SqlVariant, new byte[] { 1 }, Array.Empty<byte>()], [TypeInfos.SqlVariant, new Guid(1, 2, 3, new byte[8]), Guid.Empty],
        [TypeInfos.SqlVariant, 1.5, 0d], [TypeInfos.SqlVariant, 1.5m, new TdsDecimal(false, 0, 1)], [TypeInfos.SqlVariant, new DateTime(1987, 3, 4), day1970],
    ];

    private static string? Text(Mask mask, TypeInfo type, string value) =>
        MaskedRows.Mask(mask, type, value) is string text ? DataTypes.IsPadded(type.Type) ? text.TrimEnd(' ') : text : null;

    [TestCaseSource(nameof(Redacted))]
    public void Redact_leaves_a_value_of_the_type(TypeInfo type, object value, object? expected) =>
        Assert.That(MaskedRows.Mask(Mask.Redact, type, value), Is.EqualTo(expected));

    [TestCaseSource(nameof(Redacted))]
    public void A_mask_that_means_nothing_to_a_type_redacts(TypeInfo type, object value, object? expected)
    {
        if (value is not string)
            foreach (Mask mask in (Mask[])[new Mask.KeepLast(1), new Mask.KeepFirst(3), Mask.Zip3])
                Assert.That(MaskedRows.Mask(mask, type, value), Is.EqualTo(expected), mask.ToString());
    }

    [TestCaseSource(nameof(Redacted))]
    public void Null_makes_every_type_NULL_and_NULL_stays_NULL_under_every_mask(TypeInfo type, object value, object? expected)
    {
        Assert.That(MaskedRows.Mask(Mask.Null, type, value), Is.Null);
        if (type.IsNullable)
            foreach (Mask mask in (Mask[])[Mask.Redact, Mask.Null, Mask.Hash, new Mask.KeepLast(2), Mask.Year, Mask.Zip3, new Mask.Constant("1")])
                Assert.That(MaskedRows.Mask(mask, type, null), Is.Null, $"{mask}, not {expected}");
    }

    [TestCaseSource(nameof(Redacted))]
    public void Hash_of_what_is_neither_characters_nor_a_uniqueidentifier_is_NULL(TypeInfo type, object value, object? redacted)
    {
        object? masked = MaskedRows.Mask(Mask.Hash, type, value);
        if (value is Guid || (value is string && type.Type == DataType.SsVariant))
            Assert.That(masked, Is.Not.Null.And.Not.EqualTo(value).And.Not.EqualTo(redacted));
        else
            Assert.That(masked, Is.Null);
    }

    [TestCaseSource(nameof(Texts))]
    public void Characters_keep_what_the_mask_says(TypeInfo type)
    {
        Assert.Multiple(() =>
        {
            Assert.That(Text(Mask.Redact, type, "123-45-6789"), Is.EqualTo("****"));
            Assert.That(Text(new Mask.KeepLast(4), type, "123-45-6789"), Is.EqualTo("****6789"));
            Assert.That(Text(new Mask.KeepFirst(3), type, "123-45-6789"), Is.EqualTo("123****"));
            Assert.That(Text(new Mask.KeepLast(4), type, "6789"), Is.EqualTo("****"));
            Assert.That(Text(new Mask.KeepLast(int.MaxValue), type, "6789"), Is.EqualTo("****"));
            Assert.That(Text(Mask.Zip3, type, "94110-1234"), Is.EqualTo("941**"));
            Assert.That(Text(Mask.Zip3, type, "03601"), Is.EqualTo("000**"));
            Assert.That(Text(Mask.Zip3, type, "9411"), Is.EqualTo("****"));
            Assert.That(Text(Mask.Zip3, type, "Miller"), Is.EqualTo("****"));
            Assert.That(Text(Mask.Year, type, "1987-03-04"), Is.EqualTo("1987"));
            Assert.That(Text(Mask.Year, type, "1987-03-04T05:06:07"), Is.EqualTo("1987"));
            Assert.That(Text(Mask.Year, type, "1987-03-04x"), Is.EqualTo("****"));
            Assert.That(Text(Mask.Year, type, "4 March 1987"), Is.EqualTo("****"));
            Assert.That(Text(Mask.Hash, type, "123-45-6789"), Does.Match("^[0-9a-f]{32}$"));
            Assert.That(Text(new Mask.Constant("withheld"), type, "123-45-6789"), Is.EqualTo("withheld"));
            Assert.That(Text(new Mask.Constant(new string('x', 41)), type, "1"), type.Layout is ValueLayout.PartLength or ValueLayout.LongLength
                ? Is.EqualTo(new string('x', 41)) : Is.Null);
        });
    }

    [Test]
    public void The_hash_of_a_text_is_the_same_in_every_type_of_characters()
    {
        string[] hashes = [.. texts.Where(type => type.Collation.CodePage != 932 && type.Collation.CodePage != 1251)
            .Select(type => Text(Mask.Hash, type, "Müller")!)];
        Assert.That(hashes.Distinct().Count(), Is.EqualTo(1));
        Assert.That(Text(Mask.Hash, texts[0], "Muller"), Is.Not.EqualTo(hashes[0]));
    }

    [Test]
    public void A_character_is_a_scalar_value_in_every_encoding()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Text(new Mask.KeepLast(1), TypeInfos.NVarChar(9), "ab\U0001F600"), Is.EqualTo("****\U0001F600"));
            Assert.That(Text(new Mask.KeepFirst(2), TypeInfos.NVarCharMax, "\U0001F600é!"), Is.EqualTo("\U0001F600é****"));
            Assert.That(Text(new Mask.KeepLast(2), TypeInfos.NVarChar(9), "\U0001F600é"), Is.EqualTo("****"));
            Assert.That(Text(new Mask.KeepLast(2), TypeInfos.VarChar(30, Collation.Latin1Utf8), "aé\U0001F600"), Is.EqualTo("****é\U0001F600"));
            Assert.That(Text(new Mask.KeepFirst(2), TypeInfos.VarChar(30, Collation.Latin1Utf8), "é\U0001F600z"), Is.EqualTo("é\U0001F600****"));
            Assert.That(Text(new Mask.KeepLast(2), TypeInfos.VarChar(30, new Collation(0x411, 0)), "日本語ﾃ"), Is.EqualTo("****語ﾃ"));
            Assert.That(Text(new Mask.KeepFirst(2), TypeInfos.VarChar(30, new Collation(0x411, 0)), "a本語"), Is.EqualTo("a本****"));
            Assert.That(Text(new Mask.KeepLast(3), TypeInfos.VarChar(30, new Collation(0x411, 0)), "日本語"), Is.EqualTo("****"));
            Assert.That(Text(new Mask.KeepLast(3), TypeInfos.VarChar(30, new Collation(0x419, 0)), "Иванов"), Is.EqualTo("****нов"));
        });
    }

    [Test]
    public void Characters_that_cannot_be_told_apart_keep_nothing()
    {
        byte[] utf8 = [5, 0, 0xC3, (byte)'b', (byte)'c', (byte)'d', (byte)'e'];
        byte[] japanese = [5, 0, (byte)'a', (byte)'b', (byte)'c', (byte)'d', 0x81];
        byte[] wide = [5, 0, (byte)'a', 0, (byte)'b', 0, (byte)'c'];
        byte[] halfPair = [6, 0, (byte)'a', 0, (byte)'b', 0, 0x3D, 0xD8];
        Assert.That(MaskedRows.MaskCell(new Mask.KeepLast(2), TypeInfos.VarChar(9, Collation.Latin1Utf8), utf8), Is.EqualTo("****"));
        Assert.That(MaskedRows.MaskCell(new Mask.KeepLast(2), TypeInfos.VarChar(9, new Collation(0x411, 0)), japanese), Is.EqualTo("****"));
        Assert.That(MaskedRows.MaskCell(new Mask.KeepLast(1), TypeInfos.NVarChar(9), wide), Is.EqualTo("****"));
        Assert.That(MaskedRows.MaskCell(new Mask.KeepLast(1), TypeInfos.NVarChar(9), halfPair), Is.EqualTo("****"));
    }

    [Test]
    public void A_narrow_type_gets_what_it_has_room_for()
    {
        Assert.Multiple(() =>
        {
            Assert.That(MaskedRows.Mask(Mask.Redact, TypeInfos.Char(2), "MD"), Is.EqualTo("**"));
            Assert.That(MaskedRows.Mask(new Mask.KeepLast(2), TypeInfos.NChar(5), "12345"), Is.EqualTo("***45"));
            Assert.That(MaskedRows.Mask(new Mask.KeepFirst(4), TypeInfos.VarChar(5), "12345"), Is.EqualTo("1234*"));
            Assert.That(MaskedRows.Mask(new Mask.KeepFirst(5), TypeInfos.VarChar(5), "12345"), Is.EqualTo("****"));
            Assert.That(MaskedRows.Mask(Mask.Hash, TypeInfos.VarChar(11), "123-45-6789"), Has.Length.EqualTo(11));
            Assert.That(MaskedRows.Mask(Mask.Hash, TypeInfos.NChar(7), "1234567"), Is.Null);
            Assert.That(MaskedRows.Mask(Mask.Zip3, TypeInfos.Char(4), "9411"), Is.EqualTo("****"));
        });
    }

    [Test]
    public void Padding_does_not_count_and_is_written_anew()
    {
        foreach (var type in (TypeInfo[])[TypeInfos.NChar(12), TypeInfos.Char(12)])
        {
            Assert.That(MaskedRows.Mask(new Mask.KeepLast(2), type, "abc"), Is.EqualTo("****bc      "));
            Assert.That(MaskedRows.Mask(new Mask.KeepLast(3), type, "abc"), Is.EqualTo("****        "));
            Assert.That(MaskedRows.Mask(new Mask.Constant("x"), type, "abc"), Is.EqualTo("x           "));
            Assert.That(MaskedRows.Mask(Mask.Hash, type, "abc"), Is.EqualTo(MaskedRows.Mask(Mask.Hash, TypeInfos.VarChar(12), "abc")));
        }
    }

    [Test]
    public void Year_leaves_the_first_of_January()
    {
        DateTime moment = new(1987, 12, 31, 23, 59, 58);
        DateTime first = new(1987, 1, 1);
        Assert.Multiple(() =>
        {
            foreach (var type in (TypeInfo[])[TypeInfos.SmallDateTime with { MaxLength = 8 }, TypeInfos.Fixed(DataType.DateTime), TypeInfos.DateTime2(0),
                TypeInfos.DateTime2(4), TypeInfos.DateTime2(7), TypeInfos.SmallDateTime, TypeInfos.Fixed(DataType.DateTim4)])
                Assert.That(MaskedRows.Mask(Mask.Year, type, moment), Is.EqualTo(first), type.ToString());
            Assert.That(MaskedRows.Mask(Mask.Year, TypeInfos.Date, new DateOnly(2024, 12, 31)), Is.EqualTo(new DateOnly(2024, 1, 1)));
            Assert.That(MaskedRows.Mask(Mask.Year, TypeInfos.Date, DateOnly.MaxValue), Is.EqualTo(new DateOnly(9999, 1, 1)));
            Assert.That(MaskedRows.Mask(Mask.Year, TypeInfos.Date, DateOnly.MinValue), Is.EqualTo(DateOnly.MinValue));
            Assert.That(MaskedRows.Mask(Mask.Year, TypeInfos.DateTime, new DateTime(1753, 5, 6)), Is.EqualTo(new DateTime(1753, 1, 1)));
            Assert.That(MaskedRows.Mask(Mask.Year, TypeInfos.Time(2), new TimeOnly(11, 12)), Is.EqualTo(TimeOnly.MinValue));
            Assert.That(MaskedRows.Mask(Mask.Year, TypeInfos.SqlVariant, moment), Is.EqualTo(first));
            Assert.That(MaskedRows.Mask(Mask.Year, TypeInfos.Int, 1987L), Is.EqualTo(0L));
        });
    }

    [TestCase("2001-01-01T03:00:00+05:30", "2001-01-01T00:00:00+05:30")]
    [TestCase("2000-12-31T23:00:00-08:00", "2000-01-01T00:00:00-08:00")]
    [TestCase("0001-07-01T00:00:00-14:00", "0001-01-01T00:00:00-14:00")]
    [TestCase("9999-12-31T23:59:59+14:00", "9999-01-01T00:00:00+14:00")]
    [TestCase("0001-07-01T00:00:00+14:00", "1970-01-01T00:00:00+00:00")] // Its first of January would be before year 1 in UTC.
    public void The_year_of_a_datetimeoffset_is_the_one_at_its_offset(string value, string expected)
    {
        for (byte scale = 0; scale <= 7; scale++)
        {
            var masked = (DateTimeOffset)MaskedRows.Mask(Mask.Year, TypeInfos.DateTimeOffset(scale), DateTimeOffset.Parse(value, culture))!;
            Assert.That(masked.ToString("yyyy-MM-ddTHH:mm:sszzz", culture), Is.EqualTo(expected));
        }
    }

    [Test]
    public void A_date_out_of_range_is_redacted()
    {
        Assert.That(MaskedRows.MaskCell(Mask.Year, TypeInfos.Date, [3, 0xFF, 0xFF, 0xFF]), Is.EqualTo(new DateOnly(1970, 1, 1)));
        Assert.That(MaskedRows.MaskCell(Mask.Year, TypeInfos.Date, [2, 0xFF, 0xFF]), Is.EqualTo(new DateOnly(1970, 1, 1)));
        Assert.That(MaskedRows.MaskCell(Mask.Year, TypeInfos.DateTime, [8, 0, 0, 0, 0x80, 0, 0, 0, 0]), Is.EqualTo(day1970));
        Assert.That(MaskedRows.MaskCell(Mask.Year, TypeInfos.DateTime2(7), [8, 1, 2, 3, 4, 5, 0xFF, 0xFF, 0xFF]), Is.EqualTo(day1970));
        Assert.That(MaskedRows.MaskCell(Mask.Year, TypeInfos.DateTimeOffset(0), [8, 1, 2, 3, 4, 5, 6, 0xFF, 0x7F]),
            Is.EqualTo(new DateTimeOffset(day1970, TimeSpan.Zero)));
    }

    [Test]
    public void Equal_uniqueidentifiers_have_equal_hashes_of_version_8()
    {
        Guid original = new("11111111-2222-4333-8444-555555555555");
        var masked = (Guid)MaskedRows.Mask(Mask.Hash, TypeInfos.UniqueIdentifier, original)!;
        Assert.That(masked.ToString()[14], Is.EqualTo('8'));
        Assert.That(MaskedRows.Mask(Mask.Hash, TypeInfos.SqlVariant, original), Is.EqualTo(masked));
        Assert.That(MaskedRows.Mask(Mask.Hash, TypeInfos.UniqueIdentifier, new Guid("11111111-2222-4333-8444-555555555556")), Is.Not.EqualTo(masked));
    }

    [Test]
    public void A_value_in_parts_is_masked_as_a_whole()
    {
        byte[] parts = [.. Le(-2), 6, 0, 0, 0, .. Encoding.Unicode.GetBytes("123"), 2, 0, 0, 0, (byte)'4', 0, 0, 0, 0, 0];
        Assert.That(MaskedRows.MaskCell(new Mask.KeepLast(2), TypeInfos.NVarCharMax, parts), Is.EqualTo("****34"));
        Assert.That(MaskedRows.MaskCell(Mask.Redact, TypeInfos.NVarCharMax, parts), Is.EqualTo("****"));
        Assert.That(MaskedRows.MaskCell(Mask.Null, TypeInfos.NVarCharMax, parts), Is.Null);
        Assert.That(MaskedRows.MaskCell(Mask.Hash, TypeInfos.NVarCharMax, parts), Is.EqualTo(MaskedRows.Mask(Mask.Hash, TypeInfos.NVarCharMax, "1234")));
    }

    [Test]
    public void A_variant_keeps_its_base_type_and_what_is_no_variant_becomes_NULL()
    {
        var type = TypeInfos.VarChar(30, Collation.Latin1Utf8);
        byte[] cell = MaskedRows.Bytes(writer => ValueWriter.WriteVariantText(writer, type, "Müller"));
        Assert.That(MaskedRows.MaskCell(new Mask.KeepLast(5), TypeInfos.SqlVariant, cell), Is.EqualTo("****üller"));
        Assert.That(MaskedRows.MaskCell(Mask.Redact, TypeInfos.SqlVariant, [3, 0, 0, 0, 0xE7, 7, 1]), Is.Null);
        Assert.That(MaskedRows.MaskCell(Mask.Redact, TypeInfos.SqlVariant, [3, 0, 0, 0, 0x23, 0, 1]), Is.Null);
        Assert.That(MaskedRows.MaskCell(Mask.Redact, TypeInfos.SqlVariant, [6, 0, 0, 0, 0x29, 1, 99, 1, 2, 3]), Is.Null);
        Assert.That(MaskedRows.MaskCell(new Mask.Constant("1"), TypeInfos.SqlVariant, [7, 0, 0, 0, 0x6C, 2, 255, 9, 1, 2, 3]), Is.Null);
    }

    private static byte[] Le(long value) => BitConverter.GetBytes(value);
}
