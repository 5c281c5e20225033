using WireProxy.Sql.TransactSql;

namespace WireProxy.Sql.Tests.TransactSql;

public sealed class TransactSqlCorpusTests
{
    static readonly TransactSqlAnalyzer s_analyzer = new();

    public static IEnumerable<TestCaseData> Entries =>
        Corpus.TransactSql.Select(e => new TestCaseData(e).SetArgDisplayNames(e.Sql.ReplaceLineEndings(" ")));

    [TestCaseSource(nameof(Entries))]
    public void The_facts_are_those_of_the_corpus(CorpusEntry entry)
    {
        var analyzed = s_analyzer.Analyze(entry.Sql);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(analyzed.Statements.Select(FactsText.Of), Is.EqualTo(entry.Facts));
            Assert.That(analyzed.Secrets.Select(s => entry.Sql.Substring(s.Offset, s.Length)), Is.EqualTo(entry.Secrets));
            Assert.That(analyzed.Problem is { } p ? $"{p.Position}: {p.Message}" : null, Is.EqualTo(entry.Problem));
        }
    }

    [Test]
    public void Every_command_of_the_corpus_is_a_known_one() =>
        Assert.That(
            Corpus.TransactSql.SelectMany(e => s_analyzer.Analyze(e.Sql).Statements).SelectMany(s => s.InnerCommands.Append(s.Command)).Distinct(),
            Is.SubsetOf(TransactSqlAnalyzer.KnownCommands));

    [TestCaseSource(nameof(Entries))]
    public void Statements_stand_where_they_say(CorpusEntry entry)
    {
        var statements = s_analyzer.Analyze(entry.Sql).Statements;
        if (statements.Any(s => s.QuotedIdentifier is not null))
            return; // It changes what the others mean.
        foreach (var statement in statements)
        {
            if (statement.Command is "GOTO")
                continue; // Its label stands elsewhere.
            var alone = s_analyzer.Analyze(entry.Sql.AsSpan(statement.Offset, statement.Length));
            Assert.That(alone.Statements.Select(FactsText.Of), Is.EqualTo([FactsText.Of(statement)]));
        }
    }

    [TestCaseSource(nameof(Entries))]
    public void A_literal_that_is_run_reaches_what_its_statements_reach(CorpusEntry entry)
    {
        var plain = s_analyzer.Analyze(entry.Sql);
        if (plain.Problem is not null || plain.Statements.IsEmpty || plain.Statements.Any(s => s.QuotedIdentifier is not null))
            return;
        var text = entry.Sql.Replace("'", "''", StringComparison.Ordinal);
        foreach (var wrapped in new[] { $"EXEC(N'{text}')", $"EXEC sp_executesql N'{text}'", $"IF 1 = 1 EXEC('{text}')" })
        {
            var outer = s_analyzer.Analyze(wrapped).Statements.Single();
            using (Assert.EnterMultipleScope())
            {
                Assert.That(plain.Statements.SelectMany(s => s.InnerCommands.Append(s.Command)).Distinct(), Is.SubsetOf(outer.InnerCommands));
                Assert.That(plain.Statements.SelectMany(s => s.Classes).Distinct(), Is.SubsetOf(outer.Classes));
                Assert.That(plain.Statements.SelectMany(s => s.Relations).Select(r => (r.Schema, r.Name)).Distinct(),
                    Is.SubsetOf(outer.Relations.Select(r => (r.Schema, r.Name))));
                Assert.That(plain.Statements.SelectMany(s => s.Columns).Distinct(), Is.SubsetOf(outer.Columns));
                Assert.That(plain.Statements.SelectMany(s => s.Functions).Distinct(), Is.SubsetOf(outer.Functions));
                Assert.That(outer.HasUnknownSql, Is.EqualTo(plain.Statements.Any(s => s.HasUnknownSql)));
                Assert.That(outer.ChangesCatalog, Is.EqualTo(plain.Statements.Any(s => s.ChangesCatalog)));
            }
        }
    }

    [TestCaseSource(nameof(Entries))]
    public void Control_flow_hides_nothing(CorpusEntry entry)
    {
        var plain = s_analyzer.Analyze(entry.Sql);
        if (plain.Problem is not null || plain.Statements.IsEmpty)
            return;
        foreach (var wrapped in new[] { $"IF @x = 1 BEGIN {entry.Sql}\n END", $"BEGIN TRY {entry.Sql}\n END TRY BEGIN CATCH END CATCH" })
        {
            if (s_analyzer.Analyze(wrapped) is not { Problem: null } analyzed)
                continue; // CREATE VIEW and its like must stand alone.
            var outer = analyzed.Statements.Single();
            Assert.That(plain.Statements.SelectMany(s => s.InnerCommands.Append(s.Command)).Distinct(), Is.SubsetOf(outer.InnerCommands));
            Assert.That(plain.Statements.SelectMany(s => s.Relations.Select(r => r with { IsRead = false, IsWritten = false, Unbounded = false })).Distinct(),
                Is.SubsetOf(outer.Relations.Select(r => r with { IsRead = false, IsWritten = false, Unbounded = false })));
        }
    }
}
