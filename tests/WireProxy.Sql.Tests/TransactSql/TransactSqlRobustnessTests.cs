using WireProxy.Sql.TransactSql;

namespace WireProxy.Sql.Tests.TransactSql;

public sealed class TransactSqlRobustnessTests
{
    static readonly TransactSqlAnalyzer s_analyzer = new();

    [Test]
    public void Prefixes_of_the_corpus_are_understood_or_a_problem()
    {
        foreach (var entry in Corpus.TransactSql)
            for (var length = 0; length < entry.Sql.Length; length += 1 + (length % 3))
                Check(entry.Sql[..length]);
    }

    [Test]
    public void Changed_texts_are_understood_or_a_problem()
    {
        var random = new Random(20_260_801);
        var texts = Corpus.TransactSql.Select(e => e.Sql).ToArray();
        var pieces = new[] { "'", "\"", "N'", "[", "]", "/*", "*/", "--", ";", "(", ")", "{", "}", "END", "BEGIN", "EXEC", "GO", "$(", "@", "#", "0x", "\ud800", "\0", "..", "CASE" };
        for (var round = 0; round < 6_000; round++)
        {
            var text = texts[random.Next(texts.Length)];
            var at = random.Next(text.Length + 1);
            var other = texts[random.Next(texts.Length)];
            Check(random.Next(4) switch
            {
                0 => text[..at] + pieces[random.Next(pieces.Length)] + text[at..],
                1 => text[..at] + (char)random.Next(1, 0x250) + text[Math.Min(at + 1, text.Length)..],
                2 => text[..at] + text[Math.Min(at + random.Next(10), text.Length)..],
                _ => text[..at] + other[random.Next(other.Length)..],
            });
        }
    }

    [Test]
    public void Code_units_at_random_are_a_problem_or_understood()
    {
        var random = new Random(7);
        for (var round = 0; round < 2_000; round++)
            Check(string.Create(random.Next(100), random, static (span, r) =>
            {
                foreach (ref var c in span)
                    c = (char)(r.Next(4) == 0 ? r.Next(0x10000) : r.Next(1, 128));
            }));
    }

    [TestCase("SELECT {0}1{1}", "(", ")"), TestCase("SELECT 1 WHERE {0}1=1{1}", "(", ")"), TestCase("SELECT {0}1{1}", "(SELECT ", ")")]
    [TestCase("SELECT {0}1{1}", "CASE WHEN 1=1 THEN ", " END"), TestCase("{0}SELECT 1{1}", "BEGIN ", " END"), TestCase("{0}SELECT 1{1}", "IF 1=1 ", "")]
    [TestCase("SELECT {0}1{1}", "- ", ""), TestCase("SELECT 1 WHERE {0}a=1{1}", "NOT ", ""), TestCase("SELECT {0}1{1}", "1+", "")]
    [TestCase("SELECT 1 WHERE {0}a=1{1}", "a=1 OR ", ""), TestCase("{0}SELECT 1{1}", "SELECT 1 UNION ALL ", ""), TestCase("SELECT 1 FROM {0}a{1}", "b CROSS JOIN ", "")]
    [TestCase("SELECT 1 WHERE {0}1=1{1}", "EXISTS (SELECT 1 WHERE ", ")"), TestCase("SELECT * FROM {0}t{1}", "(SELECT * FROM ", ") x")]
    [TestCase("{0}SELECT 1{1}", "IF 1=1 SELECT 1; ELSE ", ""), TestCase("{0}SELECT 1{1}", "WHILE 1=1 ", ""), TestCase("SELECT {0}1{1}", "~", "")]
    [TestCase("SELECT {0}a{1}", "", ".b()"), TestCase("SELECT {0}1{1}", "isnull(", ",2)"), TestCase("SELECT {0}1{1}", "{fn abs(", ")}")]
    public void No_depth_ends_the_process(string pattern, string open, string close)
    {
        foreach (var depth in new[] { 10, 100, (TransactSqlAnalyzer.MaxNesting / 2) - 1, 3_000, TransactSqlAnalyzer.MaxChain - 2, 100_000 })
        {
            var text = pattern.Replace("{0}", Repeated.Of(open, depth)).Replace("{1}", Repeated.Of(close, depth));
            var analyzed = s_analyzer.Analyze(text);
            if (depth < TransactSqlAnalyzer.MaxNesting)
                Assert.That(analyzed.Problem, Is.Null, $"{depth}");
            else
                Check(text, analyzed);
            if (depth == 100_000)
                Assert.That(analyzed.Problem?.Message, Does.Contain("limit"));
        }
    }

    [Test]
    public void A_batch_of_many_statements_is_no_deep_one()
    {
        var text = Repeated.Of("INSERT INTO t (a, b) VALUES (1, 'x')\n", 2_000);
        Assert.That(s_analyzer.Analyze(text).Statements, Has.Length.EqualTo(2_000));
    }

    [Test]
    public void Text_beyond_the_limit_is_refused_by_its_length() =>
        Assert.That(new TransactSqlAnalyzer { MaxBatchChars = 1024 }.Analyze("SELECT '" + new string('x', 1024) + "'").Problem!.Message, Does.Contain("1024"));

    [Test]
    public void Threads_do_not_disturb_one_another()
    {
        var entries = Corpus.TransactSql.ToArray();
        Parallel.For(0, 2_000, new() { MaxDegreeOfParallelism = 8 }, i =>
        {
            var entry = entries[i % entries.Length];
            Assert.That(s_analyzer.Analyze(entry.Sql).Statements.Select(FactsText.Of), Is.EqualTo(entry.Facts));
        });
    }

    static void Check(string text) => Check(text, s_analyzer.Analyze(text));

    static void Check(string text, AnalyzedText analyzed)
    {
        Assert.That(analyzed.Problem is null || analyzed.Statements.IsEmpty, Is.True);
        foreach (var secret in analyzed.Secrets)
            Assert.That(secret.Offset >= 0 && secret.Length > 0 && secret.Offset + secret.Length <= text.Length, Is.True);
        foreach (var statement in analyzed.Statements)
            Assert.That(statement.Offset >= 0 && statement.Offset + statement.Length <= text.Length, Is.True);
    }
}
