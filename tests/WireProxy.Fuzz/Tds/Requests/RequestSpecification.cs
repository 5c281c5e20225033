using System.Globalization;
using WireProxy.Fuzz.Corpus;
using WireProxy.Protocols.Tds;

namespace WireProxy.Fuzz.Tds.Requests;

/// <summary>What protocol-specs/tds says of packets and requests, as it was copied beside the program.</summary>
public static class RequestSpecification
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "protocol-specs", "tds");

    private static readonly Dictionary<string, TdsVersion> Versions = new(StringComparer.Ordinal)
    {
        ["7.0"] = TdsVersion.V70,
        ["7.1"] = TdsVersion.V71,
        ["7.1.1"] = TdsVersion.V71Revision1,
        ["7.2"] = TdsVersion.V72,
        ["7.3A"] = TdsVersion.V73A,
        ["7.3B"] = TdsVersion.V73B,
        ["7.4"] = TdsVersion.V74,
        ["8.0"] = TdsVersion.V80,
    };

    /// <summary>Every vector of a request, those that are refused too.</summary>
    public static IReadOnlyList<RequestVector> AllVectors { get; } = ReadVectors("requests");

    /// <summary>The vectors of requests that decode.</summary>
    public static IReadOnlyList<RequestVector> Vectors { get; } = [.. AllVectors.Where(vector => vector.Decoded is not null)];

    /// <summary>Every vector of SMP, those that are refused too.</summary>
    public static IReadOnlyList<RequestVector> AllSmpVectors { get; } = ReadVectors("smp");

    /// <summary>The vectors of SMP that decode.</summary>
    public static IReadOnlyList<RequestVector> SmpVectors { get; } =
        [.. AllSmpVectors.Where(vector => vector.Decoded is not null)];

    /// <summary>The version that a table or a vector names.</summary>
    public static TdsVersion Version(string text) => Versions[text];

    /// <summary>The rows of a table, by the names of its columns.</summary>
    public static IReadOnlyList<Dictionary<string, string>> Table(string name)
    {
        string[][] lines = [.. File.ReadLines(Path.Combine(Folder, name)).Select(line => line.Split('\t'))];
        return [.. lines.Skip(1).Select(cells => lines[0].Zip(cells).ToDictionary(cell => cell.First, cell => cell.Second))];
    }

    /// <summary>A column of numbers, decimal or with 0x before them.</summary>
    public static IReadOnlyList<int> Numbers(string table, string column) => [.. Table(table).Select(row => Number(row[column]))];

    private static int Number(string text) => text.StartsWith("0x", StringComparison.Ordinal)
        ? int.Parse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
        : int.Parse(text, CultureInfo.InvariantCulture);

    private static List<RequestVector> ReadVectors(string folder) =>
        [.. Directory.GetFiles(Path.Combine(Folder, "vectors", folder), "*.txt").Order(StringComparer.Ordinal)
            .SelectMany(VectorFile.ReadBlocks).Select(block => new RequestVector(
                block.Name, block.Fields["sender"] == "S", block.Fields["message"], Versions[block.Fields["version"]],
                block.Fields.GetValueOrDefault("decoded"), block.Session, block.Bytes))];
}
