using System.Globalization;

namespace WireProxy.Fuzz.Corpus;

/// <summary>protocol-specs/postgres, as it was copied beside the program.</summary>
public static class PostgresSpecification
{
    private const string None = "-";

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "protocol-specs", "postgres");

    public static IReadOnlyList<MessageRow> Messages { get; } = [.. ReadTable("messages.tsv").Select(row => new MessageRow(
        VectorFile.ReadSender(row["sender"]),
        row["type"] == None ? null : (byte)row["type"].Single(),
        row["code"] == None ? null : int.Parse(row["code"], CultureInfo.InvariantCulture),
        row["name"], row["protocol"], row["body"]))];

    /// <summary>Code and name of every row of error-fields.tsv.</summary>
    public static IReadOnlyList<(byte Code, string Name)> ErrorFields { get; } =
        [.. ReadTable("error-fields.tsv").Select(row => ((byte)row["code"].Single(), row["name"]))];

    /// <summary>Every vector, those that are refused too.</summary>
    public static IReadOnlyList<Vector> AllVectors { get; } =
        [.. Directory.GetFiles(Path.Combine(Folder, "vectors"), "*.txt").Order(StringComparer.Ordinal)
            .SelectMany(VectorFile.Read)];

    /// <summary>The vectors that decode.</summary>
    public static IReadOnlyList<Vector> Vectors { get; } = [.. AllVectors.Where(vector => vector.Decoded is not null)];

    /// <summary>The vectors that decode, each run of bytes once: sessions repeat themselves.</summary>
    public static IReadOnlyList<Vector> DistinctVectors { get; } =
        [.. Vectors.DistinctBy(vector => (vector.Sender, vector.Message, Convert.ToHexString(vector.Bytes)))];

    public static MessageRow RowOf(Vector vector) =>
        Messages.Single(row => row.Sender == vector.Sender && row.Name == vector.Message);

    private static IEnumerable<Dictionary<string, string>> ReadTable(string name)
    {
        string[][] lines = [.. File.ReadLines(Path.Combine(Folder, name)).Select(line => line.Split('\t'))];
        return lines.Skip(1).Select(cells => lines[0].Zip(cells).ToDictionary(cell => cell.First, cell => cell.Second));
    }
}
