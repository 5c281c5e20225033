using FsCheck.Fluent;
using WireProxy.TestKit;

namespace WireProxy.Sql.Tests;

public sealed class NestingBoundTests
{
    // ParseResult, RawStmt, Node and a constant or two at the bottom stand for no token.
    const int Frame = 12;

    [Test]
    public void No_tree_is_deeper_than_the_bound_says()
    {
        var parsed = 0;
        Prop.ForAll(Gen.Sized(SqlGenerator.Statement).Resize(60).ToArbitrary(), sql =>
        {
            var depth = TreeDepth.Of(sql);
            parsed += depth > 0 ? 1 : 0;
            Assert.That(depth, Is.LessThanOrEqualTo((2 * TreeDepth.Bound(sql)) + Frame), sql);
        }).CheckSeeded(3_000);
        Assert.That(parsed, Is.GreaterThan(1_000), "Too few of the generated texts parse to prove anything.");
    }

    [Test]
    public void No_tree_of_the_corpus_is_deeper_than_the_bound_says()
    {
        foreach (var entry in Corpus.Entries)
            Assert.That(TreeDepth.Of(entry.Sql), Is.LessThanOrEqualTo((2 * TreeDepth.Bound(entry.Sql)) + Frame), entry.Sql);
    }

    [TestCase("SELECT 1", "+1", "")]
    [TestCase("SELECT ", "NOT ", "true")]
    [TestCase("SELECT ", "+", "1")]
    [TestCase("SELECT 1", " UNION SELECT 1, 2", "")]
    [TestCase("SELECT * FROM a", " JOIN b ON x AND y", "")]
    [TestCase("SELECT 1", " BETWEEN 1 AND NOT 1", "")]
    [TestCase("SELECT ", "(SELECT ", "1")]
    [TestCase("SELECT ", "CASE WHEN a.end AND ", "1")]
    [TestCase("SELECT 1 AS case", ", 1", "")]
    [TestCase("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC ", "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC ", "SELECT 1")]
    public void Repetition_never_outgrows_the_bound(string head, string repeated, string tail)
    {
        foreach (var count in new[] { 1, 2, 10, 300 })
        {
            var sql = Repeated.Close(head, repeated, tail, count);
            Assert.That(TreeDepth.Of(sql), Is.GreaterThan(0).And.LessThanOrEqualTo((2 * TreeDepth.Bound(sql)) + Frame), sql);
        }
    }

    [TestCase("INSERT INTO t VALUES (1, 'a', -2.5, now(), f(1, g(2)))", ", (1, 'a', -2.5, now(), f(1, g(2)))")]
    [TestCase("SELECT * FROM t WHERE id = 1", " OR id = 1 AND name = 'x'")]
    [TestCase("SELECT * FROM t WHERE id IN (1", ", 2")]
    [TestCase("SELECT 1", "; SELECT 1")]
    [TestCase("SELECT CASE", " WHEN a = 1 THEN b || 'x'")]
    public void What_is_flat_has_a_low_bound_however_long(string head, string repeated) =>
        Assert.That(TreeDepth.Bound(Repeated.Close(head, repeated, "", 20_000)), Is.LessThan(60));
}
