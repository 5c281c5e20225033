using WireProxy.Sql.TransactSql.Lineage;

namespace WireProxy.Sql.Tests.TransactSql;

/// <summary>A batch and everything that its lineage must say about it.</summary>
public sealed class LineageEntry
{
    public required string Sql { get; set; }
    public List<string> Says { get; set; } = [];

    public override string ToString() => Sql;
}

public sealed class LineageCorpusTests
{
    static readonly List<LineageEntry> s_entries = Corpus.Load<LineageEntry>(Path.Combine("TransactSql", "corpus", "lineage"));

    public static IEnumerable<TestCaseData> Entries => s_entries.Select(e => new TestCaseData(e).SetArgDisplayNames(e.Sql.ReplaceLineEndings(" ")));

    [TestCaseSource(nameof(Entries))]
    public void The_lineage_is_that_of_the_corpus(LineageEntry entry) =>
        Assert.That(LineageText.Of(TransactSqlLineage.Resolve(entry.Sql, Hospital.Catalog)), Is.EqualTo(entry.Says));
}
