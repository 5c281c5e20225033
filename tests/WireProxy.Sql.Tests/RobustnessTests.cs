using System.Text;
using WireProxy.Sql.Postgres;

namespace WireProxy.Sql.Tests;

public sealed class RobustnessTests
{
    static readonly PostgresAnalyzer s_analyzer = new();

    [Test]
    public void Every_prefix_of_the_corpus_is_understood_or_a_problem()
    {
        foreach (var entry in Corpus.Entries)
        {
            var text = entry.Utf8;
            for (var length = 0; length < text.Length; length++)
                Check(text[..length]);
        }
    }

    [Test]
    public void Changed_bytes_are_understood_or_a_problem()
    {
        var random = new Random(20_260_801);
        var texts = Corpus.Entries.Select(e => e.Utf8).ToArray();
        var pieces = new[] { "'", "\"", "$$", "$a$", "/*", "*/", "--", ";", "(", ")", "[", "E'\\", "U&'", "END", "BEGIN", "LOOP", "EXECUTE", "\\", ".." }
            .Select(Encoding.UTF8.GetBytes).ToArray();
        for (var round = 0; round < 20_000; round++)
        {
            var text = texts[random.Next(texts.Length)];
            var at = random.Next(text.Length + 1);
            var piece = pieces[random.Next(pieces.Length)];
            var other = texts[random.Next(texts.Length)];
            Check(random.Next(4) switch
            {
                0 => [.. text[..at], .. piece, .. text[at..]],
                1 => [.. text[..at], (byte)random.Next(1, 128), .. text[Math.Min(at + 1, text.Length)..]],
                2 => [.. text[..at], .. text[Math.Min(at + random.Next(10), text.Length)..]],
                _ => [.. text[..at], .. other[random.Next(other.Length)..]],
            });
        }
    }

    [Test]
    public void Bytes_at_random_are_a_problem_or_understood()
    {
        var random = new Random(7);
        for (var round = 0; round < 5_000; round++)
        {
            var text = new byte[random.Next(200)];
            random.NextBytes(text);
            Check(text);
        }
    }

    [Test]
    public void Threads_do_not_disturb_one_another()
    {
        var entries = Corpus.Entries.ToArray();
        Parallel.For(0, 4_000, new() { MaxDegreeOfParallelism = 8 }, i =>
        {
            var entry = entries[i % entries.Length];
            Assert.That(s_analyzer.Analyze(entry.Utf8).Statements.Select(FactsText.Of), Is.EqualTo(entry.Facts));
        });
    }

    static void Check(byte[] text)
    {
        var analyzed = s_analyzer.Analyze(text);
        Assert.That(analyzed.Problem is null || analyzed.Statements.IsEmpty, Is.True);
        foreach (var secret in analyzed.Secrets)
            Assert.That(secret.Offset >= 0 && secret.Length > 0 && secret.Offset + secret.Length <= text.Length, Is.True);
        foreach (var statement in analyzed.Statements)
            Assert.That(statement.Offset >= 0 && statement.Offset + statement.Length <= text.Length, Is.True);
    }
}
