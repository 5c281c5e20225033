using System.Security.Cryptography;
using System.Text.Json;

namespace WireProxy.Capture.Tests;

/// <summary>A journal of protocol-specs/capture/vectors.json.</summary>
/// <param name="PublicKey">PEM; null for an unsigned one.</param>
/// <param name="Segments">By file name: preamble, records and torn tail in hex, one line each.</param>
public sealed record Vector(
    string Name, string? PublicKey, Dictionary<string, string[]> Segments, IReadOnlyList<VectorRecord> Records)
{
    public IEnumerable<(string Name, byte[] Bytes)> Files() =>
        Segments.Select(s => (s.Key, Convert.FromHexString(string.Concat(s.Value))));

    public ECDsa? ReadKey()
    {
        if (PublicKey is null)
            return null;
        ECDsa key = ECDsa.Create();
        key.ImportFromPem(PublicKey);
        return key;
    }

    public override string ToString() => Name;

    internal TestDirectory ToDirectory()
    {
        TestDirectory directory = TestDirectory.InMemory();
        foreach ((string name, byte[] bytes) in Files())
            File.WriteAllBytes(Path.Combine(directory.Path, name), bytes);
        return directory;
    }
}

/// <summary>What a reader must make of a record.</summary>
public sealed record VectorRecord(
    long Segment, long Offset, int Kind, bool Withdrawn, Guid Session, long Sequence, string Time, string Payload, string Hash);

internal static class Vectors
{
    public static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "capture");

    public static IEnumerable<Vector> All() => JsonSerializer.Deserialize<List<Vector>>(
        File.ReadAllText(Path.Combine(Folder, "vectors.json")), JsonSerializerOptions.Web)!;
}
