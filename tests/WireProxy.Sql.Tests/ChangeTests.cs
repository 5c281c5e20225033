using System.Text;
using WireProxy.Sql.Postgres;

namespace WireProxy.Sql.Tests;

/// <summary>Whom a change of the catalog concerns.</summary>
public sealed class ChangeTests
{
    static readonly PostgresAnalyzer s_analyzer = new();

    [TestCase("CREATE VIEW s.v AS SELECT * FROM t", "Users v")]
    [TestCase("CREATE OR REPLACE VIEW v AS SELECT * FROM t", "Users v")]
    [TestCase("CREATE TABLE a (b int) INHERITS (p, q)", "Users a p q")]
    [TestCase("CREATE TABLE a PARTITION OF p FOR VALUES IN (1)", "Users a p")]
    [TestCase("CREATE TABLE a AS SELECT * FROM t", "Users a")]
    [TestCase("SELECT * INTO a FROM t", "Users a")]
    [TestCase("CREATE FUNCTION s.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'", "Users f")]
    [TestCase("ALTER FUNCTION f(int) SET search_path = x", "Users f")]
    [TestCase("CREATE AGGREGATE g (int) (SFUNC = int4pl, STYPE = int)", "Users g")]
    [TestCase("CREATE TRIGGER x BEFORE INSERT ON t EXECUTE FUNCTION f()", "Writers t")]
    [TestCase("CREATE RULE x AS ON INSERT TO t DO INSTEAD NOTHING", "Users t")]
    [TestCase("CREATE POLICY x ON t USING (f(a))", "Users t")]
    [TestCase("CREATE INDEX ON t (lower(a))", "Writers t")]
    [TestCase("CREATE INDEX ON t (a) WHERE f(a)", "Writers t")]
    [TestCase("ALTER TABLE t ADD COLUMN a int", "Users t")]
    [TestCase("ALTER TABLE t INHERIT p", "Users t p")]
    [TestCase("ALTER TABLE t ATTACH PARTITION p FOR VALUES IN (1)", "Users t p")]
    [TestCase("ALTER TABLE t ENABLE TRIGGER x", "Users t")]
    [TestCase("ALTER TABLE t RENAME TO u", "Users t u")]
    [TestCase("ALTER TABLE t RENAME a TO b", "Users t b")]
    [TestCase("ALTER FUNCTION f(int) RENAME TO g", "Users f g")]
    [TestCase("ALTER VIEW v SET SCHEMA s", "Users v")]
    [TestCase("DROP VIEW s.v, w", "Users v w")]
    [TestCase("DROP FUNCTION f(int)", "Users f")]
    [TestCase("DROP TABLE t CASCADE", "Users t +", "Everybody")]
    [TestCase("DROP SCHEMA s", "Users +", "Everybody")]
    [TestCase("DROP RULE x ON t", "Users t")]
    [TestCase("CREATE TYPE m AS ENUM ('a')", "Users m new m", "Everybody")]
    [TestCase("CREATE DOMAIN d AS int CHECK (f(VALUE))", "Users d new d", "Everybody")]
    [TestCase("CREATE SCHEMA s CREATE TABLE a (b int)", "Users a", "Everybody")]
    [TestCase("DO $$ BEGIN CREATE VIEW v AS SELECT 1; END $$", "Users v")]
    public void A_change_concerns_whoever_uses_what_it_names(string sql, string claim, string? news = null) => AssertConcerns(sql, claim, news);

    [TestCase("CREATE UNIQUE INDEX ON t (a)", "Nobody", "Users t")]
    [TestCase("ALTER TABLE t VALIDATE CONSTRAINT c, ALTER a SET STATISTICS 5", "Nobody", "Users t")]
    [TestCase("DROP TRIGGER x ON t", "Nobody", "Users t")]
    [TestCase("ALTER TYPE m ADD VALUE 'b'", "Nobody", "Nobody")]
    [TestCase("COMMENT ON COLUMN s.t.a IS 'x'", "Nobody", "Users t")]
    [TestCase("SECURITY LABEL FOR anon ON TABLE t IS 'x'", "Nobody", "Users t")]
    [TestCase("COMMENT ON SCHEMA s IS 'x'", "Nobody", "Everybody")]
    [TestCase("CREATE SCHEMA s", "Nobody", "Everybody")]
    [TestCase("DISCARD ALL", "Nobody", "Nobody")]
    [TestCase("GRANT SELECT ON t TO r", "Nobody", "Nobody")]
    [TestCase("CREATE ROLE r", "Nobody", "Nobody")]
    [TestCase("CREATE DATABASE d", "Nobody", "Nobody")]
    [TestCase("CREATE TEMP TABLE a (b int)", "Nobody", "Nobody")]
    [TestCase("CREATE TEMP VIEW a AS SELECT 1", "Nobody", "Nobody")]
    [TestCase("CREATE TABLE pg_temp.a (b int)", "Nobody", "Nobody")]
    [TestCase("SELECT * INTO TEMP a FROM t", "Nobody", "Nobody")]
    [TestCase("CREATE CAST (a AS b) WITH FUNCTION f(a)", "Everybody", "Everybody")]
    [TestCase("CREATE OPERATOR + (LEFTARG = a, RIGHTARG = b, FUNCTION = f)", "Everybody", "Everybody")]
    [TestCase("ALTER DOMAIN d ADD CHECK (f(VALUE))", "Everybody", "Everybody")]
    [TestCase("ALTER SCHEMA a RENAME TO b", "Everybody", "Everybody")]
    [TestCase("CREATE EXTENSION e", "Everybody", "Everybody")]
    [TestCase("COMMIT PREPARED 'x'", "Everybody", "Everybody")]
    [TestCase("DO $$ BEGIN EXECUTE a; END $$", "Everybody", "Everybody")]
    public void Other_changes_concern_nobody_or_everybody(string sql, string claim, string? news = null) => AssertConcerns(sql, claim, news);

    static void AssertConcerns(string sql, string claim, string? news)
    {
        var change = Facts(sql).Change!;
        var told = $"{change.Claim.Reach} {string.Join(' ', change.Claim.Names)}{(change.Claim.Cascades ? " +" : "")}"
            + string.Concat(change.Claim.Types.Select(type => " new " + type));
        var toldNews = $"{change.News} {string.Join(' ', change.NewsNames)}";

        Assert.That(told.Replace("  ", " ").Trim(), Is.EqualTo(claim));
        if (news is not null && news != "Everybody")
            Assert.That(change.Claim.Names.Concat(change.NewsNames).Distinct().Prepend(change.News.ToString()), Is.EqualTo(news.Split(' ')), toldNews);
        else
            Assert.That(change.News, Is.EqualTo(news is null ? ChangeReach.Users : ChangeReach.Everybody));
    }

    [TestCase("SELECT * FROM t")]
    [TestCase("INSERT INTO t VALUES (1)")]
    [TestCase("CALL p()")]
    [TestCase("BEGIN")]
    [TestCase("SET lock_timeout = 1")]
    public void What_writes_no_change_out_tells_of_none(string sql) => Assert.That(Facts(sql).Change, Is.Null);

    [TestCase("SET search_path = a")]
    [TestCase("SET LOCAL role = a")]
    [TestCase("SET SESSION AUTHORIZATION a")]
    [TestCase("RESET ALL")]
    [TestCase("RESET search_path")]
    public void What_moves_the_path_is_against_whatever_is_to_run_later(string sql)
    {
        var change = Facts(sql).Change!;

        Assert.That(change.IsAgainst(new NameUse(["t"], writes: true)), Is.True);
        Assert.That((change.Claim.Reach, change.News), Is.EqualTo((ChangeReach.Nobody, ChangeReach.Nobody)));
    }

    [TestCase("CREATE TEMP TABLE t (a int)", true)]
    [TestCase("CREATE TEMP VIEW t AS SELECT 1", true)]
    [TestCase("CREATE TEMP TABLE u (a int)", false)]
    [TestCase("CREATE TABLE t (a int)", true)]
    [TestCase("CREATE INDEX ON t (a)", false)]
    [TestCase("ALTER DOMAIN d ADD CHECK (f(VALUE))", true)]
    public void What_comes_to_stand_for_a_name_is_against_what_is_to_run_later(string sql, bool isAgainst)
    {
        Assert.That(Facts(sql).Change!.IsAgainst(new NameUse(["t"], writes: true)), Is.EqualTo(isAgainst));
        Assert.That(Facts(sql).Change!.IsAgainst(NameUse.All), Is.EqualTo(isAgainst || sql.Contains(" u ")));
    }

    [TestCase("LOCK TABLE t, s.u", "Users t u")]
    [TestCase("LOCK TABLE t IN SHARE ROW EXCLUSIVE MODE", "Writers t")]
    [TestCase("TRUNCATE t, u", "Users t u")]
    [TestCase("REFRESH MATERIALIZED VIEW v", "Users v")]
    [TestCase("CLUSTER t", "Users t")]
    public void What_locks_others_out_holds_its_names(string sql, string hold)
    {
        var held = Facts(sql).Hold!;

        Assert.That($"{held.Reach} {string.Join(' ', held.Names)}", Is.EqualTo(hold));
    }

    [TestCase("LOCK TABLE t IN ACCESS SHARE MODE")]
    [TestCase("LOCK TABLE t IN ROW EXCLUSIVE MODE")]
    [TestCase("SELECT * FROM t FOR UPDATE")]
    public void What_lets_others_in_holds_nothing(string sql) => Assert.That(Facts(sql).Hold, Is.Null);

    [Test]
    public void Every_statement_that_changes_the_catalog_says_whom_it_concerns()
    {
        foreach (var row in CommandTable.Rows.Where(row => row.Node is not ("DoStmt" or "CallStmt")))
            if (row.Class(new(ProtoSchema.Type(row.Node), default)) is StatementClass.Ddl)
                Assert.That(ChangeReader.Of(new(ProtoSchema.Type(row.Node), default), StatementClass.Ddl), Is.Not.Null, row.Node);
    }

    [Test]
    public void Names_are_used_by_their_last_part()
    {
        var use = new NameUse(["t", "f"], writes: false);

        Assert.That(use.IsUnder(new(ChangeReach.Users, ["u", "t"])), Is.True);
        Assert.That(use.IsUnder(new(ChangeReach.Writers, ["t"])), Is.False);
        Assert.That(new NameUse(["t"], writes: true).IsUnder(new(ChangeReach.Writers, ["t"])), Is.True);
        Assert.That(use.IsUnder(new(ChangeReach.Users, ["u"])), Is.False);
        Assert.That(use.IsUnder(NameClaim.Everybody), Is.True);
        Assert.That(use.IsUnder(NameClaim.Nobody), Is.False);
    }

    static StatementFacts Facts(string sql) => s_analyzer.Analyze(Encoding.UTF8.GetBytes(sql)).Statements.Single();
}
