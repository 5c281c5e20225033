using System.Text;
using System.Text.Json;
using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Journal;

/// <summary>What an auditor finds after a session.</summary>
public sealed class JournalTests
{
    private const string Script = """
        SELECT id, full_name FROM clinic.patients ORDER BY id;
        DROP DATABASE condemned;
        SELECT no_such_column;
        COPY (SELECT name FROM clinic.wards ORDER BY name) TO STDOUT;
        SELECT 'last one';
        """;

    private GatewayProcess _gateway = null!;
    private JournalFiles _journal = null!;

    [OneTimeSetUp]
    public async Task RecordASession()
    {
        _gateway = await Clinic.StartAsync(settings => Clinic.Guard(settings) with { Durability = "strict" });
        await (_gateway.Psql() with { Parameters = "sslmode=disable application_name=first" }).ScriptAsync(Script);
        await (_gateway.Psql("scram") with { Password = PostgresServer.Password }).QueryAsync("SELECT 'of another'");
        _journal = new JournalFiles(_gateway);
        // Both have left by themselves before the gateway ends.
        await Until.TrueAsync(
            async () => (await _journal.SessionsAsync()).Count(session => session.GetProperty("closed").GetBoolean()) == 2,
            TimeSpan.FromMinutes(1), () => "the sessions' ends are not on record");
        await _gateway.StopAsync();
    }

    [OneTimeTearDown]
    public async Task StopGateway()
    {
        if (_gateway is not null)
            await _gateway.DisposeAsync();
    }

    [Test]
    public async Task Sessions_lists_who_came_and_how_it_ended()
    {
        var sessions = await _journal.SessionsAsync();

        Assert.That(sessions.Select(session => session.GetProperty("user").GetString()), Is.EqualTo((string[])["postgres", "scram"]));
        Assert.That(sessions[0].GetProperty("application_name").GetString(), Is.EqualTo("first"));
        Assert.That(sessions[0].GetProperty("listener").GetString(), Is.EqualTo("clinic"));
        Assert.That(sessions.Select(session => session.GetProperty("closed").GetBoolean()), Is.All.True);
        Assert.That(sessions.Select(session => session.GetProperty("party").GetString()), Is.All.EqualTo("client"));
    }

    [Test]
    public async Task Replay_shows_statements_decisions_and_rows_as_they_were_delivered()
    {
        var session = (await _journal.SessionsAsync())[0];

        var events = await _journal.ReplayAsync(session);

        var statements = events.Where(Of("statement")).Select(one => one.GetProperty("statement").GetString()).ToList();
        Assert.That(statements, Does.Contain("SELECT id, full_name FROM clinic.patients ORDER BY id;").And.Contain("SELECT 'last one';"));
        var rows = events.Where(Of("row")).Select(one => one.GetProperty("values").EnumerateArray().Select(value => value.GetString()).ToArray()).ToList();
        Assert.That(rows.Select(row => row[0]), Is.SupersetOf((string[])["1", "2", "3", "last one"]));
        var decision = events.Where(Of("decision")).Select(one => one.GetRawText()).Single(text => text.Contains("no-destruction", StringComparison.Ordinal));
        Assert.That(decision, Does.Contain("block"));
        Assert.That(events.Where(Of("error")).Select(one => one.GetProperty("fields").GetProperty("C").GetString()), Is.EqualTo((string[])["42501", "42703"]));
        Assert.That(string.Concat(events.Where(Of("copy")).Select(one => one.GetProperty("data").GetString())), Does.Contain("north").And.Contain("south"));
        Assert.That(events.Select(one => one.GetProperty("time").GetDateTime()), Is.Ordered);
    }

    [Test]
    public async Task Replay_for_people_shows_the_same()
    {
        var text = await _journal.ReplayTextAsync((await _journal.SessionsAsync())[0]);

        Assert.That(text, Does.Contain("SELECT id, full_name FROM clinic.patients").And.Contain("no-destruction").And.Contain("last one"));
    }

    [Test]
    public void The_clear_values_are_not_in_the_journal()
    {
        var bytes = Encoding.Latin1.GetString(_journal.Bytes);

        Assert.That(bytes, Does.Contain("SELECT id, full_name FROM clinic.patients"), "or the bytes could not be searched");
        Assert.That(Clinic.Secrets.Where(secret => bytes.Contains(secret, StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task Verify_finds_an_untouched_journal_intact()
    {
        var result = await _journal.VerifyAsync();

        Assert.That(result.ExitCode, Is.Zero, result.ToString());
    }

    [Test]
    public async Task Verify_finds_any_changed_byte_and_says_where()
    {
        using var directory = new TemporaryDirectory();
        var copy = _journal.CopyTo(directory["spoiled"]);
        var file = copy.Segments[0];
        var bytes = await File.ReadAllBytesAsync(file);
        for (var round = 1; round <= 12; round++)
        {
            var at = bytes.Length * round / 13;
            bytes[at] ^= 1;
            await File.WriteAllBytesAsync(file, bytes);

            var result = await copy.VerifyAsync();

            Assert.That(result.ExitCode, Is.EqualTo(1), $"byte {at}: {result}");
            Assert.That(result.Output, Does.Contain(Path.GetFileName(file)), "names the segment");
            bytes[at] ^= 1;
        }
    }

    [Test]
    public async Task Verify_finds_bytes_cut_out()
    {
        using var directory = new TemporaryDirectory();
        var copy = _journal.CopyTo(directory["spoiled"]);
        var bytes = await File.ReadAllBytesAsync(copy.Segments[0]);
        var statement = bytes.AsSpan().IndexOf("DROP DATABASE condemned"u8);
        await File.WriteAllBytesAsync(copy.Segments[0], [.. bytes[..statement], .. bytes[(statement + 5)..]]);

        var result = await copy.VerifyAsync();

        Assert.That(result.ExitCode, Is.EqualTo(1), result.ToString());
    }

    [Test]
    public async Task Verify_does_not_pass_over_an_end_cut_off()
    {
        // Without its end a journal looks as it does after a crash. That is said, because only whoever expects more can object.
        using var directory = new TemporaryDirectory();
        var bytes = await File.ReadAllBytesAsync(_journal.Segments[0]);
        foreach (var content in (byte[][])[bytes[..^1], bytes[..(bytes.Length / 2)], [.. bytes, 0]])
        {
            var copy = _journal.CopyTo(directory["spoiled"]);
            await File.WriteAllBytesAsync(copy.Segments[0], content);

            var result = await copy.VerifyAsync();

            Assert.That(result.Output, Does.Contain("torn tail").Or.Contain("NOT INTACT"), result.ToString());
        }
    }

    [Test]
    public async Task Verify_with_another_key_refuses_the_signatures()
    {
        using var directory = new TemporaryDirectory();
        await GatewayProcess.RunAsync("keys", "new", directory["stranger"]);

        var result = await GatewayProcess.RunAsync(
            "verify", "--journal", _journal.Directory, "--key", directory["stranger.pub.pem"]);

        Assert.That(result.ExitCode, Is.EqualTo(1), result.ToString());
    }

    private static Func<JsonElement, bool> Of(string name) => one => one.GetProperty("event").GetString() == name;
}
