using System.Buffers.Binary;
using WireProxy.Fuzz.Access;
using WireProxy.Fuzz.Codecs;
using WireProxy.Fuzz.Corpus;
using WireProxy.Fuzz.Tds.Requests;
using WireProxy.Fuzz.Tds.Tokens;
using WireProxy.Fuzz.Tds.Types;

namespace WireProxy.Fuzz.Fuzzing;

/// <summary>Something that takes bytes from a peer.</summary>
/// <param name="Name">As <c>--target</c> takes it.</param>
/// <param name="Make">Makes an input out of the corpus; the same for the same random source.</param>
/// <param name="Check">Says what is wrong, or null; an exception is wrong too.</param>
public sealed record FuzzTarget(string Name, Func<RandomSource, byte[]> Make, Func<Oracle, byte[], string?> Check)
{
    private const int MostFrames = 6;

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        Stream("frontend-stream", Sender.Frontend),
        Stream("backend-stream", Sender.Backend),
        Startup(),
        .. MessageCodec.All.Select(Body),
        .. RequestTargets.All,
        .. TokenTargets.All,
        ValueTargets.Values,
        .. AccessTargets.All,
    ];

    public override string ToString() => Name;

    private static FuzzTarget Stream(string name, Sender sender)
    {
        byte[][] frames = Seeds(vector => vector.Sender == sender && PostgresSpecification.RowOf(vector).Type is not null);
        return new FuzzTarget(
            name,
            random =>
            {
                byte[] stream = [.. Enumerable.Range(0, 1 + random.Below(MostFrames)).SelectMany(_ => random.Pick(frames))];
                return Mutator.Mutate(random, stream, random.Pick(frames));
            },
            (oracle, input) => oracle.CheckFrames(sender, input).Problem);
    }

    private static FuzzTarget Startup()
    {
        byte[][] packets = Seeds(vector => PostgresSpecification.RowOf(vector).Type is null);
        return new FuzzTarget(
            "startup",
            random =>
            {
                byte[] packet = Mutator.Mutate(random, random.Pick(packets), random.Pick(packets));
                // Mostly with a true length: else little of what lies behind it is reached.
                if (packet.Length >= sizeof(int) && random.Below(4) != 0)
                    BinaryPrimitives.WriteInt32BigEndian(packet, packet.Length);
                return packet;
            },
            (oracle, input) => oracle.CheckStartup(input));
    }

    private static FuzzTarget Body(MessageCodec codec)
    {
        byte[][] frames = Seeds(vector =>
            PostgresSpecification.RowOf(vector).Type is not null && MessageCodec.Of(vector) == codec);
        return new FuzzTarget(
            $"{(codec.Sender == Sender.Frontend ? "F" : "B")}.{codec.Name}",
            random => Mutator.Mutate(random, BodyOf(random.Pick(frames)), BodyOf(random.Pick(frames))),
            (oracle, input) => oracle.CheckBody(codec, input));
    }

    private static byte[][] Seeds(Func<Vector, bool> wanted) =>
        [.. PostgresSpecification.DistinctVectors.Where(wanted).Select(vector => vector.Bytes)];

    private static byte[] BodyOf(byte[] frame) => frame[Protocols.Postgres.Frame.HeaderLength..];
}
