using WireProxy.Policy;

namespace WireProxy.Relay.Tests.Postgres.Masking;

public sealed class ArrayMaskTests
{
    [TestCase("{}", "{}")]
    [TestCase("{a}", "{****}")]
    [TestCase("{a,NULL,\"b c\",\"\"}", "{****,NULL,****,****}")]
    [TestCase("{\"NULL\"}", "{****}")]
    [TestCase("{\"a\\\"b\\\\c\",\"{x,y}\"}", "{****,****}")]
    [TestCase("{{a,b},{c,d}}", "{{****,****},{****,****}}")]
    [TestCase("[0:1]={a,b}", "[0:1]={****,****}")]
    [TestCase("[-1:0][2:2]={{a},{b}}", "[-1:0][2:2]={{****},{****}}")]
    public void A_text_array_is_masked_element_by_element(string value, string masked) =>
        Assert.That(Masked.Text(Mask.Redact, Masked.TextArray, value), Is.EqualTo(masked));

    [TestCase("")]
    [TestCase("a")]
    [TestCase("{")]
    [TestCase("}")]
    [TestCase("{a")]
    [TestCase("{a}}")]
    [TestCase("{a}b")]
    [TestCase("{a,}")]
    [TestCase("{,a}")]
    [TestCase("{a,,b}")]
    [TestCase("{\"a}")]
    [TestCase("{\"a\"b}")]
    [TestCase("{a{b}}")]
    [TestCase("{a\\")]
    [TestCase("{{a}{b}}")]
    [TestCase("{}{}")]
    [TestCase("{},{}")]
    [TestCase("[secret]={a}")]
    [TestCase("[0:1]")]
    public void What_is_no_array_literal_becomes_NULL(string value) =>
        Assert.That(Masked.Text(Mask.Redact, Masked.TextArray, value), Is.Null);

    [Test]
    public void Each_element_has_its_own_mask_and_its_quotes_where_it_needs_them()
    {
        Assert.That(Masked.Text(new Mask.KeepLast(2), Masked.TextArray, "{abcd,\"x y, z\",\"abc\\\"\\\\\"}"),
            Is.EqualTo("{****cd,\"**** z\",\"****\\\"\\\\\"}"));
        Assert.That(Masked.Text(new Mask.Constant("a \"b\""), Masked.TextArray, "{x}"), Is.EqualTo("{\"a \\\"b\\\"\"}"));
        Assert.That(Masked.Text(new Mask.Constant(""), Masked.TextArray, "{x}"), Is.EqualTo("{\"\"}"));
        Assert.That(Masked.Text(new Mask.Constant("null"), Masked.TextArray, "{x}"), Is.EqualTo("{\"null\"}"));
        Assert.That(Masked.Text(Mask.Redact, Masked.Int4Array, "{1,-2,NULL}"), Is.EqualTo("{0,0,NULL}"));
        Assert.That(Masked.Text(Mask.Hash, Masked.Int4Array, "{1,-2}"), Is.EqualTo("{NULL,NULL}"));
    }

    // dimensions, has NULL, element type, then length and lower bound of each dimension, then the elements
    [TestCase("00000000 00000000 00000017", "00000000 00000000 00000017")]
    [TestCase(
        "00000001 00000001 00000017 00000002 00000001 00000004 0000002a ffffffff",
        "00000001 00000001 00000017 00000002 00000001 00000004 00000000 ffffffff")]
    [TestCase(
        "00000002 00000000 00000017 00000001 00000001 00000002 00000000 00000004 00000001 00000004 00000002",
        "00000002 00000000 00000017 00000001 00000001 00000002 00000000 00000004 00000000 00000004 00000000")]
    public void A_binary_array_is_masked_element_by_element(string value, string masked) =>
        Assert.That(Masked.Binary(Mask.Redact, Masked.Int4Array, value.Replace(" ", "")), Is.EqualTo(masked.Replace(" ", "")));

    [Test]
    public void The_flag_for_NULLs_follows_the_mask() =>
        Assert.That(
            Masked.Binary(Mask.Hash, Masked.Int4Array, "00000001000000000000001700000001000000010000000400000007"),
            Is.EqualTo("000000010000000100000017" + "0000000100000001" + "ffffffff"));

    [TestCase("")]
    [TestCase("00000000 00000000 00000019")]
    [TestCase("00000007 00000000 00000017")]
    [TestCase("ffffffff 00000000 00000017")]
    [TestCase("00000001 00000000 00000017 00000002 00000001 00000004 0000002a")]
    [TestCase("00000001 00000000 00000017 00000001 00000001 00000004 0000002a 00")]
    [TestCase("00000001 00000000 00000017 00000001 00000001 00000005 0000002a")]
    [TestCase("00000001 00000000 00000017 00000001 00000001 fffffffe 0000002a")]
    [TestCase("00000001 00000000 00000017 ffffffff 00000001 00000004 0000002a")]
    [TestCase("00000002 00000000 00000017 7fffffff 00000001 7fffffff 00000001")]
    public void A_malformed_binary_array_becomes_NULL(string value) =>
        Assert.That(Masked.Binary(Mask.Redact, Masked.Int4Array, value.Replace(" ", "")), Is.Null);
}
