using WireProxy.Cli.Replay.Postgres;
using WireProxy.Protocols.Postgres;

namespace WireProxy.Cli.Tests;

/// <summary>Binary values as PostgreSQL 15 sends them; the bytes are what its own *_send functions gave.</summary>
internal sealed class ValueTextTests
{
    [TestCase(16u, "01", "t")]
    [TestCase(21u, "8000", "-32768")]
    [TestCase(23u, "7fffffff", "2147483647")]
    [TestCase(26u, "ffffffff", "4294967295")]
    [TestCase(20u, "8000000000000000", "-9223372036854775808")]
    [TestCase(700u, "3fc00000", "1.5")]
    [TestCase(701u, "bff8000000000000", "-1.5")]
    [TestCase(25u, "c3a9e282ac", "é€")]
    [TestCase(3802u, "017b2261223a20317d", "{\"a\": 1}")]
    [TestCase(2950u, "a0eebc999c0b4ef8bb6d6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")]
    [TestCase(1082u, "ffffc182", "1956-03-14")]
    [TestCase(1082u, "7fffffff", "infinity")]
    [TestCase(1083u, "0000000aba9ca120", "12:48:00.5")]
    [TestCase(1114u, "0002eaa00c1fd120", "2026-01-05 10:11:12.5")]
    [TestCase(1184u, "fffc96188bae6100", "1969-07-20 20:17:40+00")]
    [TestCase(1184u, "8000000000000000", "-infinity")]
    [TestCase(1700u, "0003000100000002000109291a2c", "12345.67")]
    [TestCase(1700u, "0001fffe40000008000c", "-0.00000012")]
    [TestCase(1700u, "0001fffd0000000903e8", "0.000000001")]
    [TestCase(1700u, "000400020000000604d2162e23340001", "123456789012.000100")]
    [TestCase(1700u, "00010001000000000001", "10000")]
    [TestCase(1700u, "0000000000000002", "0.00")]
    [TestCase(1700u, "00000000c0000000", "NaN")]
    [TestCase(17u, "00ff", "\\x00ff")]
    [TestCase(1007u, "00000001000000000000001700000003000000010000000400000001000000040000000200000004ffffffff", "{1,2,-1}")]
    [TestCase(1007u, "00000002000000010000001700000002000000010000000200000001000000040000000100000004000000020000000400000003ffffffff", "{{1,2},{3,NULL}}")]
    [TestCase(1009u, "000000010000000100000019000000030000000100000003612c62ffffffff00000000", "{\"a,b\",NULL,\"\"}")]
    [TestCase(1007u, "000000000000000000000017", "{}")]
    [TestCase(1182u, "00000001000000000000043a000000010000000100000004ffffc182", "{1956-03-14}")]
    [TestCase(1231u, "0000000100000000000006a400000001000000010000000c000200000000000200011388", "{1.50}")]
    [TestCase(600u, "3ff00000000000004000000000000000", "\\x3ff00000000000004000000000000000")]
    [TestCase(23u, "0001", "\\x0001")]
    [TestCase(1007u, "00000001", "\\x00000001")]
    public void A_binary_value_reads_as_psql_shows_it(uint type, string hexadecimal, string expected)
    {
        var bytes = Convert.FromHexString(hexadecimal);
        Assert.That(ValueText.Of(Value(bytes), type, 1), Is.EqualTo(expected));
    }

    [Test]
    public void A_value_in_text_format_is_as_it_came() => Assert.That(ValueText.Of(Value("12"u8.ToArray()), 23, 0), Is.EqualTo("12"));

    private static FieldValue Value(byte[] bytes)
    {
        var frame = Answer.Row(bytes);
        foreach (var value in DataRow.Decode(frame.AsSpan(Frame.HeaderLength)))
            return value;
        throw new InvalidOperationException();
    }
}
