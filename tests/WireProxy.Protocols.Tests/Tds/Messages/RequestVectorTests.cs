using WireProxy.Fuzz.Tds.Requests;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tests.Tds.Messages;

/// <summary>What holds for every vector of protocol-specs/tds/vectors/requests.</summary>
public sealed class RequestVectorTests
{
    /// <summary>Up to here every byte is changed to every other value; longer vectors are sampled.</summary>
    private const int ModestLength = 64;
    private const int SampledPositions = 48;
    private const int SampledChanges = 23;

    private static readonly int[] PacketSizes = [512, 513, 600, 1024, 4096, 8000, 32767];

    private static readonly string[] OpenEnded = ["PRELOGIN", "SSPI", "BulkLoad", "PreTDS7Login", "RPC"];

    private static IEnumerable<RequestVector> Distinct => RequestSpecification.Vectors
        .DistinctBy(vector => (vector.Message, vector.Version, Convert.ToHexString(vector.Bytes)));

    private static IEnumerable<RequestVector> Refused => RequestSpecification.AllVectors.Where(vector => vector.Decoded is null);

    private static IEnumerable<RequestVector> Kept => Distinct.Where(vector => !IsGivenUp(vector));

    private static IEnumerable<RequestVector> Closed => Kept.Where(vector => !OpenEnded.Contains(vector.Message));

    private static IEnumerable<IGrouping<(string?, TdsVersion), RequestVector>> Sessions => RequestSpecification.Vectors
        .Where(vector => vector.Session is not null).GroupBy(vector => (vector.Session, vector.Version));

    [TestCaseSource(nameof(Distinct))]
    public void It_decodes_to_what_the_vector_says(RequestVector vector)
    {
        var collector = new RequestCollector(vector.Version);
        collector.Take(vector.Bytes);
        Assert.That(collector.Messages, Is.EqualTo(new[] { vector.Decoded }));
        Assert.That(collector.IsInMessage, Is.False);
    }

    [TestCaseSource(nameof(Kept))]
    public void Its_packets_are_of_the_type_that_the_vector_names(RequestVector vector)
    {
        var codec = RequestCodec.Of((PacketType)vector.Bytes[0]);
        Assert.That(codec.Message, Is.EqualTo(vector.Message));
        Assert.That(codec.Packet == PacketType.TabularResult, Is.EqualTo(vector.FromServer));
    }

    [TestCaseSource(nameof(Kept))]
    public void It_is_written_again_with_the_same_meaning(RequestVector vector)
    {
        using var oracle = new RequestOracle();
        Assert.That(oracle.CheckPayload(RequestCodec.Of((PacketType)vector.Bytes[0]), vector.Version, Payload(vector)), Is.Null);
    }

    [TestCaseSource(nameof(Distinct))]
    public void Split_at_any_byte_it_asks_for_more_and_then_decodes_the_same(RequestVector vector)
    {
        for (int split = 0; split < vector.Bytes.Length; split++)
        {
            var collector = new RequestCollector(vector.Version);
            collector.Take(vector.Bytes.AsSpan(0, split));
            Assert.That(collector.Messages, Is.Empty, $"before byte {split}");
            Assert.That(collector.IsInMessage, Is.EqualTo(split > 0), $"before byte {split}");
            collector.Take(vector.Bytes.AsSpan(split));
            Assert.That(collector.Messages, Is.EqualTo(new[] { vector.Decoded }), $"at byte {split}");
        }
    }

    [TestCaseSource(nameof(Kept))]
    public void In_packets_of_any_size_it_decodes_the_same(RequestVector vector)
    {
        byte[] payload = Payload(vector);
        foreach (int size in PacketSizes)
        {
            using var output = new WireWriter();
            using var writer = new MessageWriter { PacketSize = size };
            writer.WriteMessage(output, (PacketType)vector.Bytes[0], payload, (PacketStatus)vector.Bytes[1]);
            var collector = new RequestCollector(vector.Version);
            collector.Take(output.WrittenSpan);
            Assert.That(collector.Messages.Single().Split(' ', 2).Skip(1), Is.EqualTo(vector.Decoded!.Split(' ', 2).Skip(1)), $"{size}");
            Assert.That(collector.Payloads.Single(), Is.EqualTo(payload), $"{size}");
        }
    }

    [TestCaseSource(nameof(Sessions))]
    public void A_recorded_stream_gives_the_same_messages_in_pieces_of_any_size(
        IGrouping<(string?, TdsVersion), RequestVector> session)
    {
        byte[] stream = [.. session.SelectMany(vector => vector.Bytes)];
        for (int size = 1; size <= 40; size++)
        {
            var collector = new RequestCollector(session.Key.Item2);
            foreach (byte[] piece in stream.Chunk(size))
                collector.Take(piece);
            Assert.That(collector.Messages, Is.EqualTo(session.Select(vector => vector.Decoded)), $"size {size}");
        }
    }

    [TestCaseSource(nameof(Kept))]
    public void With_any_one_byte_of_payload_changed_it_decodes_or_is_refused_and_nothing_else(RequestVector vector)
    {
        using var oracle = new RequestOracle();
        var codec = RequestCodec.Of((PacketType)vector.Bytes[0]);
        byte[] payload = Payload(vector);
        Change(payload, changed => oracle.CheckPayload(codec, vector.Version, changed));
    }

    [TestCaseSource(nameof(Distinct))]
    public void With_any_one_byte_of_its_packets_changed_it_reads_the_same_at_once_and_in_pieces(RequestVector vector)
    {
        byte[] header = vector.Bytes[..PacketHeader.Size];
        Change(header, changed => RequestOracle.CheckPackets([.. changed, .. vector.Bytes.AsSpan(PacketHeader.Size)], 5));
    }

    [TestCaseSource(nameof(Kept))]
    public void Cut_short_it_decodes_or_is_refused_and_nothing_else(RequestVector vector)
    {
        using var oracle = new RequestOracle();
        var codec = RequestCodec.Of((PacketType)vector.Bytes[0]);
        byte[] payload = Payload(vector);
        for (int length = 0; length < payload.Length; length++)
            Assert.That(oracle.CheckPayload(codec, vector.Version, payload.AsSpan(0, length)), Is.Null, $"{length} bytes");
    }

    [TestCaseSource(nameof(Closed))]
    public void A_byte_after_the_last_field_is_refused(RequestVector vector)
    {
        using var output = new WireWriter();
        byte[] longer = [.. Payload(vector), 0];
        Assert.That(
            () => RequestCodec.Of((PacketType)vector.Bytes[0]).Recode(longer, vector.Version, output),
            Throws.TypeOf<ProtocolException>());
    }

    [TestCaseSource(nameof(Refused))]
    public void What_breaks_the_protocol_is_refused(RequestVector vector) =>
        Assert.That(() => new RequestCollector(vector.Version).Take(vector.Bytes), Throws.TypeOf<ProtocolException>());

    private static bool IsGivenUp(RequestVector vector) => vector.Decoded!.EndsWith("given_up=true", StringComparison.Ordinal);

    private static byte[] Payload(RequestVector vector) => RequestTargets.PayloadOf(vector);

    private static void Change(byte[] bytes, Func<byte[], string?> check)
    {
        bool modest = bytes.Length <= ModestLength;
        int step = modest ? 1 : Math.Max(1, bytes.Length / SampledPositions);
        for (int position = 0; position < bytes.Length; position += step)
        {
            byte original = bytes[position];
            for (int change = 1; change <= byte.MaxValue; change += modest ? 1 : SampledChanges)
            {
                bytes[position] = (byte)(original + change);
                if (check(bytes) is { } problem)
                    Assert.Fail($"{problem}: {Convert.ToHexString(bytes)}");
            }
            bytes[position] = original;
        }
    }
}
