using System.Text;
using WireProxy.Sql.Postgres;

namespace WireProxy.Sql.Tests;

public sealed class LimitTests
{
    static readonly PostgresAnalyzer s_analyzer = new();

    static readonly (string Head, string Repeated, string Tail)[] s_nasty =
    [
        ("SELECT 1", "+1", ""), ("SELECT ", "+", "1"), ("SELECT ", "- ", "1"), ("SELECT ", "NOT ", "true"), ("SELECT ", "(", "1"),
        ("SELECT ARRAY", "[", "1"), ("SELECT 1", " UNION ALL SELECT 1", ""), ("SELECT 1", "::int", ""), ("SELECT ", "CASE WHEN a.end AND ", "1"),
        ("SELECT * FROM a", " JOIN b ON true", ""), ("SELECT 1", " IS NULL", ""), ("SELECT 1", " AND (1 OR 1)", ""), ("SELECT ", "(SELECT ", "1"),
        ("SELECT 1", " BETWEEN 1 AND NOT 1", ""), ("SELECT ", "f(", "1"), ("SELECT * FROM ", "(SELECT * FROM ", "x"), ("WITH a AS (", "WITH a AS (", "SELECT 1"),
        ("SELECT 1 WHERE ", "EXISTS (SELECT 1 WHERE ", "true"), ("SELECT row", "(row", "(1)"), ("SELECT a", "[1]", ""), ("SELECT a", ".b", ""),
        ("SELECT 1 ", "AT TIME ZONE 'x' ", ""), ("SELECT a", " COLLATE x", ""), ("EXPLAIN ", "EXPLAIN ", "SELECT 1"), ("", "SELECT 1;", ""),
        ("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC ", "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC ", "SELECT 1"),
        ("CREATE SCHEMA s ", "CREATE TABLE t (a int) ", ""), ("SELECT 1", " OPERATOR(pg_catalog.+) 1", ""), ("SELECT x IN (", "x IN (", "1"),
        ("DO $$ ", "BEGIN ", "$$"), ("DO $$ BEGIN ", "IF 1 THEN ", "NULL; END $$"), ("DO $$ BEGIN ", "LOOP ", "$$"), ("DO $$ BEGIN ", "<<a>> BEGIN ", "$$"),
        ("DO $$ BEGIN x := ", "(", "1; END $$"), ("DO 'BEGIN EXECUTE ", "''DO ", "'"), ("/*", "/*", ""), ("SELECT $a$", "$b", ""), ("SELECT '", "\\", ""),
        ("GRANT SELECT ON a", ", a", " TO b"), ("SELECT crypt(", "crypt('x', ", "'y')"), ("SELECT ", "query_to_xml('SELECT 1', ", "1"),
    ];

    public static IEnumerable<TestCaseData> Nasty =>
        from text in s_nasty
        from count in new[] { 50, 1_000, 9_000, 60_000 }
        select new TestCaseData(text.Head, text.Repeated, text.Tail, count);

    [TestCaseSource(nameof(Nasty))]
    public void Nothing_ends_the_process(string head, string repeated, string tail, int count)
    {
        Assert.That(() => s_analyzer.Analyze(Utf8(Repeated.Open(head, repeated, tail, count))), Throws.Nothing);
        Assert.That(() => s_analyzer.Analyze(Utf8(Repeated.Close(head, repeated, tail, count))), Throws.Nothing);
    }

    [TestCaseSource(nameof(Nasty))]
    public void Nothing_ends_the_process_on_a_small_stack(string head, string repeated, string tail, int count)
    {
        // 512 KB is what the analysis may use of its caller's stack; the test's own frames and the runtime's guard come on top.
        Exception? failure = null;
        var text = Utf8(Repeated.Close(head, repeated, tail, count));
        var thread = new Thread(() =>
        {
            try
            {
                s_analyzer.Analyze(text);
            }
            catch (InvalidOperationException e)
            {
                failure = e;
            }
        }, (512 + 192) << 10);
        thread.Start();
        thread.Join();
        Assert.That(failure, Is.Null);
    }

    [Test]
    public void A_deep_statement_within_the_limit_is_understood()
    {
        var analyzed = s_analyzer.Analyze(Utf8(Repeated.Open("DELETE FROM t WHERE a = 1", "+f(b)", "", 2_400)));
        Assert.That(analyzed.Statements.Single().Functions, Is.EqualTo([new FunctionReference(null, "f")]));
    }

    [Test]
    public void A_statement_beyond_the_nesting_limit_is_refused_by_its_name()
    {
        var analyzed = s_analyzer.Analyze(Utf8(Repeated.Open("SELECT 1", "+1", "", 20_000)));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(analyzed.Statements, Is.Empty);
            Assert.That(analyzed.Problem!.Message, Does.Contain("MaxNesting").And.Contain("10000"));
        }
    }

    [Test]
    public void A_text_beyond_the_size_limit_is_refused_by_its_name()
    {
        var analyzer = new PostgresAnalyzer { MaxStatementBytes = 2_000 };
        var analyzed = analyzer.Analyze(Utf8("SELECT '" + new string('x', 2_000) + "'"));
        Assert.That(analyzed.Problem!.Message, Does.Contain("MaxStatementBytes").And.Contain("2000"));
    }

    [Test]
    public void A_megabyte_of_rows_is_understood()
    {
        var text = Repeated.Open("INSERT INTO clinic.patients (id, name, ssn) VALUES (0, 'x', 'y')", ", (1, 'O''Brien', '123-45-6789')", "", 36_000);
        Assert.That(text, Has.Length.GreaterThan(1 << 20));
        Assert.That(FactsText.Of(s_analyzer.Analyze(Utf8(text)).Statements.Single()), Is.EqualTo(
            "INSERT; write; relations clinic.patients:w; columns clinic.patients.id clinic.patients.name clinic.patients.ssn"));
    }

    [Test]
    public void A_zero_byte_is_a_problem_and_not_an_end()
    {
        var analyzed = s_analyzer.Analyze("SELECT 1\0; DROP TABLE a"u8);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(analyzed.Statements, Is.Empty);
            Assert.That(analyzed.Problem!.Message, Does.Contain("zero byte"));
        }
    }

    [TestCase(new byte[] { (byte)'S', 0xFF })]
    [TestCase(new byte[] { 0xC0, 0x80 })]
    [TestCase(new byte[] { 0xED, 0xA0, 0x80 })]
    [TestCase(new byte[] { 0xE2, 0x82 })]
    public void Invalid_utf8_is_a_problem(byte[] text) =>
        Assert.That(s_analyzer.Analyze(text).Problem!.Message, Does.Contain("UTF-8"));

    [Test]
    public void Runs_of_operators_that_the_lexer_is_slow_on_are_refused()
    {
        foreach (var text in new[] { new string('+', 100_000), Repeated.Open("SELECT 1 ", "/*", "", 100_000) })
            Assert.That(s_analyzer.Analyze(Utf8(text)).Problem!.Message, Does.Contain("operator characters"));
    }

    [Test]
    public void A_body_of_very_many_statements_is_unknown_rather_than_slow()
    {
        var analyzed = s_analyzer.Analyze(Utf8(Repeated.Open("DO $$ BEGIN ", "PERFORM f(1);", " END $$", 25_000)));
        Assert.That(analyzed.Statements.Single().HasUnknownSql, Is.True);
    }

    [Test]
    public void Problems_hide_a_text_that_speaks_of_a_password()
    {
        foreach (var text in new[] { "ALTER ROLE joe PASWORD 'x' -- PaSsWoRd", "ALTER ROLE joe PASSWORD 'x", "PASSWORD \0" })
            Assert.That(s_analyzer.Analyze(Utf8(text)).Secrets, Is.EqualTo([new SecretSpan(0, text.Length)]));
    }

    [Test]
    public void Small_texts_are_those_that_need_no_other_thread()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(PostgresAnalyzer.IsSmall(200), Is.True);
            Assert.That(PostgresAnalyzer.IsSmall(1 << 20), Is.False);
        }
    }

    static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
