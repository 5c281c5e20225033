using WireProxy.Policy;
using WireProxy.Protocols.Tds.Types;

namespace WireProxy.Relay.Tests.Tds.Masking;

public sealed class ConstantTests
{
    private static readonly Guid guid = new("c0ffee00-1111-2222-3333-444455556666");

    private static IEnumerable<object[]> Legal =>
    [
        [TypeInfos.Bit, true, "no", false], [TypeInfos.Bit, false, "TRUE", true], [TypeInfos.Fixed(DataType.Bit), false, "1", true],
        [TypeInfos.TinyInt, 1L, "255", 255L], [TypeInfos.SmallInt, 1L, "-32768", -32768L], [TypeInfos.Int, 1L, "-1", -1L],
        [TypeInfos.Fixed(DataType.Int4), 1L, "12", 12L], [TypeInfos.BigInt, 1L, "9223372036854775807", long.MaxValue],
        [TypeInfos.Real, 1f, "-1.5e3", -1500f], [TypeInfos.Float, 1.0, "0.1", 0.1], [TypeInfos.Fixed(DataType.Flt8), 1.0, "3", 3.0],
        [TypeInfos.Money, 1m, "-922337203685477.5807", -922337203685477.5807m], [TypeInfos.SmallMoney, 1m, "214748.3647", 214748.3647m],
        [TypeInfos.Decimal(5, 2), (TdsDecimal)1m, "-123.4", new TdsDecimal(true, 12340, 2)], [TypeInfos.Decimal(5, 2), (TdsDecimal)1m, ".05", new TdsDecimal(false, 5, 2)],
        [TypeInfos.Numeric(38, 0), (TdsDecimal)1m, new string('9', 38), new TdsDecimal(false, UInt128.Parse(new string('9', 38)), 0)],
        [TypeInfos.Date, new DateOnly(1987, 3, 4), "2001-02-03", new DateOnly(2001, 2, 3)],
        [TypeInfos.Time(1), new TimeOnly(1, 2), "04:05:06.78", new TimeOnly(4, 5, 6, 700)], [TypeInfos.Time(7), new TimeOnly(1, 2), "04:05", new TimeOnly(4, 5)],
        [TypeInfos.DateTime2(0), new DateTime(1987, 3, 4), "2001-02-03 04:05:06", new DateTime(2001, 2, 3, 4, 5, 6)],
        [TypeInfos.DateTime, new DateTime(1987, 3, 4), "1753-01-01", new DateTime(1753, 1, 1)],
        [TypeInfos.SmallDateTime, new DateTime(1987, 3, 4), "2079-06-06T23:59", new DateTime(2079, 6, 6, 23, 59, 0)],
        [TypeInfos.DateTimeOffset(0), DateTimeOffset.UnixEpoch, "2001-02-03T04:05:06+02:00", new DateTimeOffset(2001, 2, 3, 4, 5, 6, TimeSpan.FromHours(2))],
        [TypeInfos.DateTimeOffset(0), DateTimeOffset.UnixEpoch, "2001-02-03 04:05Z", new DateTimeOffset(2001, 2, 3, 4, 5, 0, TimeSpan.Zero)],
        [TypeInfos.DateTimeOffset(0), DateTimeOffset.UnixEpoch, "2001-02-03", new DateTimeOffset(2001, 2, 3, 0, 0, 0, TimeSpan.Zero)],
        [TypeInfos.UniqueIdentifier, Guid.Empty, guid.ToString(), guid], [TypeInfos.Json, "{}", "[1]", "[1]"], [TypeInfos.Xml, "<a/>", "<b>c</b>", "<b>c</b>"],
        [TypeInfos.VarBinary(2), new byte[] { 9 }, "0xAbCd", new byte[] { 0xAB, 0xCD }], [TypeInfos.Binary(3), new byte[] { 9, 9, 9 }, "0x01", new byte[] { 1, 0, 0 }],
        [TypeInfos.VarBinaryMax, new byte[] { 9 }, "0x", Array.Empty<byte>()], [TypeInfos.VarChar(4), "a", "ÄÖÜß", "ÄÖÜß"], [TypeInfos.NVarChar(2), "a", "日本", "日本"],
        [TypeInfos.SqlVariant, 5L, "6", 6L], [TypeInfos.SqlVariant, "a", "6", "6"], [TypeInfos.SqlVariant, true, "off", false],
    ];

    private static IEnumerable<object[]> Illegal =>
    [
        [TypeInfos.Bit, true, "maybe"], [TypeInfos.TinyInt, 1L, "256"], [TypeInfos.TinyInt, 1L, "-1"], [TypeInfos.SmallInt, 1L, "32768"], [TypeInfos.Int, 1L, "1.0"],
        [TypeInfos.Fixed(DataType.Int4), 1L, "withheld"], [TypeInfos.BigInt, 1L, "9223372036854775808"], [TypeInfos.Real, 1f, "1e39"], [TypeInfos.Float, 1.0, "NaN"],
        [TypeInfos.Float, 1.0, "1e999"], [TypeInfos.SmallMoney, 1m, "214748.3648"], [TypeInfos.Money, 1m, "1.00001"], [TypeInfos.Money, 1m, "1e2"],
        [TypeInfos.Decimal(5, 2), (TdsDecimal)1m, "1234"], [TypeInfos.Decimal(5, 2), (TdsDecimal)1m, "1.234"], [TypeInfos.Decimal(5, 2), (TdsDecimal)1m, "1.2.3"],
        [TypeInfos.Decimal(5, 2), (TdsDecimal)1m, "."], [TypeInfos.Decimal(5, 2), (TdsDecimal)1m, ""], [TypeInfos.Decimal(5, 2), (TdsDecimal)1m, "1e2"],
        [TypeInfos.Numeric(38, 0), (TdsDecimal)1m, "1" + new string('0', 38)], [TypeInfos.Date, new DateOnly(1987, 3, 4), "2001-02-30"], [TypeInfos.Date, new DateOnly(1987, 3, 4), "2001-02-03 00:00"],
        [TypeInfos.Time(7), new TimeOnly(1, 2), "25:00"], [TypeInfos.DateTime, new DateTime(1987, 3, 4), "1752-12-31"], [TypeInfos.SmallDateTime, new DateTime(1987, 3, 4), "2079-06-07"],
        [TypeInfos.DateTime2(7), new DateTime(1987, 3, 4), "3 Feb 2001"], [TypeInfos.DateTimeOffset(0), DateTimeOffset.UnixEpoch, "2001-02-03+15:00"],
        [TypeInfos.UniqueIdentifier, Guid.Empty, "1"], [TypeInfos.Json, "{}", "withheld"], [TypeInfos.Xml, "<a/>", "<b>"], [TypeInfos.Xml, "<a/>", "<!DOCTYPE a><a/>"],
        [TypeInfos.VarBinary(2), new byte[] { 9 }, "0x010203"], [TypeInfos.VarBinary(2), new byte[] { 9 }, "0xZZ"], [TypeInfos.VarBinary(2), new byte[] { 9 }, "01"],
        [TypeInfos.VarChar(4), "a", "five5"], [TypeInfos.VarChar(4), "a", "日本"], [TypeInfos.NVarChar(2), "a", "abc"], [TypeInfos.SqlVariant, 5L, "six"],
        [TypeInfos.Vector(2), new float[2], "[1,2]"], [TypeInfos.Udt(new UdtInfo(80, "d", "sys", "geometry", "x")), new byte[] { 1 }, "0x01"],
    ];

    [TestCaseSource(nameof(Legal))]
    public void A_constant_stands_for_every_value_where_the_type_has_it(TypeInfo type, object value, string constant, object expected) =>
        Assert.That(MaskedRows.Mask(new Mask.Constant(constant), type, value), Is.EqualTo(expected));

    [TestCaseSource(nameof(Illegal))]
    public void A_constant_that_the_type_does_not_have_is_NULL(TypeInfo type, object value, string constant) =>
        Assert.That(MaskedRows.Mask(new Mask.Constant(constant), type, value), Is.Null);
}
