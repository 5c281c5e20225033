using WireProxy.Sql.TransactSql;

namespace WireProxy.Sql.Tests.TransactSql;

/// <summary>Two lexers that cut a text at different places read different statements: where they might, the text is refused.</summary>
public sealed class LexicalDoubtTests
{
    static readonly TransactSqlAnalyzer s_analyzer = new();

    [TestCase("DROP\u00a0TABLE x", 5), TestCase("SELECT\u3000a FROM t", 7), TestCase("SELECT a\u200bb FROM t", 9), TestCase("SELECT \ufeff1", 8)]
    [TestCase("SELECT 1\u000b, 2", 9), TestCase("SELECT 1\u0001", 9), TestCase("SELECT '\0'", 9)]
    [TestCase("SELECT 1 --\r/*\nSELECT ssn FROM t --*/", 12), TestCase("-- a\u2028SELECT 1", 5), TestCase("-- a\u0085SELECT 1", 5), TestCase("-- a\fSELECT 1", 5)]
    [TestCase("SELECT 1 -- a\r", 14)]
    public void What_may_be_read_in_two_ways_is_refused(string text, int position)
    {
        var problem = s_analyzer.Analyze(text).Problem;
        Assert.That(problem?.Message, Does.Contain("read differently"));
        Assert.That(problem!.Position, Is.EqualTo(position));
    }

    [TestCase("SELECT '\u00a0\u2028\u000b'"), TestCase("SELECT [a\u00a0b], \"c\u3000d\" FROM t"), TestCase("SELECT 1 /* \u00a0 \r \u2028 */"), TestCase("SELECT 1 -- a\r\n, 2")]
    [TestCase("SELECT 1 -- a\n, 2"), TestCase("SELECT\t1\r, 2"), TestCase("SELECT Stra\u00dfe, \u540d\u524d FROM M\u00fcnchen"), TestCase("SELECT 1 -- \u00e9 \u00a0"), TestCase("SELECT \u00a31")]
    public void What_can_be_read_in_one_way_only_is_not(string text) => Assert.That(s_analyzer.Analyze(text).Problem, Is.Null);

    [Test]
    public void Comments_nest_as_on_the_server() =>
        Assert.That(s_analyzer.Analyze("SELECT 1 /* /* */ FROM clinic.patients */").Statements.Single().Relations, Is.Empty);

    [TestCase("EXEC('SELECT 1 --\\\n/*\nSELECT ssn FROM t --*/')"), TestCase("EXEC sp_executesql N'SELECT\\\r\n 1'")]
    public void A_line_continuation_in_a_text_that_is_run_makes_it_unknown(string text) =>
        Assert.That(s_analyzer.Analyze(text).Statements.Single().HasUnknownSql, Is.True);

    [Test]
    public void A_name_in_letters_that_a_collation_may_take_for_others_is_not_known()
    {
        var facts = s_analyzer.Analyze("DROP TABLE clinic.\uff50atients").Statements.Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(facts.HasUnknownSql, Is.False);
            Assert.That(CatalogNames.Of(facts, Hospital.Catalog, "dbo").HasUnknownSql, Is.True);
        }
    }
}
