using WireProxy.Protocols.Tds;
using WireProxy.TestKit;

namespace WireProxy.Protocols.Tests.Tds.Packets;

public sealed class MessageReaderTests
{
    private static readonly byte[] TwoPackets = [1, 9, 0, 10, 0, 0, 1, 0, 0xA1, 0xA2, 1, 1, 0, 9, 0, 0, 2, 0, 0xA3];

    [Test]
    public void A_part_comes_as_soon_as_the_header_is_whole()
    {
        byte[] batch = [1, 0x08, 0, 10, 0, 0, 1, 0];
        var reader = new MessageReader();
        ReadOnlySpan<byte> input = batch;
        Assert.That(reader.TryRead(ref input, out var part));
        Assert.That(input.IsEmpty);
        Assert.That(part.BeginsMessage && part.BeginsPacket && part.Payload.IsEmpty);
        Assert.That(part.EndsPacket || part.EndsMessage, Is.False);
        Assert.That(reader.TryRead(ref input, out _), Is.False);
        Assert.That(reader.IsInMessage);
    }

    [Test]
    public void Payload_comes_as_it_arrives_and_the_first_status_stays()
    {
        var reader = new MessageReader();
        byte[] bytes = [.. TwoPackets];
        bytes[1] = (byte)PacketStatus.ResetConnection;
        ReadOnlySpan<byte> input = bytes.AsSpan(0, 9);
        Assert.That(reader.TryRead(ref input, out var part));
        Assert.That(part.Payload.ToArray(), Is.EqualTo(new byte[] { 0xA1 }));
        Assert.That(part.EndsPacket, Is.False);
        input = bytes.AsSpan(9);
        Assert.That(reader.TryRead(ref input, out part));
        Assert.That(part.Payload.ToArray(), Is.EqualTo(new byte[] { 0xA2 }));
        Assert.That(part.EndsPacket && !part.EndsMessage && !part.BeginsPacket && !part.BeginsMessage);
        Assert.That(reader.TryRead(ref input, out part));
        Assert.That(part.Payload.ToArray(), Is.EqualTo(new byte[] { 0xA3 }));
        Assert.That(part.BeginsPacket && part.EndsMessage && !part.BeginsMessage && !part.IsGivenUp);
        Assert.That(part.FirstStatus, Is.EqualTo(PacketStatus.ResetConnection));
        Assert.That(part.Packet.PacketId, Is.EqualTo(2));
        Assert.That(reader.TryRead(ref input, out _), Is.False);
        Assert.That(reader.IsInMessage, Is.False);
    }

    [Test]
    public void A_status_of_nine_ends_the_message_that_it_begins()
    {
        var reader = new MessageReader();
        ReadOnlySpan<byte> input = TwoPackets;
        Assert.That(reader.TryRead(ref input, out var part));
        Assert.That(part.EndsMessage);
        Assert.That(reader.TryRead(ref input, out part));
        Assert.That(part.BeginsMessage && part.EndsMessage);
        Assert.That(part.FirstStatus, Is.EqualTo(PacketStatus.EndOfMessage));
    }

    [Test]
    public void A_message_that_is_given_up_says_so_at_its_end()
    {
        var reader = new MessageReader();
        ReadOnlySpan<byte> input = [7, 0, 0, 9, 0, 0, 1, 0, 0xA1, 7, 3, 0, 8, 0, 0, 2, 0];
        Assert.That(reader.TryRead(ref input, out var part));
        Assert.That(part.IsGivenUp, Is.False);
        Assert.That(reader.TryRead(ref input, out part));
        Assert.That(part.IsGivenUp);
        Assert.That(reader.IsInMessage, Is.False);
    }

    [Test]
    public void Walking_parts_costs_no_allocation()
    {
        var reader = new MessageReader();
        byte[] stream = [.. TwoPackets, .. TwoPackets, .. TwoPackets];
        int Walk()
        {
            int parts = 0;
            foreach (byte value in stream)
            {
                var piece = new ReadOnlySpan<byte>(in value);
                while (reader.TryRead(ref piece, out var part))
                    parts += part.EndsPacket ? 1 : 0;
            }
            return parts;
        }
        Assert.That(Walk(), Is.EqualTo(6));
        Assert.That(Allocated.By(() => Walk()), Is.Zero);
    }
}
