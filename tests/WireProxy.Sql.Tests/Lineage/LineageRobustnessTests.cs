using System.Text;
using FsCheck.Fluent;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres.Lineage;
using WireProxy.TestKit;

namespace WireProxy.Sql.Tests.Lineage;

/// <summary>No text gets past the lineage, or ends it.</summary>
public sealed class LineageRobustnessTests
{
    static readonly SearchPath s_path = new(["public"]);

    /// <summary>A table t with two columns, and nothing else that is anybody's.</summary>
    static CatalogSnapshot Catalog()
    {
        var builder = new CatalogBuilder();
        builder.Add(["d", null, "150004", "x", null, null]);
        builder.Add(["s", "1", null, "public", null, null]);
        builder.Add(["r", "20000", "r", "public", "t", "20001"]);
        builder.Add(["c", "20000", "1", "a", "25", "f"]);
        builder.Add(["c", "20000", "2", "b", "25", "f"]);
        return builder.Build(1);
    }

    static readonly CatalogSnapshot s_catalog = Catalog();

    static TextLineage Resolve(string sql) => PostgresLineage.Resolve(Encoding.UTF8.GetBytes(sql), s_catalog, s_path);

    [Test]
    public void Any_statement_is_resolved_or_unknown()
    {
        var seen = 0;
        Prop.ForAll(SqlGenerator.Statement(12).ToArbitrary(), sql =>
        {
            foreach (var statement in Resolve(sql).Statements)
                seen += statement.Reasons.Length > 0 ? 0 : 1;
        }).CheckSeeded(1_500);
        Assert.That(seen, Is.GreaterThan(10));
    }

    [TestCaseSource(typeof(Corpus), nameof(Corpus.Entries))]
    public void The_corpus_is_resolved_or_unknown(CorpusEntry entry) =>
        Assert.That(Resolve(entry.Sql).Statements, Has.Length.EqualTo(entry.Problem is null ? entry.Facts.Count : 1));

    [Test]
    public void Bytes_that_are_no_text_are_unknown()
    {
        var random = new Random(7);
        for (var i = 0; i < 300; i++)
        {
            var bytes = new byte[random.Next(60)];
            random.NextBytes(bytes);
            foreach (var statement in PostgresLineage.Resolve(bytes, s_catalog, s_path).Statements)
                Assert.That(statement.ReachesEverything, Is.True);
        }
    }

    [Test]
    public void Deep_nesting_is_resolved_or_unknown()
    {
        foreach (var depth in new[] { 100, 900, 3000, 20_000 })
        {
            var sql = string.Concat(Enumerable.Repeat("SELECT a FROM (", depth)) + "SELECT a FROM t" + string.Concat(Enumerable.Repeat(") q", depth));
            var statement = Resolve(sql).Statements.Single();
            var isKnown = statement.Shape == ResultShape.Columns && statement.Columns.Single().Sources.Columns.SequenceEqual([new SourceColumn(20000, 1)]);
            Assert.That(isKnown || statement.ReachesEverything, Is.True, $"{depth}");
            if (depth <= 900)
                Assert.That(isKnown, Is.True, $"{depth}");
        }
    }

    [Test]
    public void A_query_of_endless_work_is_cut_off()
    {
        // Each WITH query doubles the columns of the one before.
        var sql = "WITH w0 AS (SELECT * FROM t)" + string.Concat(Enumerable.Range(1, 30).Select(i => $", w{i} AS (SELECT x.*, y.* FROM w{i - 1} x, w{i - 1} y)"))
            + " SELECT * FROM w30";
        Assert.That(Resolve(sql).Statements.Single().ReachesEverything, Is.True);
    }

    [Test]
    public void Ambiguity_never_hides_a_source()
    {
        var both = Resolve("SELECT a FROM t, (SELECT b AS a FROM t) q").Statements.Single().Columns.Single().Sources;
        Assert.That(both.Columns, Is.EqualTo([new SourceColumn(20000, 1), new SourceColumn(20000, 2)]));
    }

    [Test]
    public void A_text_seen_before_costs_no_memory()
    {
        var text = Encoding.UTF8.GetBytes("SELECT a, b FROM t WHERE a = 'x'");
        var cache = LineageCache.For(s_catalog, s_path);
        var first = cache.Resolve(text);
        Assert.That(cache.Resolve(text), Is.SameAs(first));
        var allocated = Allocated.By(() =>
        {
            for (var i = 0; i < 1000; i++)
                cache.TryGet(text);
        });
        Assert.That(allocated, Is.Zero);
    }

    [Test]
    public void The_cache_forgets_and_stays_right()
    {
        var cache = LineageCache.For(s_catalog, new(["public", "other"]));
        for (var i = 0; i < 20_000; i++)
            Assert.That(cache.Resolve(Encoding.UTF8.GetBytes($"SELECT {(i % 2 == 0 ? "a" : "b")} FROM t LIMIT {i % 9_000}")).Statements[0].Columns[0].Sources.Columns.Single().Attribute,
                Is.EqualTo(i % 2 == 0 ? 1 : 2));
    }

    [TestCase("\"$user\", public", "alice", null, "pg_catalog alice public")]
    [TestCase("a, \"B c\", pg_catalog", "u", null, "a B c pg_catalog")]
    [TestCase("public", "u", "pg_temp_3", "pg_temp_3 pg_catalog public")]
    [TestCase("public, pg_temp", "u", "pg_temp_3", "pg_catalog public pg_temp_3")]
    [TestCase("", "u", null, "pg_catalog")]
    public void A_setting_becomes_a_path(string setting, string user, string? temporary, string expected) =>
        Assert.That(string.Join(" ", SearchPath.OfSetting(setting, user, temporary).Schemas), Is.EqualTo(expected));
}
