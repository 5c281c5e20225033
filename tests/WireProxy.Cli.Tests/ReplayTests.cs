using System.Text.Json;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.Cli.Tests;

/// <summary>Replays of journals made by hand.</summary>
internal sealed class ReplayTests
{
    private const int TextType = 25;
    private const int Int4 = 23;

    private Recording _recording = null!;

    [SetUp]
    public void SetUp() => _recording = new Recording();

    [TearDown]
    public ValueTask TearDown() => _recording.DisposeAsync();

    [Test]
    public async Task A_simple_statement_shows_who_what_decided_rows_and_tag()
    {
        await _recording.OpenedAsync();
        await _recording.DecisionAsync("""{"decision":"allow","command":"SELECT","tables":["clinic.patients"]}""");
        await _recording.ClientAsync(Query("SELECT id, name\nFROM clinic.patients"));
        await _recording.ServerAsync(Answer.Columns(("id", Int4, 0), ("name", TextType, 0)), Answer.Row("7", "****"), Answer.Row("1234", null), Answer.Done("SELECT 2"), Answer.Ready);
        await _recording.ClosedAsync();
        var replay = await ReplayAsync();
        Assert.That(replay, Does.Contain("who       alice from 127.0.0.1 as 'psql'").And.Contain("where     database clinic by listener front (postgres)"));
        Assert.That(WithoutTimes(replay), Does.Contain("""
            allow: SELECT on clinic.patients
            > SELECT id, name
              FROM clinic.patients
              id  | name
            ------+------
                7 | ****
             1234 | NULL
            (2 rows)
            SELECT 2
            closed (client): the client closed the connection
            """));
    }

    [Test]
    public async Task A_refused_statement_is_shown_although_it_never_went_to_the_database()
    {
        await _recording.OpenedAsync();
        await _recording.DecisionAsync("""{"decision":"block","rule":"no-destruction","command":"DROP DATABASE","sqlstate":"42501","message":"no","statement":"DROP DATABASE clinic"}""");
        await _recording.ServerAsync(Answer.Error("42501", "not run", "ask somebody"), Answer.Ready);
        Assert.That(WithoutTimes(await ReplayAsync()), Does.Contain("""
            block by rule no-destruction: DROP DATABASE
              not run: DROP DATABASE clinic
            ERROR 42501: not run
            HINT: ask somebody
            """));
    }

    [Test]
    public async Task A_prepared_statement_runs_with_its_parameters_and_the_columns_of_its_description()
    {
        await _recording.OpenedAsync();
        await _recording.ClientAsync(Parse("SELECT $1::int4, $2", "s1"), Describe('S', "s1"), Sync);
        await _recording.ServerAsync(Answer.ParseComplete, Answer.Parameters(Int4, TextType), Answer.Columns(("number", Int4, 0), ("word", TextType, 0)), Answer.Ready);
        // Executed twice without a Describe; results in binary.
        for (var run = 1; run <= 2; run++)
        {
            await _recording.ClientAsync(Bind(statement: "s1", format: 1, values: ["5", null]), Execute(), Sync);
            await _recording.ServerAsync(Answer.BindComplete, Answer.Row(Int32(5 * run), "abc"u8.ToArray()), Answer.Done("SELECT 1"), Answer.Ready);
        }
        Assert.That(WithoutTimes(await ReplayAsync()), Does.Contain("""
            prepare s1: SELECT $1::int4, $2
            > SELECT $1::int4, $2
              $1 = '5'
              $2 = NULL
             number | word
            --------+------
                  5 | abc
            (1 row)
            SELECT 1
            > SELECT $1::int4, $2
              $1 = '5'
              $2 = NULL
             number | word
            --------+------
                 10 | abc
            (1 row)
            SELECT 1
            """));
    }

    [Test]
    public async Task A_pipeline_keeps_each_answer_with_its_statement_and_an_error_ends_at_the_sync()
    {
        await _recording.OpenedAsync();
        await _recording.ClientAsync(
            Parse("SELECT 1"), Bind(), Describe('P'), Execute(), Parse("SELECT broken"), Bind(), Describe('P'), Execute(), Parse("SELECT skipped"), Bind(), Execute(), Sync,
            Parse("SELECT 'after'"), Bind(), Describe('P'), Execute(), Sync);
        await _recording.ServerAsync(
            Answer.ParseComplete, Answer.BindComplete, Answer.Columns(("one", Int4, 0)), Answer.Row("1"), Answer.Done("SELECT 1"),
            Answer.Error("42703", "no such column"), Answer.Ready,
            Answer.ParseComplete, Answer.BindComplete, Answer.Columns(("after", TextType, 0)), Answer.Row("x"), Answer.Done("SELECT 1"), Answer.Ready);
        var replay = WithoutTimes(await ReplayAsync());
        Assert.That(replay, Does.Contain("""
             one
            -----
               1
            (1 row)
            SELECT 1
            ERROR 42703: no such column
             after
            -------
             x
            (1 row)
            """));
    }

    [Test]
    public async Task A_portal_fetched_in_parts_names_its_columns_each_time()
    {
        await _recording.OpenedAsync();
        await _recording.ClientAsync(Parse("SELECT n"), Bind("p"), Describe('P', "p"), Execute("p", 1), Execute("p", 1), Sync);
        await _recording.ServerAsync(Answer.ParseComplete, Answer.BindComplete, Answer.Columns(("n", Int4, 0)),
            Answer.Row("1"), Answer.Suspended, Answer.Row("2"), Answer.Done("SELECT 1"), Answer.Ready);
        var replay = WithoutTimes(await ReplayAsync());
        Assert.That(replay, Does.Contain(" n\n---\n 1\n(1 row)\n n\n---\n 2\n(1 row)\n"));
    }

    [Test]
    public async Task Copies_in_both_directions_are_shown_as_they_went()
    {
        await _recording.OpenedAsync();
        await _recording.ClientAsync(Query("COPY a TO STDOUT"));
        await _recording.ServerAsync(Answer.CopyBegins('H', 0), CopyData("1\t****\n"u8.ToArray()), CopyData("2\t****\n"u8.ToArray()), Answer.CopyDone, Answer.Done("COPY 2"), Answer.Ready);
        await _recording.ClientAsync(Query("COPY b FROM STDIN"));
        await _recording.ServerAsync(Answer.CopyBegins('G', 1));
        await _recording.ClientAsync(CopyData([0, 255]), CopyFail("enough"));
        Assert.That(WithoutTimes(await ReplayAsync()), Does.Contain("copy to the client:\n1\t****\n2\t****\nCOPY 2\n")
            .And.Contain("copy from the client, binary:\n00ff\ncopy given up by the client: enough\n"));
    }

    [Test]
    public async Task Records_cut_anywhere_give_the_same_replay()
    {
        byte[] client = Join(Parse("SELECT $1", "s"), Bind(statement: "s", values: ["v"]), Describe('P'), Execute(), Sync);
        byte[] server = Join(Answer.ParseComplete, Answer.BindComplete, Answer.Columns(("c", TextType, 0)), Answer.Row("v"), Answer.Notice("hello"), Answer.Done("SELECT 1"), Answer.Ready);
        await _recording.OpenedAsync();
        await _recording.ClientAsync(client);
        await _recording.ServerAsync(server);
        var whole = WithoutTimes(await ReplayAsync());
        Assert.That(whole, Does.Contain("NOTICE 00000: hello"));
        await using var cut = new Recording();
        await cut.OpenedAsync();
        foreach (var piece in client)
            await cut.ClientAsync([piece]);
        foreach (var piece in server)
            await cut.ServerAsync([piece]);
        Assert.That(WithoutTimes(await ReplayAsync(cut)), Is.EqualTo(whole.Replace(_recording.Session.ToString(), cut.Session.ToString(), StringComparison.Ordinal)));
    }

    [Test]
    public async Task What_could_move_the_auditors_cursor_is_escaped()
    {
        await _recording.OpenedAsync(user: "\\u001b[2Jalice");
        await _recording.ClientAsync(Query("SELECT '\e]0;title\a' -- \u202e"));
        await _recording.ServerAsync(Answer.Columns(("\e[31m", TextType, 0)), Answer.Row("a\r\nb\u009b"), Answer.Error("XX000", "\e[H"), Answer.Ready);
        var replay = await ReplayAsync();
        Assert.That(replay.Where(character => char.IsControl(character) && character != '\n'), Is.Empty);
        Assert.That(replay, Does.Not.Contain('\u202e').And.Contain("\\x1b[2Jalice").And.Contain("a\\r\\nb\\x9b"));
    }

    [Test]
    public async Task Parameters_told_at_login_are_left_out_and_later_changes_are_shown()
    {
        await _recording.OpenedAsync();
        await _recording.ServerAsync(Message('S', Text("TimeZone"), Text("UTC")), Answer.Ready);
        await _recording.ClientAsync(Query("SET TimeZone TO 'Asia/Tokyo'"));
        await _recording.ServerAsync(Message('S', Text("TimeZone"), Text("Asia/Tokyo")), Answer.Done("SET"), Answer.Ready);
        var replay = await ReplayAsync();
        Assert.That(replay, Does.Not.Contain("TimeZone is UTC").And.Contain("TimeZone is Asia/Tokyo"));
    }

    [Test]
    public async Task Bytes_that_are_no_messages_are_named_once_and_the_rest_goes_on()
    {
        await _recording.OpenedAsync();
        await _recording.ClientAsync([(byte)'Q', 0xff, 0xff, 0xff, 0xff, 1]);
        await _recording.ClientAsync(Query("SELECT 1"));
        await _recording.ServerAsync(Answer.Notice("still here"));
        var replay = await ReplayAsync();
        Assert.That(replay, Does.Contain("[the rest of the client's bytes, which cannot be read:").And.Contain("still here"));
        Assert.That(replay.Split("cannot be read"), Has.Length.EqualTo(2));
    }

    [Test]
    public async Task A_credential_that_was_given_out_is_shown()
    {
        await _recording.OpenedAsync(listener: "console", protocol: "http");
        await _recording.AccessAsync("""{"access":"issued","credential":"abc","username":"wp_x","listener":"clinic","purpose":"\u001b[2Jreport","expires_at":"2026-11-20T13:00:00Z"}""");
        await _recording.ClosedAsync();
        var text = await Cli.RunAsync("replay", "--journal", _recording.Directory, _recording.Session.ToString());
        Assert.That(text.Output, Does.Contain("issued credential abc (wp_x) for listener clinic, until 2026-11-20T13:00:00Z, for: \\x1b[2Jreport"));
        var json = await Cli.RunAsync("replay", "--journal", _recording.Directory, _recording.Session.ToString(), "--format", "json");
        Assert.That(JsonDocument.Parse(json.OutputLines[1]).RootElement.GetProperty("event").GetString(), Is.EqualTo("access"));
    }

    [Test]
    public async Task Json_has_one_object_for_each_event()
    {
        await _recording.OpenedAsync();
        await _recording.DecisionAsync("""{"decision":"allow","command":"SELECT","tables":[]}""");
        await _recording.ClientAsync(Query("SELECT 1"));
        await _recording.ServerAsync(Answer.Columns(("n", Int4, 0)), Answer.Row("1"), Answer.Done("SELECT 1"), Answer.Ready);
        await _recording.ClosedAsync();
        var result = await Cli.RunAsync("replay", "--journal", _recording.Directory, _recording.Session.ToString(), "--format", "json");
        var events = result.OutputLines.Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.That(events.Select(one => one.GetProperty("event").GetString()),
            Is.EqualTo(new[] { "opened", "decision", "statement", "columns", "row", "complete", "closed" }));
        Assert.That(events[0].GetProperty("user").GetString(), Is.EqualTo("alice"));
        Assert.That(events[2].GetProperty("statement").GetString(), Is.EqualTo("SELECT 1"));
        Assert.That(events[4].GetProperty("values")[0].GetString(), Is.EqualTo("1"));
        Assert.That(events.Select(one => one.GetProperty("time").GetDateTime()), Is.Ordered);
    }

    [Test]
    public async Task The_beginning_of_an_id_is_enough_where_it_is_the_only_one()
    {
        await _recording.OpenedAsync();
        var prefix = _recording.Session.ToString()[..8];
        Assert.That((await Cli.RunAsync("replay", "--journal", _recording.Directory, prefix.ToUpperInvariant())).Output, Does.Contain(_recording.Session.ToString()));
        var none = await Cli.RunAsync("replay", "--journal", _recording.Directory, "zzz");
        Assert.That((none.ExitCode, none.Error), Is.EqualTo((2, "wireproxy: no session of this journal begins with 'zzz'; 'wireproxy sessions' lists them\n")));
    }

    private Task<string> ReplayAsync() => ReplayAsync(_recording);

    private static async Task<string> ReplayAsync(Recording recording)
    {
        var result = await Cli.RunAsync("replay", "--journal", recording.Directory, recording.Session.ToString());
        Assert.That(result.ExitCode, Is.Zero, result.ToString);
        return result.Output;
    }

    /// <summary>Without the column of times, which is the same twelve characters on every line below the heading.</summary>
    private static string WithoutTimes(string replay) => string.Join('\n', replay.Split('\n')
        .Where(line => !line.StartsWith("began", StringComparison.Ordinal))
        .Select(line => line.StartsWith('+') || line.StartsWith("            ", StringComparison.Ordinal) ? line[12..] : line));
}
