using WireProxy.Cli.PolicyTest;

namespace WireProxy.Cli.Tests;

internal sealed class StatementSplitterTests
{
    [TestCase("select 1; select 2", "select 1", "select 2")]
    [TestCase(" ;; select 1;\n;", "select 1")]
    [TestCase("-- nothing; here\nselect 1", "select 1")]
    [TestCase("/* a; /* b; */ c; */ select 1; /* open", "select 1")]
    [TestCase("select ';', 'it''s;', E'\\';', \"a;b\"; select 2", "select ';', 'it''s;', E'\\';', \"a;b\"", "select 2")]
    [TestCase("select '\\'; select 2", "select '\\'", "select 2")]
    [TestCase("do $$ begin; end $$; select $a$ ; $b$ ; $a$; select 3", "do $$ begin; end $$", "select $a$ ; $b$ ; $a$", "select 3")]
    [TestCase("select $1; select a$b$; select 3", "select $1", "select a$b$", "select 3")]
    [TestCase("create rule r as on insert to t do (select 1; select 2); select 3", "create rule r as on insert to t do (select 1; select 2)", "select 3")]
    [TestCase("select ); select 2", "select )", "select 2")]
    [TestCase("select 'open; select 2", "select 'open; select 2")]
    [TestCase("")]
    public void A_script_is_cut_where_psql_would_send_it(string script, params string[] expected) =>
        Assert.That(StatementSplitter.Split(script).Select(statement => statement.Text), Is.EqualTo(expected));

    [Test]
    public void Each_statement_knows_the_line_it_begins_on() =>
        Assert.That(StatementSplitter.Split("-- one\nselect\n 1;\n\n/* five\n*/ select 2; select 3").Select(statement => statement.Line), Is.EqualTo(new[] { 2, 6, 6 }));
}
