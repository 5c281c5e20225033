using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using WireProxy.Cli.Commands;
using WireProxy.TestKit;

namespace WireProxy.Cli.Tests;

internal sealed class CommandLineTests
{
    private TemporaryDirectory _directory = null!;

    private static IEnumerable<string> Verbs => Leaves(CommandLine.Root()).Select(CommandLine.PathOf).Select(path => path["wireproxy ".Length..]);

    [SetUp]
    public void SetUp() => _directory = new TemporaryDirectory();

    [TearDown]
    public void TearDown() => _directory.Dispose();

    [TestCaseSource(nameof(Verbs))]
    public async Task Every_verb_has_help_with_an_example_of_itself(string verb)
    {
        var result = await Cli.RunAsync([.. verb.Split(' '), "--help"]);
        Assert.That(result.ExitCode, Is.Zero);
        Assert.That(result.Output, Does.Contain("Examples:"));
        Assert.That(result.Output[result.Output.IndexOf("Examples:", StringComparison.Ordinal)..], Does.Contain($"wireproxy {verb}"));
    }

    [Test]
    public void The_verbs_of_the_contract_that_this_version_has_are_there() =>
        Assert.That(Verbs, Is.EquivalentTo(new[] { "serve", "check", "demo", "policy test", "login", "sessions", "replay", "verify", "keys new" }));

    [TestCase("serve")]
    [TestCase("nonsense")]
    [TestCase("check --config")]
    [TestCase("check --confg x")]
    [TestCase("replay --journal x s --speed 0")]
    [TestCase("replay --journal x s --speed fast")]
    [TestCase("sessions --journal x --from yesterday")]
    [TestCase("sessions --journal x --format xml")]
    [TestCase("check --config x --config y")]
    public async Task Wrong_usage_is_told_on_standard_error_with_exit_code_2(string line)
    {
        var result = await Cli.RunAsync(line.Split(' '));
        Assert.That(result.ExitCode, Is.EqualTo(2), result.ToString);
        Assert.That(result.Output, Is.Empty);
        Assert.That(result.Error, Does.StartWith("wireproxy: ").And.Contain("--help'"));
    }

    [TestCase("check --config {0}/absent.yaml", "absent.yaml: error: cannot be read")]
    [TestCase("serve --config {0}/absent.yaml", "absent.yaml: error: cannot be read")]
    [TestCase("sessions --journal {0}/absent", "absent")]
    [TestCase("replay --journal {0}/absent x", "absent")]
    [TestCase("verify --journal {0}/absent", "absent")]
    public async Task What_is_not_there_is_named_with_exit_code_2(string line, string expected)
    {
        var result = await Cli.RunAsync([.. line.Split(' ').Select(word => word.Replace("{0}", _directory.Path, StringComparison.Ordinal))]);
        Assert.That(result.ExitCode, Is.EqualTo(2), result.ToString);
        Assert.That(result.Error, Does.Contain(expected));
    }

    [Test]
    public async Task Check_prints_what_each_listener_resolved_to()
    {
        using var files = new ConfigurationFiles();
        files.Read(ConfigurationFiles.Minimal + "\npolicy: policy.yaml\njournal: { directory: journal }", """
            version: 1
            protect: [ { columns: [clinic.patients.ssn], mask: { keep_last: 4 } } ]
            rules: [ { name: no-drop, when: { statement: [DROP] }, then: block } ]
            """);
        var text = await Cli.RunAsync("check", "--config", files.Main);
        Assert.That(text.ExitCode, Is.Zero, text.ToString);
        Assert.That(text.Output, Does.Contain("listener clinic").And.Contain("127.0.0.1:5432, tls prefer (who the server is, is not checked)")
            .And.Contain("connections 5000, unfinished_logins 1000 (100 of an address), handshake_timeout 30s, idle_timeout never, inspected_message 16MiB, change_wait 1m, drain_timeout 30s")
            .And.Contain("clinic.patients.ssn  keep_last: 4").And.Contain("no-drop: block when statement DROP").And.Contain("strict, not signed, on_failure refuse"));

        var json = await Cli.RunAsync("check", "--config", files.Main, "--format", "json");
        var kinds = json.OutputLines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("kind").GetString());
        Assert.That(kinds, Is.EqualTo(new[] { "listener", "policy", "journal" }));
    }

    [Test]
    public async Task Check_of_a_wrong_configuration_tells_the_problems_in_either_form()
    {
        using var files = new ConfigurationFiles();
        files.Read("listeners: []\nxyz: 1");
        var text = await Cli.RunAsync("check", "--config", files.Main);
        Assert.That((text.ExitCode, text.Output), Is.EqualTo((2, "")));
        Assert.That(text.Error, Does.Contain("wireproxy.yaml:2: error: unknown key 'xyz'"));
        var json = await Cli.RunAsync("check", "--config", files.Main, "--format", "json");
        var problem = json.OutputLines.Select(line => JsonDocument.Parse(line).RootElement).Single(one => one.GetProperty("line").GetInt32() == 2);
        Assert.That(json.ExitCode, Is.EqualTo(2));
        Assert.That(problem.GetProperty("severity").GetString(), Is.EqualTo("error"));
    }

    [Test]
    public async Task Policy_test_says_why_and_ends_with_1_when_a_statement_would_be_refused()
    {
        using var files = new ConfigurationFiles();
        files.Read(ConfigurationFiles.Minimal + "\npolicy: policy.yaml\njournal: { directory: journal }", """
            version: 1
            protect: [ { columns: [clinic.patients.ssn], mask: { keep_last: 4 } } ]
            rules: [ { name: no-drop, when: { statement: [DROP] }, then: block, message: Ask first. } ]
            """);
        files.Write("good.sql", "SELECT ssn FROM clinic.patients;");
        files.Write("bad.sql", "SELECT 1;\nDROP TABLE x;\nSELEC 2;");
        var good = await Cli.RunAsync("policy", "test", "--config", files.Main, "--listener", "clinic", files["good.sql"]);
        Assert.That(good.ExitCode, Is.Zero, good.ToString);
        Assert.That(good.Output, Does.Contain("line 1: allow").And.Contain("masked: clinic.patients.ssn (keep_last: 4)").And.Contain("1 statement, 0 refused"));
        var bad = await Cli.RunAsync("policy", "test", "--config", files.Main, "--listener", "clinic", files["bad.sql"]);
        Assert.That(bad.ExitCode, Is.EqualTo(1), bad.ToString);
        Assert.That(bad.Output, Does.Contain("line 2: block by rule no-drop").And.Contain("Ask first.").And.Contain("line 3: block")
            .And.Contain("does not parse: syntax error at or near \"SELEC\"").And.Contain("3 statements, 2 refused"));
        var json = await Cli.RunAsync("policy", "test", "--config", files.Main, "--listener", "clinic", "--format", "json", files["bad.sql"]);
        Assert.That(json.OutputLines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("decision").GetString()), Is.EqualTo(new[] { "allow", "block", "block" }));
    }

    [Test]
    public async Task Policy_test_refuses_a_listener_that_is_not_configured()
    {
        using var files = new ConfigurationFiles();
        files.Read(ConfigurationFiles.Minimal);
        files.Write("x.sql", "SELECT 1");
        var result = await Cli.RunAsync("policy", "test", "--config", files.Main, "--listener", "clinc", files["x.sql"]);
        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Error, Does.Contain("no listener 'clinc'; did you mean 'clinic'?"));
    }

    [Test]
    public async Task Sessions_are_listed_and_filtered()
    {
        await using var recording = new Recording();
        await recording.OpenedAsync(user: "alice", database: "clinic", listener: "front");
        await recording.ClosedAsync();
        await recording.FinishAsync();
        async Task<int> Count(params string[] filter)
        {
            var result = await Cli.RunAsync(["sessions", "--journal", recording.Directory, "--format", "json", .. filter]);
            Assert.That(result.ExitCode, Is.Zero, result.ToString);
            return result.OutputLines.Length;
        }
        Assert.That(await Count("--user", "alice", "--database", "clinic", "--listener", "front", "--from", "1h"), Is.EqualTo(1));
        Assert.That(await Count("--user", "bob"), Is.Zero);
        Assert.That(await Count("--database", "other"), Is.Zero);
        Assert.That(await Count("--listener", "back"), Is.Zero);
        Assert.That(await Count("--to", "1h"), Is.Zero);
        Assert.That(await Count("--from", "2999-01-01"), Is.Zero);
        var table = await Cli.RunAsync("sessions", "--journal", recording.Directory);
        Assert.That(table.OutputLines[0], Does.StartWith("SESSION"));
        Assert.That(table.OutputLines[1], Does.Contain(recording.Session.ToString()).And.Contain("alice").And.Contain("the client closed the connection"));
    }

    [Test]
    public async Task Verify_finds_one_changed_byte_and_names_it()
    {
        await Cli.RunAsync("keys", "new", _directory["signing"]);
        using var key = ECDsa.Create();
        key.ImportFromPem(await File.ReadAllTextAsync(_directory["signing.pem"]));
        await using var recording = new Recording(key);
        await recording.OpenedAsync();
        await recording.DecisionAsync("""{"decision":"allow","command":"SELECT"}""");
        await recording.FinishAsync();
        string[] verify = ["verify", "--journal", recording.Directory, "--key", _directory["signing.pub.pem"]];
        var intact = await Cli.RunAsync(verify);
        Assert.That(intact.ExitCode, Is.Zero, intact.ToString);
        Assert.That(intact.OutputLines[^1], Is.EqualTo("intact"));

        var segment = Directory.GetFiles(recording.Directory, "*.wpj").Single();
        var bytes = await File.ReadAllBytesAsync(segment);
        bytes[bytes.AsSpan().IndexOf("SELECT"u8)] = (byte)'D';
        await File.WriteAllBytesAsync(segment, bytes);
        var damaged = await Cli.RunAsync(verify);
        Assert.That(damaged.ExitCode, Is.EqualTo(1), damaged.ToString);
        Assert.That(damaged.OutputLines[^1], Does.StartWith($"NOT INTACT: {Path.GetFileName(segment)}, byte "));
        var json = await Cli.RunAsync([.. verify, "--format", "json"]);
        var report = JsonDocument.Parse(json.Output).RootElement;
        Assert.That((report.GetProperty("intact").GetBoolean(), report.GetProperty("offset").GetInt64() > 0), Is.EqualTo((false, true)));
    }

    [Test]
    public async Task Another_key_does_not_verify_a_signed_journal()
    {
        await Cli.RunAsync("keys", "new", _directory["other"]);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await using var recording = new Recording(key);
        await recording.OpenedAsync();
        await recording.FinishAsync();
        var result = await Cli.RunAsync("verify", "--journal", recording.Directory, "--key", _directory["other.pub.pem"]);
        Assert.That(result.ExitCode, Is.EqualTo(1), result.ToString);
    }

    [Test]
    public async Task Keys_are_made_for_the_owner_alone_and_never_over_others()
    {
        var made = await Cli.RunAsync("keys", "new", _directory["signing"]);
        Assert.That(made.ExitCode, Is.Zero, made.ToString);
        Assert.That(File.GetUnixFileMode(_directory["signing.pem"]), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        var before = await File.ReadAllTextAsync(_directory["signing.pem"]);
        var again = await Cli.RunAsync("keys", "new", _directory["signing"]);
        Assert.That(again.ExitCode, Is.EqualTo(2));
        Assert.That(await File.ReadAllTextAsync(_directory["signing.pem"]), Is.EqualTo(before));
    }

    private static IEnumerable<Command> Leaves(Command command) =>
        command.Subcommands.Count == 0 ? [command] : command.Subcommands.SelectMany(Leaves);
}
