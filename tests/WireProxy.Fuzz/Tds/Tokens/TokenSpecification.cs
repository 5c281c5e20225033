using System.Globalization;
using WireProxy.Fuzz.Corpus;
using WireProxy.Fuzz.Tds.Requests;
using WireProxy.Protocols.Tds.Tokens;

namespace WireProxy.Fuzz.Tds.Tokens;

/// <summary>The tokens of protocol-specs/tds, as they were copied beside the program.</summary>
public static class TokenSpecification
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "protocol-specs", "tds", "vectors", "tokens");

    /// <summary>Byte and name of every row of tokens.tsv.</summary>
    public static IReadOnlyList<(byte Type, string Name)> Tokens { get; } = [.. RequestSpecification.Table("tokens.tsv").Select(row =>
        (byte.Parse(row["token"].AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), row["name"]))];

    /// <summary>Every vector, those that are refused too.</summary>
    public static IReadOnlyList<TokenVector> AllVectors { get; } = [.. Read()];

    /// <summary>The vectors that decode.</summary>
    public static IReadOnlyList<TokenVector> Vectors { get; } = [.. AllVectors.Where(vector => vector.Decoded is not null)];

    /// <summary>The vectors that decode, each run of bytes once among the same columns.</summary>
    public static IReadOnlyList<TokenVector> DistinctVectors { get; } = [.. Vectors.DistinctBy(vector =>
        (vector.Format, Convert.ToHexString(vector.Bytes), vector.IsRow ? vector.Before[^1].Name : ""))];

    /// <summary>The streams of tokens that all decode.</summary>
    public static IReadOnlyList<IReadOnlyList<TokenVector>> Streams { get; } =
        [.. AllVectors.GroupBy(vector => vector.Session).Where(group => group.All(vector => vector.Decoded is not null))
            .Select(group => group.ToList())];

    private static IEnumerable<TokenVector> Read()
    {
        var before = new List<TokenVector>();
        string? session = null;
        foreach (var block in Directory.GetFiles(Folder, "*.txt").Order(StringComparer.Ordinal).SelectMany(VectorFile.ReadBlocks))
        {
            if (block.Session != session)
                before.Clear();
            session = block.Session ?? throw new InvalidDataException($"{block.Name} is in no session.");
            var vector = new TokenVector(
                block.Name, block.Fields["token"], FormatOf(block.Fields), block.Fields.GetValueOrDefault("decoded"), session,
                block.Bytes, [.. before]);
            yield return vector;
            if (vector.DescribesRows)
                before.Add(vector);
        }
    }

    private static TokenFormat FormatOf(IReadOnlyDictionary<string, string> fields)
    {
        string[] features = fields.GetValueOrDefault("features")?.Split(' ') ?? [];
        return new TokenFormat(
            RequestSpecification.Version(fields["version"]),
            features.Contains("encryption"),
            features.Contains("classification-2") ? (byte)2 : features.Contains("classification-1") ? (byte)1 : (byte)0,
            features.Contains("bulk"));
    }
}
