using System.Text;
using WireProxy.Sql.Postgres;

namespace WireProxy.Sql.Tests;

public sealed class CorpusTests
{
    static readonly PostgresAnalyzer s_analyzer = new();

    public static IEnumerable<TestCaseData> Entries =>
        Corpus.Entries.Select(e => new TestCaseData(e).SetArgDisplayNames(e.Sql.ReplaceLineEndings(" ")));

    [TestCaseSource(nameof(Entries))]
    public void The_facts_are_those_of_the_corpus(CorpusEntry entry)
    {
        var analyzed = s_analyzer.Analyze(entry.Utf8);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(analyzed.Statements.Select(FactsText.Of), Is.EqualTo(entry.Facts));
            Assert.That(analyzed.Secrets.Select(s => Encoding.UTF8.GetString(entry.Utf8, s.Offset, s.Length)), Is.EqualTo(entry.Secrets));
            Assert.That(analyzed.Problem is { } p ? $"{p.Position}: {p.Message}" : null, Is.EqualTo(entry.Problem));
        }
    }

    [Test]
    public void Every_command_of_the_corpus_is_a_known_one() =>
        Assert.That(
            Corpus.Entries.SelectMany(e => s_analyzer.Analyze(e.Utf8).Statements).SelectMany(s => s.InnerCommands.Append(s.Command)).Distinct(),
            Is.SubsetOf(PostgresAnalyzer.KnownCommands));

    [TestCaseSource(nameof(Entries))]
    public void Statements_stand_where_they_say(CorpusEntry entry)
    {
        var text = entry.Utf8;
        foreach (var statement in s_analyzer.Analyze(text).Statements)
        {
            var length = statement.Length == 0 ? text.Length - statement.Offset : statement.Length;
            var alone = s_analyzer.Analyze(text.AsSpan(statement.Offset, length));
            Assert.That(alone.Statements.Select(FactsText.Of), Is.EqualTo([FactsText.Of(statement)]));
        }
    }

    [TestCaseSource(nameof(Entries))]
    public void Explaining_or_preparing_a_query_reaches_what_the_query_reaches(CorpusEntry entry)
    {
        var plain = s_analyzer.Analyze(entry.Utf8);
        if (plain.Statements is not [{ Command: "SELECT" or "INSERT" or "UPDATE" or "DELETE" or "MERGE" } query])
            return; // PREPARE and EXPLAIN are for queries.
        foreach (var prefix in new[] { "EXPLAIN ", "PREPARE q AS " })
        {
            var wrapped = s_analyzer.Analyze(Encoding.UTF8.GetBytes(prefix + entry.Sql)).Statements.Single();
            using (Assert.EnterMultipleScope())
            {
                Assert.That(wrapped.InnerCommands, Is.EqualTo(query.InnerCommands.Prepend(query.Command).Distinct()));
                Assert.That(query.Classes, Is.SubsetOf(wrapped.Classes));
                Assert.That(wrapped.Relations, Is.EqualTo(query.Relations));
                Assert.That(wrapped.Columns, Is.EqualTo(query.Columns));
                Assert.That(wrapped.Functions, Is.EqualTo(query.Functions));
                Assert.That(wrapped.HasUnknownSql, Is.EqualTo(query.HasUnknownSql));
            }
        }
    }
}
