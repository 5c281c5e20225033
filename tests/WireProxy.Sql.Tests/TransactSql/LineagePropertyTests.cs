using WireProxy.Sql.TransactSql;
using WireProxy.Sql.TransactSql.Lineage;

namespace WireProxy.Sql.Tests.TransactSql;

/// <summary>The same query, written in ways that mean the same, has the same sources; and no text has none by accident.</summary>
public sealed class LineagePropertyTests
{
    /// <summary>Queries of the corpus that may stand inside others: each column has a name, and no ORDER BY, WITH or FOR.</summary>
    static IEnumerable<string> Queries => Corpus.Load<LineageEntry>(Path.Combine("TransactSql", "corpus", "lineage")).Select(e => e.Sql)
        .Where(sql => sql.StartsWith("SELECT", StringComparison.Ordinal) && !sql.Contains(';', StringComparison.Ordinal))
        .Where(sql => !sql.Contains("ORDER BY", StringComparison.Ordinal) && !sql.Contains(" FOR ", StringComparison.Ordinal) && !sql.Contains("INTO", StringComparison.Ordinal))
        .Where(sql => Resolve(sql) is { ResultSets: [{ IsKnown: true } only] } && only.Columns.All(c => c.Name is not null)
            && only.Columns.Select(c => c.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count() == only.Columns.Length);

    [TestCaseSource(nameof(Queries))]
    public void Wrapping_a_query_changes_no_source(string sql)
    {
        var plain = Resolve(sql).ResultSets.Single();
        foreach (var wrapped in (string[])
        [
            $"SELECT * FROM ({sql}) AS q", $"WITH c AS ({sql}) SELECT * FROM c", $"WITH c AS ({sql}), d AS (SELECT * FROM c) SELECT d.* FROM d",
            $"EXEC('{Quoted(sql)}')", $"EXEC sp_executesql N'{Quoted(sql)}'", $"BEGIN {sql} END", $"SELECT q.* FROM (SELECT 1 AS one) o CROSS APPLY ({sql}) AS q",
            $"({sql})", $"SELECT q.* FROM ({sql}) AS q LEFT JOIN clinic.departments dd ON 1 = 1",
        ])
            Assert.That(Sources(Resolve(wrapped).ResultSets.Single()), Is.EqualTo(Sources(plain)), wrapped);
    }

    [TestCaseSource(nameof(Queries))]
    public void A_copy_holds_what_was_copied(string sql)
    {
        var plain = Resolve(sql).ResultSets.Single();
        foreach (var wrapped in (string[])
        [
            $"SELECT * INTO #z FROM ({sql}) AS q; SELECT * FROM #z", $"SELECT * INTO #z FROM ({sql}) AS q; SELECT * INTO #y FROM #z; SELECT * FROM #y",
            $"SELECT * INTO scratch.z FROM ({sql}) AS q; SELECT * FROM scratch.z",
            $"CREATE TABLE #z ({string.Join(", ", plain.Columns.Select(c => $"[{c.Name}] sql_variant"))}); INSERT #z {sql}; SELECT * FROM #z",
            $"DECLARE @z TABLE ({string.Join(", ", plain.Columns.Select(c => $"[{c.Name}] sql_variant"))}); INSERT @z EXEC('{Quoted(sql)}'); SELECT * FROM @z",
        ])
            Assert.That(Sources(Resolve(wrapped).ResultSets.Single()), Is.EqualTo(Sources(plain)), wrapped);
    }

    [TestCaseSource(nameof(Queries))]
    public void A_variable_a_message_and_a_text_hold_what_was_put_into_them(string sql)
    {
        var plain = Resolve(sql).ResultSets.Single();
        for (var i = 0; i < plain.Columns.Length; i++)
        {
            var column = plain.Columns[i];
            var lineage = Resolve($"DECLARE @v nvarchar(max); SELECT @v = q.[{column.Name}] FROM ({sql}) q; PRINT @v; SELECT @v; RAISERROR(@v, 16, 1)");
            using (Assert.EnterMultipleScope())
            {
                Assert.That(lineage.Messages, Is.EqualTo(column.Sources));
                Assert.That(lineage.ResultSets.Single().All, Is.EqualTo(column.Sources));
                Assert.That(lineage.Variables.GetValueOrDefault("@v") ?? SourceSet.Empty, Is.EqualTo(column.Sources));
            }
        }
    }

    [TestCaseSource(nameof(Queries))]
    public void A_union_holds_both(string sql)
    {
        var plain = Resolve(sql).ResultSets.Single();
        var other = string.Join(", ", plain.Columns.Select(_ => "(SELECT MAX(diagnosis) FROM clinic.claims)"));
        var both = Resolve($"{sql} UNION ALL SELECT {other}").ResultSets.Single();
        foreach (var (a, b) in plain.Columns.Zip(both.Columns))
        {
            Assert.That(b.Sources.Contains(new(105, 4)), Is.True);
            Assert.That(a.Sources.Columns.All(b.Sources.Contains) && (!a.Sources.IsEverything || b.Sources.IsEverything), Is.True);
        }
    }

    [Test]
    public void Changed_texts_have_a_lineage()
    {
        var random = new Random(20_260_802);
        var texts = Corpus.Load<LineageEntry>(Path.Combine("TransactSql", "corpus", "lineage")).Select(e => e.Sql).Concat(Corpus.TransactSql.Select(e => e.Sql)).ToArray();
        var pieces = new[] { "'", "[", "]", ";", "(", ")", " END ", " BEGIN ", " EXEC ", "@x", "#t", ".", ",", "*", " SELECT ", " FROM ", " ssn ", " UNION " };
        for (var round = 0; round < 6_000; round++)
        {
            var text = texts[random.Next(texts.Length)];
            var at = random.Next(text.Length + 1);
            var other = texts[random.Next(texts.Length)];
            var changed = random.Next(4) switch
            {
                0 => text[..at] + pieces[random.Next(pieces.Length)] + text[at..],
                1 => text + "\n" + other,
                2 => text[..at] + text[Math.Min(at + random.Next(10), text.Length)..],
                _ => text[..at] + other[random.Next(other.Length)..],
            };
            var lineage = Resolve(changed);
            Assert.That(lineage.ResultSets.Select(r => r.All).All(s => lineage.Union.IsEverything || s.Columns.All(lineage.Union.Contains)), Is.True);
            if (s_analyzer.Analyze(changed).Problem is not null)
                Assert.That(lineage.Union.IsEverything && !lineage.SequenceKnown && lineage.Messages.IsEverything, Is.True, changed);
        }
    }

    [Test]
    public void Deep_texts_have_a_lineage()
    {
        foreach (var text in (string[])
        [
            "SELECT " + Repeated.Of("ISNULL(", 390) + "ssn" + Repeated.Of(", 1)", 390) + " FROM clinic.patients",
            "SELECT ssn" + Repeated.Of(" + ssn", 9_000) + " FROM clinic.patients",
            "SELECT ssn FROM clinic.patients" + Repeated.Of(" UNION ALL SELECT zip FROM clinic.patients", 3_000),
            Repeated.Of("SELECT * FROM (", 300) + "SELECT ssn FROM clinic.patients" + Repeated.Of(") q", 300),
            "SELECT a0.ssn FROM clinic.patients a0" + string.Concat(Enumerable.Range(1, 1_000).Select(i => $" CROSS JOIN clinic.departments a{i}")),
        ])
        {
            Assert.That(s_analyzer.Analyze(text).Problem, Is.Null);
            Assert.That(Resolve(text).ResultSets.Single().Columns[0].Sources.Contains(new(103, 4)), Is.True);
        }
    }

    [Test]
    public void Views_upon_views_cost_no_more_than_their_number()
    {
        var rows = Hospital.Rows.ToList();
        for (var i = 0; i < 25; i++)
        {
            var id = (1_000 + i).ToString();
            var below = i == 0 ? "clinic.patients" : $"clinic.bomb{i - 1}";
            rows.Add(["r", id, "v", "clinic", $"bomb{i}", null]);
            rows.Add(["c", id, "1", "ssn", "167", null]);
            rows.Add(["m", id, "V", "clinic", $"bomb{i}", $"CREATE VIEW clinic.bomb{i} AS SELECT a.ssn FROM {below} a CROSS JOIN {below} b"]);
        }
        var result = TransactSqlLineage.Resolve("SELECT ssn FROM clinic.bomb24", Hospital.Read(rows)).ResultSets.Single();
        Assert.That(result.Columns.Single().Sources.Contains(new(103, 4)), Is.True);
    }

    [Test]
    public void Procedures_that_call_each_other_without_end_are_everything()
    {
        var rows = Hospital.Rows.ToList();
        rows.Add(["m", "2000", "P", "dbo", "a", "CREATE PROC dbo.a AS EXEC dbo.b; EXEC dbo.b; EXEC dbo.b"]);
        rows.Add(["m", "2001", "P", "dbo", "b", "CREATE PROC dbo.b AS EXEC dbo.a; EXEC dbo.a; EXEC dbo.a"]);
        Assert.That(TransactSqlLineage.Resolve("EXEC dbo.a", Hospital.Read(rows)).Union.IsEverything, Is.True);
    }

    static readonly TransactSqlAnalyzer s_analyzer = new();

    static BatchLineage Resolve(string sql) => TransactSqlLineage.Resolve(sql, Hospital.Catalog);

    static string Quoted(string sql) => sql.Replace("'", "''", StringComparison.Ordinal);

    static IEnumerable<string> Sources(ResultSetLineage result) => result.Columns.Select(c => $"{c.Name}: {c.Sources}");
}
