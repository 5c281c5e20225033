using WireProxy.Fuzz.Fuzzing;
using WireProxy.Protocols.Tds;

namespace WireProxy.Fuzz.Tds.Requests;

/// <summary>The fuzz targets of TDS packets, requests and SMP.</summary>
public static class RequestTargets
{
    private const int MostMessages = 4;
    private const int LongestPiece = 64;

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        Stream("tds-packets", RequestSpecification.Vectors, RequestOracle.CheckPackets),
        Stream("tds-smp", RequestSpecification.SmpVectors, RequestOracle.CheckSmp),
        Stream("tds-smp-session", RequestSpecification.SmpVectors, RequestOracle.CheckSmpSession),
        .. RequestSpecification.Vectors.Where(vector => !vector.Decoded!.EndsWith("given_up=true", StringComparison.Ordinal))
            .GroupBy(vector => (vector.Message, vector.Version)).OrderBy(group => group.Key.ToString(), StringComparer.Ordinal)
            .Select(group => Payload(group.Key.Message, group.Key.Version, [.. group])),
    ];

    private delegate string? CheckStream(ReadOnlySpan<byte> stream, int pieceLength);

    private static FuzzTarget Stream(string name, IReadOnlyList<RequestVector> vectors, CheckStream check)
    {
        byte[][] messages = [.. vectors.Select(vector => vector.Bytes)];
        return new FuzzTarget(
            name,
            random =>
            {
                byte[] stream = [.. Enumerable.Range(0, 1 + random.Below(MostMessages)).SelectMany(_ => random.Pick(messages))];
                return Mutator.Mutate(random, stream, random.Pick(messages));
            },
            (_, input) => check(input, 1 + input.Length % LongestPiece));
    }

    private static FuzzTarget Payload(string message, TdsVersion version, RequestVector[] vectors)
    {
        var codec = RequestCodec.All.First(codec => codec.Message == message);
        byte[][] payloads = [.. vectors.Select(PayloadOf)];
        return new FuzzTarget(
            $"tds-{message}-{version}",
            random => Mutator.Mutate(random, random.Pick(payloads), random.Pick(payloads)),
            (_, input) =>
            {
                using var oracle = new RequestOracle();
                return oracle.CheckPayload(codec, version, input);
            });
    }

    /// <summary>The payload of all packets of a vector.</summary>
    public static byte[] PayloadOf(RequestVector vector)
    {
        var collector = new RequestCollector(vector.Version);
        collector.Take(vector.Bytes);
        return collector.Payloads.Single();
    }
}
