using System.Buffers.Binary;
using WireProxy.Fuzz.Codecs;
using WireProxy.Fuzz.Corpus;
using WireProxy.Fuzz.Fuzzing;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tests.Postgres;

/// <summary>What holds for every vector of protocol-specs/postgres.</summary>
public sealed class VectorTests
{
    /// <summary>Up to here every byte is changed to every other value; longer vectors are sampled.</summary>
    private const int ModestLength = 96;
    private const int SampledPositions = 64;

    private static IEnumerable<Vector> Distinct => PostgresSpecification.DistinctVectors;

    private static IEnumerable<Vector> Refused => PostgresSpecification.AllVectors.Where(vector => vector.Decoded is null);

    /// <summary>Without those that end with bytes of any number; to the longest key, though, nothing can be added.</summary>
    private static IEnumerable<Vector> Closed => Distinct.Where(vector =>
        PostgresSpecification.RowOf(vector).Body is var body && !body.EndsWith(":rest", StringComparison.Ordinal)
        && (!body.EndsWith(":key", StringComparison.Ordinal) || vector.Name.EndsWith("longest-key", StringComparison.Ordinal)));

    private static IEnumerable<IGrouping<(string?, Sender), Vector>> Sessions => PostgresSpecification.Vectors
        .Where(vector => vector.Session is not null && PostgresSpecification.RowOf(vector).Type is not null)
        .GroupBy(vector => (vector.Session, vector.Sender));

    private static bool IsUntyped(Vector vector) => PostgresSpecification.RowOf(vector).Type is null;

    [TestCaseSource(nameof(Distinct))]
    public void It_decodes_to_what_the_vector_says(Vector vector)
    {
        var collector = FrameCollector.For(vector);
        collector.Take(vector.Bytes);
        Assert.That(collector.Messages, Is.EqualTo(new[] { vector.Decoded }));
        Assert.That(collector.Pending, Is.Zero);
    }

    [TestCaseSource(nameof(Distinct))]
    public void It_is_written_again_to_the_same_bytes(Vector vector)
    {
        using var writer = new WireWriter();
        if (IsUntyped(vector))
            StartupPacket.Decode(vector.Bytes).Encode(writer);
        else
            MessageCodec.Of(vector).Recode(vector.Bytes.AsSpan(Frame.HeaderLength), writer);
        Assert.That(writer.WrittenSpan.ToArray(), Is.EqualTo(vector.Bytes));
    }

    [TestCaseSource(nameof(Distinct))]
    public void Split_at_any_byte_it_asks_for_more_and_then_decodes_the_same(Vector vector)
    {
        for (int split = 0; split < vector.Bytes.Length; split++)
        {
            var collector = FrameCollector.For(vector);
            collector.Take(vector.Bytes.AsSpan(0, split));
            Assert.That(collector.Messages, Is.Empty, $"before byte {split}");
            collector.Take(vector.Bytes.AsSpan(split));
            Assert.That(collector.Messages, Is.EqualTo(new[] { vector.Decoded }), $"at byte {split}");
        }
    }

    [TestCaseSource(nameof(Sessions))]
    public void A_recorded_stream_gives_the_same_messages_in_pieces_of_any_size(IGrouping<(string?, Sender), Vector> session)
    {
        byte[] stream = [.. session.SelectMany(vector => vector.Bytes)];
        string[] expected = [.. session.Select(vector => Convert.ToHexString(vector.Bytes))];
        for (int size = 1; size <= 32; size++)
        {
            var collector = new FrameCollector(false, Convert.ToHexString);
            foreach (byte[] piece in stream.Chunk(size))
                collector.Take(piece);
            Assert.That(collector.Messages, Is.EqualTo(expected), $"size {size}");
        }
    }

    [TestCaseSource(nameof(Distinct))]
    public void With_any_one_byte_changed_it_decodes_or_is_refused_and_nothing_else(Vector vector)
    {
        using var oracle = new Oracle();
        int step = vector.Bytes.Length <= ModestLength ? 1 : Math.Max(1, vector.Bytes.Length / SampledPositions);
        byte[] changed = [.. vector.Bytes];
        for (int position = 0; position < changed.Length; position += step)
        {
            for (int change = 1; change <= byte.MaxValue; change++)
            {
                changed[position] = (byte)(vector.Bytes[position] + change);
                if (Check(oracle, vector, changed) is { } problem)
                    Assert.Fail($"{problem}: {Convert.ToHexString(changed)}");
            }
            changed[position] = vector.Bytes[position];
        }
    }

    [TestCaseSource(nameof(Distinct))]
    public void Cut_short_inside_its_frame_it_decodes_or_is_refused_and_nothing_else(Vector vector)
    {
        using var oracle = new Oracle();
        int start = IsUntyped(vector) ? StartupPacket.MinimumLength : Frame.HeaderLength;
        for (int length = start; length < vector.Bytes.Length; length++)
            Assert.That(Check(oracle, vector, WithLength(vector, vector.Bytes[..length])), Is.Null, $"{length} bytes");
    }

    [TestCaseSource(nameof(Closed))]
    public void A_byte_after_the_last_field_is_refused(Vector vector) =>
        Assert.That(() => Decode(vector, WithLength(vector, [.. vector.Bytes, 0])), Throws.TypeOf<ProtocolException>());

    [TestCaseSource(nameof(Refused))]
    public void What_breaks_the_protocol_is_refused(Vector vector) =>
        Assert.That(() => Decode(vector, vector.Bytes), Throws.TypeOf<ProtocolException>());

    [TestCaseSource(nameof(Refused))]
    public void The_table_refuses_it_too(Vector vector) =>
        Assert.That(() => LayoutInterpreter.Decode(PostgresSpecification.RowOf(vector), vector.Bytes), Throws.Exception);

    private static string Decode(Vector vector, byte[] bytes)
    {
        var collector = FrameCollector.For(vector);
        collector.Take(bytes);
        return collector.Messages.Single();
    }

    private static string? Check(Oracle oracle, Vector vector, byte[] bytes) =>
        IsUntyped(vector) ? oracle.CheckStartup(bytes) : oracle.CheckFrames(vector.Sender, bytes).Problem;

    /// <summary>Makes the length field true for bytes whose number was changed.</summary>
    private static byte[] WithLength(Vector vector, byte[] bytes)
    {
        int at = IsUntyped(vector) ? 0 : 1;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at), bytes.Length - at);
        return bytes;
    }
}
