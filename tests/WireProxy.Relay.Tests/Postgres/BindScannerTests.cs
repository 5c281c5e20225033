using System.Buffers.Binary;
using WireProxy.Fuzz.Corpus;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Postgres;
using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Postgres;

public sealed class BindScannerTests
{
    private static IEnumerable<Vector> Binds => PostgresSpecification.AllVectors.Where(vector => vector.Message == "Bind");

    [TestCaseSource(nameof(Binds))]
    public void Split_at_any_byte_it_says_what_the_whole_message_says(Vector vector)
    {
        byte[] body = vector.Bytes[Frame.HeaderLength..];
        (byte[] Portal, byte[] Statement, short[] Formats)? expected = Decode(body);
        for (int split = 0; split <= body.Length; split++)
            Check(Scan(body, body[..split], body[split..]), expected, $"at byte {split}");
        Check(Scan(body, [.. body.Select(one => (byte[])[one])]), expected, "byte by byte");
    }

    [TestCaseSource(nameof(Binds))]
    public void With_any_one_byte_changed_it_agrees_with_the_whole_message_or_both_refuse(Vector vector)
    {
        byte[] body = vector.Bytes[Frame.HeaderLength..];
        for (int position = 0; position < body.Length; position++)
        {
            byte before = body[position];
            for (int change = 1; change < 256; change += 3)
            {
                body[position] = (byte)(before + change);
                Check(Scan(body, body[..(position / 2)], body[(position / 2)..]), Decode(body), $"byte {position} is {body[position]}");
            }
            body[position] = before;
        }
    }

    [TestCaseSource(nameof(Binds))]
    public void Cut_short_it_is_refused(Vector vector)
    {
        byte[] body = vector.Bytes[Frame.HeaderLength..];
        for (int length = 1; length < body.Length; length++)
            Check(Scan(body[..length], body[..length]), Decode(body[..length]), $"{length} bytes");
    }

    [Test]
    public void A_value_of_many_bytes_is_only_counted()
    {
        byte[] body = [0, 0, .. "\0\0\0\x1"u8, .. LengthOf(5_000_000), .. new byte[5_000_000], 0, 1, 0, 1];
        var scanner = new BindScanner(body.Length);
        foreach (byte[] piece in body.Chunk(65_536))
            scanner.Scan(piece);
        long allocated = Allocated.By(() =>
        {
            scanner = new BindScanner(body.Length);
            scanner.Scan(body);
        });
        Assert.That(allocated, Is.LessThan(10_000));
        Assert.That(scanner.ResultFormats, Is.EqualTo((short[])[1]));
    }

    [Test]
    public void A_name_without_an_end_is_not_held_for_ever()
    {
        var scanner = new BindScanner(int.MaxValue);
        Assert.That(
            () =>
            {
                for (int i = 0; i < 100; i++)
                    scanner.Scan("a name that goes on and on "u8.ToArray().Concat(new byte[1000].Select(_ => (byte)'x')).ToArray());
            }, Throws.TypeOf<ProtocolException>());
    }

    private static byte[] LengthOf(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static void Check(
        (byte[] Portal, byte[] Statement, short[] Formats)? scanned, (byte[] Portal, byte[] Statement, short[] Formats)? expected, string where)
    {
        Assert.That(scanned is null, Is.EqualTo(expected is null), where);
        if (scanned is not { } one || expected is not { } other)
            return;
        Assert.That(one.Portal, Is.EqualTo(other.Portal), where);
        Assert.That(one.Statement, Is.EqualTo(other.Statement), where);
        Assert.That(one.Formats, Is.EqualTo(other.Formats), where);
    }

    /// <summary>Null where it is refused.</summary>
    private static (byte[], byte[], short[])? Scan(byte[] body, params byte[][] pieces)
    {
        try
        {
            var scanner = new BindScanner(body.Length);
            foreach (byte[] piece in pieces)
                scanner.Scan(piece);
            return (scanner.Portal.ToArray(), scanner.Statement.ToArray(), [.. scanner.ResultFormats]);
        }
        catch (ProtocolException)
        {
            return null;
        }
    }

    private static (byte[], byte[], short[])? Decode(byte[] body)
    {
        try
        {
            BindMessage bind = BindMessage.Decode(body);
            short[] formats = new short[bind.ResultFormats.Count];
            for (int i = 0; i < formats.Length; i++)
                formats[i] = bind.ResultFormats[i];
            return (bind.Portal.ToArray(), bind.Statement.ToArray(), formats);
        }
        catch (ProtocolException)
        {
            return null;
        }
    }
}
