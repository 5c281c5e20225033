using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tests.Postgres;

public sealed class FrameTests
{
    [Test]
    public void A_header_cut_short_asks_for_more([Range(0, 4)] int length)
    {
        byte[] buffer = [(byte)'D', 0xFF, 0xFF, 0xFF, 0xFF];
        Assert.That(Frame.TryReadHeader(buffer.AsSpan(0, length), out _, out _), Is.False);
    }

    [TestCase(4u, 5)]
    [TestCase(5u, 6)]
    [TestCase(0x7FFFFFFEu, int.MaxValue)]
    public void The_frame_is_one_byte_longer_than_its_length_field_says(uint field, int expected)
    {
        Assert.That(Frame.TryReadHeader(Header(field), out byte type, out int length));
        Assert.That(type, Is.EqualTo((byte)'D'));
        Assert.That(length, Is.EqualTo(expected));
    }

    [TestCase(0u)]
    [TestCase(3u)]
    [TestCase(0x7FFFFFFFu)]
    [TestCase(0x80000000u)]
    [TestCase(0xFFFFFFFFu)]
    public void A_length_that_no_frame_has_is_refused(uint field) =>
        Assert.That(() => Frame.TryReadHeader(Header(field), out _, out _), Throws.TypeOf<ProtocolException>());

    [Test]
    public void A_frame_behind_others_gets_its_own_length()
    {
        using var writer = new WireWriter();
        new QueryMessage("select 1"u8).Encode(writer);
        int second = writer.Length;
        int start = Frame.Begin(writer, BackendMessageType.CopyData);
        writer.WriteBytes([1, 2, 3]);
        Frame.Finish(writer, start);
        Assert.That(start, Is.EqualTo(second));
        Assert.That(writer.WrittenSpan[second..].ToArray(), Is.EqualTo(new byte[] { (byte)'d', 0, 0, 0, 7, 1, 2, 3 }));
    }

    private static byte[] Header(uint field)
    {
        byte[] header = [(byte)'D', 0, 0, 0, 0];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(1), field);
        return header;
    }
}
