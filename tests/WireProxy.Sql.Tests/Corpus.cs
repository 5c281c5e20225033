using System.Text;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace WireProxy.Sql.Tests;

/// <summary>A text and everything that the analysis must say about it.</summary>
public sealed class CorpusEntry
{
    public required string Sql { get; set; }
    /// <summary>A line for each statement, see FactsText.</summary>
    public List<string> Facts { get; set; } = [];
    /// <summary>The texts of the secret spans.</summary>
    public List<string> Secrets { get; set; } = [];
    /// <summary>position: message</summary>
    public string? Problem { get; set; }

    public byte[] Utf8 => Encoding.UTF8.GetBytes(Sql);

    public override string ToString() => Sql;
}

internal static class Corpus
{
    public static IEnumerable<CorpusEntry> Entries { get; } = Load<CorpusEntry>("corpus");

    /// <summary>The same for T-SQL, where offsets count UTF-16 code units.</summary>
    public static IEnumerable<CorpusEntry> TransactSql { get; } = Load<CorpusEntry>(Path.Combine("TransactSql", "corpus"));

    public static List<T> Load<T>(string folder)
    {
        var yaml = new DeserializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).Build();
        return [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, folder), "*.yaml").Order(StringComparer.Ordinal)
            .SelectMany(file => yaml.Deserialize<List<T>>(File.ReadAllText(file)))];
    }
}
