using System.Text;
using WireProxy.Sql.Postgres;
using WireProxy.TestKit;

namespace WireProxy.Sql.Tests;

public sealed class FactsCacheTests
{
    static readonly AnalyzedText s_facts = new PostgresAnalyzer().Analyze("SELECT 1"u8);

    [Test]
    public void A_text_finds_its_own_facts_and_no_other_does()
    {
        var cache = new FactsCache();
        cache.Add("SELECT 1"u8, s_facts);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(cache.TryGet("SELECT 1"u8), Is.SameAs(s_facts));
            Assert.That(cache.TryGet("SELECT 2"u8), Is.Null);
            Assert.That(cache.TryGet("SELECT 1 "u8), Is.Null);
            Assert.That(cache.TryGet("SELECT"u8), Is.Null);
            Assert.That(cache.TryGet(""u8), Is.Null);
        }
    }

    [Test]
    public void Texts_of_one_hash_do_not_share_facts()
    {
        var cache = new FactsCache { HashForTests = _ => 42 };
        var others = Enumerable.Range(0, 8).Select(_ => s_facts with { }).ToList();
        for (var i = 0; i < others.Count; i++)
            cache.Add(Text(i), others[i]);
        for (var i = 0; i < others.Count; i++)
            Assert.That(cache.TryGet(Text(i)), Is.SameAs(others[i]));
        Assert.That(cache.TryGet(Text(99)), Is.Null);
    }

    [Test]
    public void More_texts_of_one_hash_than_there_is_room_for_push_one_another_out()
    {
        var cache = new FactsCache(1_024) { HashForTests = _ => 42 };
        for (var i = 0; i < 100; i++)
        {
            cache.Add(Text(i), s_facts);
            Assert.That(cache.TryGet(Text(i)), Is.SameAs(s_facts));
        }
        Assert.That(cache.Count, Is.EqualTo(8));
    }

    [Test]
    public void What_was_asked_for_survives_what_was_not()
    {
        var cache = new FactsCache(8);
        for (var i = 0; i < 8; i++)
            cache.Add(Text(i), s_facts);
        for (var i = 8; i < 12; i++)
        {
            cache.TryGet(Text(3));
            cache.Add(Text(i), s_facts);
        }
        Assert.That(cache.TryGet(Text(3)), Is.Not.Null);
    }

    [Test]
    public void The_limit_of_bytes_holds()
    {
        var cache = new FactsCache(maxBytes: 100_000);
        for (var i = 0; i < 1_000; i++)
        {
            cache.Add(Encoding.UTF8.GetBytes(new string('x', 500) + i), s_facts);
            Assert.That(cache.Bytes, Is.LessThanOrEqualTo(100_000));
        }
        using (Assert.EnterMultipleScope())
        {
            Assert.That(cache.Count, Is.InRange(20, 100));
            Assert.That(cache.TryGet(Encoding.UTF8.GetBytes(new string('x', 500) + 999)), Is.Not.Null);
        }
    }

    [Test]
    public void A_text_longer_than_the_limit_is_not_kept()
    {
        var cache = new FactsCache(maxTextBytes: 10);
        cache.Add("SELECT 1234567890"u8, s_facts);
        Assert.That(cache.Count, Is.Zero);
        Assert.That(cache.TryGet("SELECT 1234567890"u8), Is.Null);
    }

    [Test]
    public void Adding_again_replaces()
    {
        var cache = new FactsCache();
        var newer = s_facts with { };
        cache.Add("SELECT 1"u8, s_facts);
        cache.Add("SELECT 1"u8, newer);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(cache.TryGet("SELECT 1"u8), Is.SameAs(newer));
            Assert.That(cache.Count, Is.EqualTo(1));
        }
    }

    [Test]
    public void A_hit_allocates_nothing()
    {
        var cache = new FactsCache();
        var text = Text(1);
        cache.Add(text, s_facts);
        cache.TryGet(text);
        var allocated = Allocated.By(() =>
        {
            for (var i = 0; i < 1_000; i++)
                cache.TryGet(text);
        });
        Assert.That(allocated, Is.Zero);
    }

    [Test]
    public void Readers_and_writers_at_once_never_see_anothers_facts()
    {
        var cache = new FactsCache(64);
        var facts = Enumerable.Range(0, 500).Select(i => s_facts with { Problem = new(i.ToString(), i) }).ToArray();
        Parallel.For(0, 200_000, new() { MaxDegreeOfParallelism = 4 }, n =>
        {
            var i = n * 7919 % facts.Length;
            if (cache.TryGet(Text(i)) is { } found)
                Assert.That(found, Is.SameAs(facts[i]));
            else
                cache.Add(Text(i), facts[i]);
        });
        Assert.That(cache.Count, Is.InRange(1, 64));
    }

    static byte[] Text(int number) => Encoding.UTF8.GetBytes($"SELECT abalance FROM pgbench_accounts WHERE aid = {number} AND filler IS NOT NULL ORDER BY bid");
}
