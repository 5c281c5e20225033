using FsCheck.Fluent;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Wire;
using WireProxy.TestKit;

namespace WireProxy.Protocols.Tests.Tds.Packets;

public sealed class MessageWriterTests
{
    private static byte[] Payload(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i * 31))];

    private static List<(PacketHeader Header, byte[] Payload)> Packets(ReadOnlySpan<byte> bytes)
    {
        var packets = new List<(PacketHeader, byte[])>();
        while (PacketHeader.TryRead(bytes, out var header))
        {
            packets.Add((header, bytes[PacketHeader.Size..header.Length].ToArray()));
            bytes = bytes[header.Length..];
        }
        Assert.That(bytes.IsEmpty);
        return packets;
    }

    [Test]
    public void All_packets_but_the_last_are_as_long_as_the_packet_size()
    {
        using var output = new WireWriter();
        using var writer = new MessageWriter { PacketSize = 512, Spid = 77 };
        writer.WriteMessage(output, PacketType.Rpc, Payload(1200), PacketStatus.ResetConnection | PacketStatus.EndOfMessage);
        var packets = Packets(output.WrittenSpan);
        Assert.That(packets.Select(packet => packet.Header), Is.EqualTo(new[]
        {
            new PacketHeader(PacketType.Rpc, PacketStatus.ResetConnection, 512, 77, 1),
            new PacketHeader(PacketType.Rpc, PacketStatus.Normal, 512, 77, 2),
            new PacketHeader(PacketType.Rpc, PacketStatus.EndOfMessage, 1200 - 2 * 504 + 8, 77, 3),
        }));
        Assert.That(packets.SelectMany(packet => packet.Payload), Is.EqualTo(Payload(1200)));
    }

    [TestCase(0, 1), TestCase(1, 1), TestCase(504, 1), TestCase(505, 2), TestCase(1008, 2), TestCase(1009, 3)]
    public void A_payload_that_fills_its_packets_has_no_empty_packet_behind_them(int length, int packets)
    {
        using var output = new WireWriter();
        using var writer = new MessageWriter { PacketSize = 512 };
        writer.WriteMessage(output, PacketType.SqlBatch, Payload(length));
        Assert.That(Packets(output.WrittenSpan), Has.Count.EqualTo(packets));
        Assert.That(Packets(output.WrittenSpan)[^1].Header.EndsMessage);
    }

    [Test]
    public void Numbers_of_packets_go_round()
    {
        using var output = new WireWriter();
        using var writer = new MessageWriter { PacketSize = 512 };
        writer.WriteMessage(output, PacketType.BulkLoad, Payload(504 * 300));
        var ids = Packets(output.WrittenSpan).Select(packet => (int)packet.Header.PacketId);
        Assert.That(ids, Is.EqualTo(Enumerable.Range(1, 300).Select(i => i % 256)));
        output.Clear();
        writer.WriteMessage(output, PacketType.BulkLoad, []);
        Assert.That(Packets(output.WrittenSpan).Single().Header.PacketId, Is.EqualTo(1));
    }

    [Test]
    public void A_flush_sends_what_waits_and_the_message_goes_on()
    {
        using var output = new WireWriter();
        using var writer = new MessageWriter();
        writer.Begin(PacketType.TabularResult);
        writer.Flush(output);
        Assert.That(output.Length, Is.Zero);
        writer.Write(output, Payload(3));
        writer.Flush(output);
        writer.Write(output, Payload(2));
        writer.End(output);
        Assert.That(Packets(output.WrittenSpan).Select(packet => (packet.Header.Status, packet.Header.Length)), Is.EqualTo(new[]
        {
            (PacketStatus.Normal, 11), (PacketStatus.EndOfMessage, 10),
        }));
    }

    [Test]
    public void A_message_that_is_given_up_ends_with_both_bits()
    {
        using var output = new WireWriter();
        using var writer = new MessageWriter();
        writer.Begin(PacketType.BulkLoad);
        writer.Write(output, Payload(5000));
        writer.GiveUp(output);
        Assert.That(Packets(output.WrittenSpan)[^1].Header.Status, Is.EqualTo(PacketStatus.EndOfMessage | PacketStatus.Ignore));
    }

    [Test]
    public void A_new_packet_size_counts_from_the_next_message()
    {
        using var output = new WireWriter();
        using var writer = new MessageWriter { PacketSize = 512 };
        writer.Begin(PacketType.TabularResult);
        writer.PacketSize = 8000;
        writer.Write(output, Payload(600));
        writer.End(output);
        Assert.That(Packets(output.WrittenSpan), Has.Count.EqualTo(2));
        output.Clear();
        writer.WriteMessage(output, PacketType.TabularResult, Payload(600));
        Assert.That(Packets(output.WrittenSpan), Has.Count.EqualTo(1));
    }

    [TestCase(511), TestCase(32768), TestCase(0), TestCase(-1)]
    public void A_packet_size_that_cannot_be_agreed_on_is_refused(int size) => Assert.That(
        () => new MessageWriter { PacketSize = size }, Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void Messages_begin_and_end_in_turn()
    {
        using var output = new WireWriter();
        using var writer = new MessageWriter();
        Assert.That(() => writer.Write(output, Payload(1)), Throws.InvalidOperationException);
        Assert.That(() => writer.End(output), Throws.InvalidOperationException);
        writer.Begin(PacketType.Rpc);
        Assert.That(writer.IsInMessage);
        Assert.That(() => writer.Begin(PacketType.Rpc), Throws.InvalidOperationException);
        writer.End(output);
        Assert.That(writer.IsInMessage, Is.False);
    }

    [Test]
    public void What_is_written_in_pieces_is_read_in_pieces()
    {
        var messages =
            from size in Gen.Choose(512, 2000)
            from pieces in Gen.Choose(0, 1500).ListOf()
            from read in Gen.Choose(1, 600)
            select (size, pieces, read);
        Prop.ForAll(messages.ToArbitrary(), message =>
        {
            using var output = new WireWriter();
            using var writer = new MessageWriter { PacketSize = message.size };
            byte[] payload = Payload(message.pieces.Sum());
            writer.Begin(PacketType.BulkLoad, PacketStatus.EventNotification);
            int at = 0;
            foreach (int piece in message.pieces)
            {
                writer.Write(output, payload.AsSpan(at, piece));
                at += piece;
            }
            writer.End(output);
            Assert.That(ReadBack(output.WrittenSpan.ToArray(), message.read), Is.EqualTo(payload));
            Assert.That(Packets(output.WrittenSpan).SkipLast(1), Is.All.Matches<(PacketHeader Header, byte[])>(
                packet => packet.Header.Length == message.size));
        }).CheckSeeded();
    }

    [Test]
    public void Writing_packets_allocates_nothing_once_the_pool_has_a_buffer()
    {
        using var output = new WireWriter();
        using var writer = new MessageWriter { PacketSize = 512 };
        byte[] payload = Payload(2000);
        void Write()
        {
            output.Clear();
            writer.WriteMessage(output, PacketType.SqlBatch, payload);
            writer.Begin(PacketType.BulkLoad);
            foreach (byte value in payload)
                writer.Write(output, new ReadOnlySpan<byte>(in value));
            writer.End(output);
        }
        Write();
        Assert.That(Allocated.By(Write), Is.Zero);
    }

    private static List<byte> ReadBack(byte[] bytes, int pieceLength)
    {
        var reader = new MessageReader();
        var payload = new List<byte>();
        int ends = 0;
        foreach (byte[] chunk in bytes.Chunk(pieceLength))
        {
            ReadOnlySpan<byte> piece = chunk;
            while (reader.TryRead(ref piece, out var part))
            {
                payload.AddRange(part.Payload);
                ends += part.EndsMessage ? 1 : 0;
            }
        }
        Assert.That(ends, Is.EqualTo(1));
        return payload;
    }
}
