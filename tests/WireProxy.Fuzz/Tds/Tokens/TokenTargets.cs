using WireProxy.Fuzz.Fuzzing;
using WireProxy.Protocols.Tds.Tokens;

namespace WireProxy.Fuzz.Tds.Tokens;

/// <summary>The fuzz targets of TDS tokens. The first byte of an input chooses a format, the rest is the peer's.</summary>
public static class TokenTargets
{
    private const int MostTokens = 8;
    private const int LongestPiece = 48;

    private static readonly TokenFormat[] Formats = [.. TokenSpecification.Vectors.Select(vector => vector.Format).Distinct()];

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        Stream(),
        .. TokenSpecification.Vectors.Where(vector => !vector.IsRow).GroupBy(vector => vector.Token)
            .OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => OneToken(group.Key, [.. group])),
    ];

    /// <summary>Columns and the rows behind them, damaged anywhere.</summary>
    private static FuzzTarget Stream()
    {
        var streams = TokenSpecification.Streams.Where(stream => stream.Any(vector => vector.IsRow)).ToList();
        return new FuzzTarget(
            "tds-tokens",
            random =>
            {
                var stream = random.Pick(streams);
                int first = random.Below(stream.Count);
                byte[] bytes = [.. stream[first].Before.Concat(stream.Skip(first).Take(1 + random.Below(MostTokens)))
                    .SelectMany(vector => vector.Bytes)];
                byte[] other = random.Pick(random.Pick(streams)).Bytes;
                return [IndexOf(stream[first].Format), .. Mutator.Mutate(random, bytes, other)];
            },
            (_, input) => input.Length == 0 ? null
                : TokenOracle.CheckStream(FormatOf(input), input.AsSpan(1), 1 + (input.Length % LongestPiece)));
    }

    private static FuzzTarget OneToken(string token, TokenVector[] vectors) => new(
        $"tds-token-{token}",
        random =>
        {
            var vector = random.Pick(vectors);
            byte format = random.Below(8) == 0 ? random.NextByte() : IndexOf(vector.Format);
            return [format, .. Mutator.Mutate(random, vector.Bytes, random.Pick(vectors).Bytes)];
        },
        (_, input) =>
        {
            using var oracle = new TokenOracle();
            return input.Length == 0 ? null : oracle.CheckToken(new TokenReader(FormatOf(input)), input.AsSpan(1));
        });

    private static TokenFormat FormatOf(byte[] input) => Formats[input[0] % Formats.Length];

    private static byte IndexOf(TokenFormat format) => (byte)Array.IndexOf(Formats, format);
}
