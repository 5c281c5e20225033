using System.Text.Json;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;

namespace WireProxy.Cli.Tests;

/// <summary>Replays of TDS sessions made by hand.</summary>
internal sealed class TdsReplayTests
{
    private const string Version74 = ""","tds_version":"0x74000004","tds_column_encryption":false,"tds_data_classification":0""";
    private const string Version71 = ""","tds_version":"0x71000001" """;

    private Recording _recording = null!;
    private TdsMessages _tds = null!;

    [SetUp]
    public void SetUp() => (_recording, _tds) = (new Recording(), new TdsMessages());

    [TearDown]
    public ValueTask TearDown() => _recording.DisposeAsync();

    [Test]
    public async Task A_batch_shows_what_decided_rows_messages_and_counts()
    {
        await OpenedAsync();
        await _recording.DecisionAsync("""{"decision":"allow","command":"SELECT","tables":["clinic.patients"]}""");
        await _recording.ClientAsync(_tds.Batch("SELECT id, name\nFROM clinic.patients"));
        await _recording.ServerAsync(_tds.Answer(
            _tds.Columns(TdsMessages.IdAndName), TdsMessages.Row(7, "****"), TdsMessages.Row(1234, null), _tds.Done(DoneStatus.More | DoneStatus.Count, 2),
            _tds.Message(TokenType.Info, 0, "hello"), _tds.Message(TokenType.Error, 208, "no such table", "p", 16), _tds.Done(DoneStatus.Error | DoneStatus.InTransaction)));
        await _recording.ClosedAsync();
        var replay = await ReplayAsync();
        Assert.That(replay, Does.Contain("where     database clinic by listener front (tds)"));
        Assert.That(WithoutTimes(replay), Does.Contain("""
            allow: SELECT on clinic.patients
            > SELECT id, name
              FROM clinic.patients
              id  | name
            ------+------
                7 | ****
             1234 | NULL
            (2 rows)
            DONE 2 rows
            PRINT: hello
            ERROR 208, level 16, state 1, procedure p, line 3: no such table
            DONE, error, in a transaction
            closed (client): the client closed the connection
            """));
    }

    [Test]
    public async Task A_call_shows_its_statement_and_parameters_and_a_handle_the_text_it_stands_for()
    {
        await OpenedAsync();
        await _recording.ClientAsync(_tds.Call(ProcedureId.PrepExec, ("@handle", null, true), ("@params", "@i int", false), ("@stmt", "SELECT @i", false), ("@i", 5, false)));
        await _recording.ServerAsync(_tds.Answer(_tds.Returned("@handle", 77), _tds.Done(type: TokenType.DoneProc)));
        await _recording.ClientAsync(_tds.Call(ProcedureId.Execute, ("", 77, false), ("@i", 6, false)));
        await _recording.ServerAsync(_tds.Answer(_tds.Done(type: TokenType.DoneProc)));
        Assert.That(WithoutTimes(await ReplayAsync()), Does.Contain("""
            > sp_prepexec: SELECT @i
              @handle int = NULL output
              @params nvarchar(50) = '@i int'
              @i int = '5'
            output @handle = '77'
            DONEPROC
            > sp_execute: SELECT @i
              (by its place) int = '77'
              @i int = '6'
            DONEPROC
            """));
    }

    [Test]
    public async Task Rows_of_a_fetch_without_columns_have_those_of_their_cursor()
    {
        await OpenedAsync();
        await _recording.ClientAsync(_tds.Call(ProcedureId.CursorOpen, ("@cursor", null, true), ("@stmt", "SELECT id, name FROM t", false)));
        await _recording.ServerAsync(_tds.Answer(
            _tds.Columns(TdsMessages.IdAndName), _tds.Done(type: TokenType.DoneInProc), _tds.Returned("@cursor", 9), _tds.Done(type: TokenType.DoneProc)));
        // Another statement's columns come between.
        await _recording.ClientAsync(_tds.Batch("SELECT 1 AS one"));
        await _recording.ServerAsync(_tds.Answer(_tds.Columns(TdsMessages.IdAndName[0] with { Name = "one" }), _tds.Done()));
        await _recording.ClientAsync(_tds.Call(ProcedureId.CursorFetch, ("@cursor", 9, false)));
        await _recording.ServerAsync(_tds.Answer(_tds.NoColumns(), TdsMessages.Row(3, "x"), _tds.Done(type: TokenType.DoneProc)));
        Assert.That(WithoutTimes(await ReplayAsync()), Does.Contain("""
            > sp_cursorfetch: SELECT id, name FROM t
              @cursor int = '9'
             id | name
            ----+------
              3 | x
            (1 row)
            """));
    }

    [Test]
    public async Task A_bulk_load_shows_the_rows_that_the_client_sent()
    {
        await OpenedAsync();
        await _recording.ClientAsync(_tds.Batch("INSERT BULK t (id int, name nvarchar(50))"));
        await _recording.ServerAsync(_tds.Answer(_tds.Done()));
        await _recording.ClientAsync(_tds.BulkLoad((1, "a"), (2, null)));
        await _recording.ServerAsync(_tds.Answer(_tds.Done(DoneStatus.Count, 2)));
        Assert.That(WithoutTimes(await ReplayAsync()), Does.Contain("bulk load from the client:\n id | name\n----+------\n  1 | a\n  2 | NULL\n(2 rows)\nDONE 2 rows\n"));
    }

    [Test]
    public async Task A_reset_and_a_cancellation_are_shown()
    {
        await OpenedAsync();
        await _recording.ClientAsync(_tds.Batch("WAITFOR DELAY '1:00'", PacketStatus.ResetConnection), _tds.Attention());
        await _recording.ServerAsync(_tds.Answer(_tds.Done(DoneStatus.Attention)));
        Assert.That(WithoutTimes(await ReplayAsync()), Does.Contain("> session reset\n> WAITFOR DELAY '1:00'\n> cancel (attention)\nDONE, cancelled\n"));
    }

    [TestCase(512)]
    [TestCase(4096)]
    public async Task Records_cut_anywhere_and_packets_of_any_size_give_the_same_replay(int packetSize)
    {
        var tds = new TdsMessages(packetSize: packetSize);
        byte[] client = tds.Batch($"SELECT '{new string('x', 700)}'");
        byte[] server = tds.Answer([tds.Columns(TdsMessages.IdAndName), .. Enumerable.Range(0, 60).Select(id => TdsMessages.Row(id, "row")), tds.Done(DoneStatus.Count, 60)]);
        await OpenedAsync();
        await _recording.ClientAsync(_tds.Batch($"SELECT '{new string('x', 700)}'"));
        await _recording.ServerAsync(_tds.Answer([_tds.Columns(TdsMessages.IdAndName), .. Enumerable.Range(0, 60).Select(id => TdsMessages.Row(id, "row")), _tds.Done(DoneStatus.Count, 60)]));
        var whole = WithoutTimes(await ReplayAsync());
        Assert.That(whole, Does.Contain("(60 rows)\nDONE 60 rows"));
        await using var cut = new Recording();
        await cut.OpenedAsync(protocol: "tds", more: Version74);
        foreach (var piece in client.Chunk(7))
            await cut.ClientAsync([piece]);
        foreach (var piece in server.Chunk(5))
            await cut.ServerAsync([piece]);
        Assert.That(WithoutTimes(await ReplayAsync(cut)), Is.EqualTo(whole.Replace(_recording.Session.ToString(), cut.Session.ToString(), StringComparison.Ordinal)));
    }

    [Test]
    public async Task The_version_of_the_recording_decides_how_it_is_read([Values(true, false)] bool isStated)
    {
        var old = new TdsMessages(TdsVersion.V71Revision1);
        await _recording.OpenedAsync(protocol: "tds", more: isStated ? Version71 : "");
        await _recording.ClientAsync(old.Batch("SELECT 1 AS one"));
        await _recording.ServerAsync(old.Answer(old.Columns(TdsMessages.IdAndName), TdsMessages.Row(1, "a"), old.Done(DoneStatus.Count, 1)));
        Assert.That(WithoutTimes(await ReplayAsync()), Does.Contain("> SELECT 1 AS one\n").And.Contain("  1 | a\n(1 row)\nDONE 1 row"));
    }

    [Test]
    public async Task A_session_that_is_read_from_its_middle_goes_on_with_the_next_message()
    {
        byte[] torn = _tds.Answer(_tds.Columns(TdsMessages.IdAndName), TdsMessages.Row(1, "lost"), _tds.Done());
        await _recording.ServerAsync(torn[..20]);
        await _recording.ServerAsync(torn[60..]);
        await _recording.ClientAsync(_tds.Batch("SELECT 2"));
        await _recording.ServerAsync(_tds.Answer(_tds.Columns(TdsMessages.IdAndName), TdsMessages.Row(2, "found"), _tds.Done()));
        var replay = await ReplayAsync();
        Assert.That(replay, Does.Contain("cannot be read").Or.Contain("are no packets"));
        Assert.That(replay, Does.Contain("> SELECT 2").And.Contain("found"));
    }

    [Test]
    public async Task A_session_that_ends_torn_is_shown_as_far_as_it_goes()
    {
        await OpenedAsync();
        byte[] answer = _tds.Answer(_tds.Columns(TdsMessages.IdAndName), TdsMessages.Row(1, "first"), TdsMessages.Row(2, "second"), _tds.Done());
        await _recording.ClientAsync(_tds.Batch("SELECT 1"));
        await _recording.ServerAsync(answer[..^30]);
        var replay = await ReplayAsync();
        Assert.That(replay, Does.Contain("> SELECT 1").And.Contain("first").And.Not.Contain("second"));
    }

    [Test]
    public async Task Json_has_one_object_for_each_event()
    {
        await OpenedAsync();
        await _recording.ClientAsync(_tds.Call(ProcedureId.ExecuteSql, ("@stmt", "SELECT @i", false), ("@params", "@i int", false), ("@i", 5, false)));
        await _recording.ServerAsync(_tds.Answer(_tds.Columns(TdsMessages.IdAndName), TdsMessages.Row(1, null), _tds.Message(TokenType.Error, 50000, "bad", severity: 16), _tds.Done(DoneStatus.Count, 1)));
        var result = await Cli.RunAsync("replay", "--journal", _recording.Directory, _recording.Session.ToString(), "--format", "json");
        var events = result.OutputLines.Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.That(events.Select(one => one.GetProperty("event").GetString()), Is.EqualTo(new[] { "opened", "call", "columns", "row", "error", "complete" }));
        Assert.That(events[1].GetProperty("statement").GetString(), Is.EqualTo("SELECT @i"));
        Assert.That(events[1].GetProperty("parameters")[1].GetProperty("value").GetString(), Is.EqualTo("5"));
        Assert.That(events[2].GetProperty("columns")[1].GetProperty("type").GetString(), Is.EqualTo("nvarchar(50)"));
        Assert.That(events[4].GetProperty("number").GetInt32(), Is.EqualTo(50000));
        Assert.That(events[5].GetProperty("rows").GetInt32(), Is.EqualTo(1));
    }

    [Test]
    public async Task What_could_move_the_auditors_cursor_is_escaped()
    {
        await OpenedAsync();
        await _recording.ClientAsync(_tds.Batch("SELECT '\e]0;title\a'"), _tds.Call(ProcedureId.ExecuteSql, ("@stmt", "\e[2J", false), ("\e[1m", "\e[H", false)));
        await _recording.ServerAsync(_tds.Answer(
            _tds.Columns(TdsMessages.IdAndName[1] with { Name = "\e[31m" }), _tds.Message(TokenType.Info, 0, "\e[H"), _tds.Message(TokenType.Error, 1, "\e", "\e[3m"), _tds.Done()));
        Assert.That((await ReplayAsync()).Where(character => char.IsControl(character) && character != '\n'), Is.Empty);
    }

    private Task OpenedAsync() => _recording.OpenedAsync(protocol: "tds", more: Version74);

    private Task<string> ReplayAsync() => ReplayAsync(_recording);

    private static async Task<string> ReplayAsync(Recording recording)
    {
        var result = await Cli.RunAsync("replay", "--journal", recording.Directory, recording.Session.ToString());
        Assert.That(result.ExitCode, Is.Zero, result.ToString);
        return result.Output;
    }

    private static string WithoutTimes(string replay) => string.Join('\n', replay.Split('\n')
        .Where(line => !line.StartsWith("began", StringComparison.Ordinal))
        .Select(line => line.StartsWith('+') || line.StartsWith("            ", StringComparison.Ordinal) ? line[12..] : line));
}
