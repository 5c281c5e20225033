using FsCheck.Fluent;
using WireProxy.Fuzz.Tds.Requests;
using WireProxy.Protocols.Tds.Smp;
using WireProxy.Protocols.Wire;
using WireProxy.TestKit;

namespace WireProxy.Protocols.Tests.Tds.Smp;

/// <summary>What holds for every vector of protocol-specs/tds/vectors/smp, and for any packet.</summary>
public sealed class SmpTests
{
    private static IEnumerable<RequestVector> Refused => RequestSpecification.AllSmpVectors.Where(vector => vector.Decoded is null);

    private static IReadOnlyList<RequestVector> Vectors => RequestSpecification.SmpVectors;

    [TestCaseSource(nameof(Vectors))]
    public void Split_at_any_byte_it_decodes_to_what_the_vector_says(RequestVector vector)
    {
        for (int split = 0; split <= vector.Bytes.Length; split++)
        {
            var reader = new SmpReader();
            var packets = Read(reader, vector.Bytes[..split]);
            Assert.That(packets, split == vector.Bytes.Length ? Has.Count.EqualTo(1) : Is.Empty, $"before byte {split}");
            Assert.That(reader.IsInPacket, Is.EqualTo(split > 0 && split < vector.Bytes.Length));
            reader = new SmpReader();
            Assert.That(Read(reader, vector.Bytes[..split], vector.Bytes[split..]), Is.EqualTo(new[] { vector.Decoded }), $"at byte {split}");
        }
    }

    [TestCaseSource(nameof(Vectors))]
    public void It_is_written_again_to_the_same_bytes(RequestVector vector)
    {
        Assert.That(SmpHeader.TryRead(vector.Bytes, out var header));
        using var writer = new WireWriter();
        if (header.Flags == SmpFlags.Data)
            SmpHeader.EncodeData(writer, header.SessionId, header.SequenceNumber, header.Window, vector.Bytes.AsSpan(SmpHeader.Size));
        else
            header.Encode(writer);
        Assert.That(writer.WrittenSpan.ToArray(), Is.EqualTo(vector.Bytes));
    }

    [TestCaseSource(nameof(Vectors))]
    public void With_any_one_byte_changed_it_reads_the_same_at_once_and_in_pieces(RequestVector vector)
    {
        byte[] changed = [.. vector.Bytes];
        for (int position = 0; position < SmpHeader.Size; position++)
        {
            for (int change = 1; change <= byte.MaxValue; change++)
            {
                changed[position] = (byte)(vector.Bytes[position] + change);
                Assert.That(RequestOracle.CheckSmp(changed, 3), Is.Null);
            }
            changed[position] = vector.Bytes[position];
        }
    }

    [TestCaseSource(nameof(Refused))]
    public void What_breaks_the_protocol_is_refused(RequestVector vector) =>
        Assert.That(() => Read(new SmpReader(), vector.Bytes), Throws.TypeOf<ProtocolException>());

    [Test]
    public void Headers_are_read_as_they_were_written()
    {
        var headers =
            from flags in Gen.Elements(SmpFlags.Syn, SmpFlags.Ack, SmpFlags.Fin, SmpFlags.Data)
            from session in Gen.Choose(0, ushort.MaxValue)
            from length in Gen.Choose(0, int.MaxValue - SmpHeader.Size)
            from sequence in Gen.Choose(int.MinValue, int.MaxValue)
            from window in Gen.Choose(int.MinValue, int.MaxValue)
            select new SmpHeader(
                flags, (ushort)session, SmpHeader.Size + (flags == SmpFlags.Data ? length : 0), (uint)sequence, (uint)window);
        Prop.ForAll(headers.ToArbitrary(), header =>
        {
            using var writer = new WireWriter();
            header.Encode(writer);
            Assert.That(SmpHeader.TryRead(writer.WrittenSpan, out var read));
            Assert.That(read, Is.EqualTo(header));
        }).CheckSeeded();
    }

    [Test]
    public void Several_sessions_share_a_stream()
    {
        byte[] stream = [.. Vectors.SelectMany(vector => vector.Bytes)];
        for (int size = 1; size <= 40; size++)
            Assert.That(Read(new SmpReader(), [.. stream.Chunk(size)]), Is.EqualTo(Vectors.Select(vector => vector.Decoded)), $"{size}");
    }

    private static List<string> Read(SmpReader reader, params byte[][] pieces)
    {
        var packets = new List<string>();
        var payload = new List<byte>();
        foreach (byte[] bytes in pieces)
        {
            ReadOnlySpan<byte> piece = bytes;
            while (reader.TryRead(ref piece, out var part))
            {
                if (part.BeginsPacket)
                    payload.Clear();
                payload.AddRange(part.Payload);
                var packet = part.Packet;
                if (part.EndsPacket)
                    packets.Add($"flags={(int)packet.Flags} session={packet.SessionId} sequence={packet.SequenceNumber} "
                        + $"window={packet.Window} payload={RequestText.Bytes(payload.ToArray())}");
            }
        }
        return packets;
    }
}
