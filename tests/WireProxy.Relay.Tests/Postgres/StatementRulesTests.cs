using System.Text;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Postgres;
using WireProxy.Sql;
using WireProxy.Sql.Postgres;

namespace WireProxy.Relay.Tests.Postgres;

/// <summary>The small rules by which statements, names and texts are judged.</summary>
public sealed class StatementRulesTests
{
    [TestCase("SELECT 1", "None")]
    [TestCase("INSERT INTO t VALUES (1)", "Hidden")]
    [TestCase("COMMIT", "Settings, EndsChanges, EndsTransaction")]
    [TestCase("ROLLBACK TO SAVEPOINT s", "Settings, EndsChanges")]
    [TestCase("SET search_path = x", "Settings")]
    [TestCase("SELECT pg_catalog.set_config('search_path', 'x', false)", "Settings")]
    [TestCase("SELECT anything()", "Settings, Names")]
    [TestCase("DEALLOCATE p", "Names")]
    [TestCase("PREPARE p AS SELECT 1", "Names")]
    [TestCase("DECLARE c CURSOR FOR SELECT 1", "Names")]
    [TestCase("CREATE TABLE t (n int)", "Settings, Catalog")]
    [TestCase("CREATE TABLE t AS SELECT f()", "Settings, Names, Catalog")]
    [TestCase("CALL p()", "Settings, Names, Catalog")]
    [TestCase("COMMIT PREPARED 'x'", "Settings, Catalog")]
    [TestCase("EXECUTE p", "All")]
    [TestCase("FETCH 1 FROM c", "All")]
    public void A_statement_has_the_effects_of_its_kind(string sql, string effects) =>
        Assert.That(StatementEffects.Of(Facts(sql), null, _ => StatementEffect.All).ToString(), Is.EqualTo(effects));

    [Test]
    public void A_name_stands_for_everything_that_was_asked_for_it()
    {
        var named = new NamedStatements();
        named.Note("p", Facts("PREPARE p AS SELECT 1"), null);
        named.Note("p", Facts("PREPARE p AS SELECT 2"), null);
        Assert.That(named.Find(Facts("EXECUTE p")), Has.Count.EqualTo(2));
        Assert.That(named.Find(Facts("EXECUTE q")), Is.Null);
    }

    [Test]
    public void Names_are_told_apart_as_the_server_does_and_beyond_ascii_not_at_all()
    {
        var named = new NamedStatements();
        string stem = new('n', 63);
        named.Note(stem + "a", Facts("SELECT 1"), null);
        named.Note(Names.Of("pé"u8), Facts("SELECT 2"), null);
        Assert.That(named.Find(Facts($"EXECUTE {stem}")), Has.Count.EqualTo(1));
        Assert.That(named.Find(Facts("EXECUTE \"pé\"")), Has.Count.EqualTo(1));
    }

    [Test]
    public void A_portal_of_the_protocol_makes_every_fetch_unknown_and_no_execute()
    {
        var named = new NamedStatements();
        named.Note("c", Facts("SELECT 1"), null);
        named.PortalBound();
        Assert.That(named.Find(Facts("FETCH 1 FROM c")), Is.Null);
        Assert.That(named.Find(Facts("EXECUTE c")), Is.Not.Null);
    }

    [Test]
    public void More_names_than_can_be_held_are_all_unknown()
    {
        var named = new NamedStatements();
        for (int i = 0; i < 2_000; i++)
            named.Note($"s{i}", Facts("SELECT 1"), null);
        Assert.That(named.HasForgotten);
        Assert.That(named.Find(Facts("EXECUTE s1999")), Is.Null);
    }

    [Test]
    public void A_name_is_its_first_63_bytes()
    {
        byte[] stem = [.. Enumerable.Repeat((byte)'x', 63)];
        Assert.That(Names.Of([.. stem, 1, 2]), Is.EqualTo(Names.Of(stem)));
        Assert.That(Names.Of(stem.AsSpan(1)), Is.Not.EqualTo(Names.Of(stem)));
        Assert.That(Names.Of([0xFF]), Is.Not.EqualTo(Names.Of([0xFE])), "bytes that are no UTF-8 stay different");
        Assert.That(Names.Of([]), Is.Empty);
    }

    [TestCase("SJIS", ExpectedResult = true)]
    [TestCase("gbk", ExpectedResult = true)]
    [TestCase("JOHAB", ExpectedResult = true)]
    [TestCase("UTF8", ExpectedResult = false)]
    [TestCase("LATIN1", ExpectedResult = false)]
    [TestCase("EUC_JP", ExpectedResult = false)]
    public bool An_encoding_with_ascii_inside_its_letters_is_unsafe(string encoding) => ClientEncodings.IsUnsafe(encoding);

    [Test]
    public void Text_is_read_as_the_lexer_reads_it()
    {
        Assert.That(ClientEncodings.ToUtf8("ascii"u8, "LATIN1"), Is.Null);
        Assert.That(ClientEncodings.ToUtf8("é"u8, "UTF8"), Is.Null);
        Assert.That(ClientEncodings.ToUtf8([(byte)'a', 0xE9], "LATIN1"), Is.EqualTo("aé"u8.ToArray()));
        Assert.That(ClientEncodings.ToUtf8([0xA4, 0xA2], "EUC_JP"), Is.EqualTo(Encoding.UTF8.GetBytes("\u00A4\u00A2")));
    }

    [Test]
    public void Secrets_are_blanked_length_for_length_within_the_text()
    {
        byte[] text = "ALTER ROLE a PASSWORD 'geheim'"u8.ToArray();
        Secrets.Blank(text, [new SecretSpan(22, 8), new SecretSpan(1_000, 5), new SecretSpan(29, 50), new SecretSpan(-4, 2)]);
        Assert.That(Encoding.ASCII.GetString(text)[2..], Is.EqualTo("TER ROLE a PASSWORD ********"));
        Assert.That(text, Has.Length.EqualTo(30));
    }

    [Test]
    public void In_a_frame_only_the_text_is_blanked()
    {
        using var record = new WireWriter();
        record.WriteBytes("QxxxxSELECT 'geheim'\0"u8);
        Secrets.Blank(record, 5, [new SecretSpan(7, 8)]);
        Assert.That(Encoding.ASCII.GetString(record.WrittenSpan), Is.EqualTo("QxxxxSELECT ********\0"));
    }

    [Test]
    public void A_text_is_safe_where_the_parser_or_the_server_alone_words_it()
    {
        ErrorFields syntax = ErrorFields.Create("ERROR", "42601", "syntax error").With(ErrorFieldCode.Position, "7");
        ErrorFields shutdown = ErrorFields.Create("FATAL", "57P01", "terminating connection");
        ErrorFields duplicate = ErrorFields.Create("ERROR", "23505", "duplicate key");
        Assert.That(ErrorTexts.AreSafe(syntax));
        Assert.That(ErrorTexts.AreSafe(shutdown));
        Assert.That(ErrorTexts.AreSafe(duplicate), Is.False);
        foreach (ErrorFields fields in (ErrorFields[])[syntax, shutdown])
        {
            Assert.That(ErrorTexts.AreSafe(fields.With(ErrorFieldCode.Where, "PL/pgSQL function f() line 1 at RAISE")), Is.False);
            Assert.That(ErrorTexts.AreSafe(fields.With(ErrorFieldCode.InternalQuery, "SELECT 1")), Is.False);
        }
    }

    [TestCase("00000", "ProcessUtilitySlow", null, ExpectedResult = true, Description = "ALTER TABLE IF EXISTS nowhere")]
    [TestCase("34000", "PerformPortalFetch", null, ExpectedResult = true)]
    [TestCase("34000", "PerformPortalFetch", "PL/pgSQL function f() line 1 at FETCH", ExpectedResult = false)]
    [TestCase("34000", "GetPortalByName", null, ExpectedResult = false)]
    [TestCase("42P01", "RangeVarGetRelidExtended", null, ExpectedResult = false, Description = "a value cast to regclass is quoted")]
    [TestCase("00000", "elog_node_display", null, ExpectedResult = false)]
    public bool Names_that_the_statement_writes_are_told(string code, string routine, string? where)
    {
        ErrorFields fields = ErrorFields.Create("NOTICE", code, "relation \"x\" does not exist, skipping").With(ErrorFieldCode.Routine, routine);
        return ErrorTexts.AreSafe(where is null ? fields : fields.With(ErrorFieldCode.Where, where));
    }

    [TestCase("PL/pgSQL function fire() line 1 at RAISE\nCOPY t, line 1", ExpectedResult = true)]
    [TestCase("SQL function \"f\" statement 1", ExpectedResult = true)]
    [TestCase("COPY t, line 1, column n: \"x\"", ExpectedResult = false)]
    [TestCase("JSON data, line 1: {x", ExpectedResult = false)]
    public bool A_context_tells_whether_running_code_has_raised_it(string context) =>
        ErrorTexts.ComeFromRunningCode(ErrorFields.Create("ERROR", "P0001", "x").With(ErrorFieldCode.Where, context));

    private static StatementFacts Facts(string sql) => new PostgresAnalyzer().Analyze(Encoding.UTF8.GetBytes(sql)).Statements.Single();
}
