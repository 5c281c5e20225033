using System.Text.Json;

namespace WireProxy.Cli.Tests;

/// <summary><c>policy test</c> tells what becomes of a statement for whom: rules and grants go by identity, place and time.</summary>
internal sealed class PolicySubjectTests
{
    private const string Policy = """
        version: 1
        protect: [ { columns: [clinic.patients.ssn], mask: { keep_last: 4 } } ]
        rules:
          - { name: no-agents, when: { agents: [copilot], class: [write] }, then: block }
          - { name: not-for-browsing, when: { purposes: [browsing] }, then: block }
          - { name: interns-read, when: { groups: [interns], class: [write] }, then: block }
          - { name: not-from-outside, when: { networks: [203.0.113.0/24] }, then: block }
          - { name: not-at-night, when: { hours: ["22:00-06:00"], class: [ddl] }, then: block }
        unmask:
          - { groups: [privacy-office], hours: ["08:00-18:00"], columns: [clinic.patients.*] }
          - { users: [officer], columns: [clinic.patients.*] }
        """;

    private ConfigurationFiles _files = null!;

    [SetUp]
    public void SetUp()
    {
        _files = new ConfigurationFiles();
        _files.Read(ConfigurationFiles.Minimal + "\npolicy: policy.yaml\njournal: { directory: journal }", Policy);
    }

    [TearDown]
    public void TearDown() => _files.Dispose();

    [TestCase("DELETE FROM x WHERE a = 1", "--agent copilot", "no-agents")]
    [TestCase("SELECT 1", "--purpose browsing", "not-for-browsing")]
    [TestCase("DELETE FROM x WHERE a = 1", "--group staff --group interns", "interns-read")]
    [TestCase("SELECT 1", "--address 203.0.113.9", "not-from-outside")]
    [TestCase("SELECT 1", "--client-address 203.0.113.9", "not-from-outside")]
    [TestCase("CREATE TABLE x()", "--at 2026-11-20T23:30", "not-at-night")]
    [TestCase("CREATE TABLE x()", "--at 2026-11-21T01:30+02:00", "not-at-night")]
    public async Task A_rule_goes_by_who_asks_from_where_and_when(string statement, string options, string rule)
    {
        var matching = await TestAsync(statement, options.Split(' '));
        var other = await TestAsync(statement, "--at", "2026-11-20T12:00");

        Assert.That(matching.Output, Does.Contain($"block by rule {rule}"), matching.ToString);
        Assert.That((matching.ExitCode, other.ExitCode), Is.EqualTo((1, 0)), other.ToString);
    }

    [TestCase("--group privacy-office --at 2026-11-20T12:00", false)]
    [TestCase("--group privacy-office --at 2026-11-20T20:00", true)]
    [TestCase("--group others --at 2026-11-20T12:00", true)]
    [TestCase("--user officer", false)]
    [TestCase("--as officer", false)]
    public async Task What_is_masked_goes_by_the_grants_that_hold(string options, bool isMasked)
    {
        var result = await TestAsync("SELECT ssn FROM clinic.patients", options.Split(' '));

        Assert.That(result.Output.Contains("masked: clinic.patients.ssn", StringComparison.Ordinal), Is.EqualTo(isMasked), result.ToString);
    }

    [Test]
    public async Task It_is_told_who_was_meant_which_grants_hold_and_what_the_others_lack()
    {
        var result = await TestAsync("SELECT 1", "--as", "alice", "--group", "privacy-office", "--agent", "copilot", "--purpose", "audit", "--at", "2026-11-20T20:00");

        Assert.That(result.OutputLines[..3], Is.EqualTo(new[]
        {
            "as alice of privacy-office by agent copilot for \"audit\" at 2026-11-20 20:00Z",
            "unmask[0] does not hold: hours",
            "unmask[1] does not hold: users",
        }));
        var day = await TestAsync("SELECT 1", "--group", "privacy-office", "--at", "2026-11-20T12:00");
        Assert.That(day.OutputLines[1], Is.EqualTo("unmask[0] holds: clinic.patients.*"));
    }

    [Test]
    public async Task Programs_find_the_grants_in_each_statements_object()
    {
        var result = await TestAsync("SELECT 1;\nSELECT 2;", "--as", "officer", "--at", "2026-11-20T20:00", "--format", "json");

        JsonElement[] lines = [.. result.OutputLines.Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.That(lines, Has.Length.EqualTo(2));
        foreach (var line in lines)
        {
            var grants = line.GetProperty("grants").EnumerateArray();
            Assert.That(grants.Select(grant => (grant.GetProperty("unmask").GetInt32(), grant.GetProperty("holds").GetBoolean(), grant.GetProperty("unmet").GetArrayLength())),
                Is.EqualTo(new[] { (0, false, 2), (1, true, 0) }));
            Assert.That(line.GetProperty("at").GetString(), Is.EqualTo("2026-11-20T20:00:00Z"));
        }
    }

    [TestCase("--at", "noon", "--at takes a time such as 2026-11-20T22:30, not 'noon'")]
    [TestCase("--address", "10.0.0.0/8", "--address takes an IP address, not '10.0.0.0/8'")]
    public async Task What_is_no_time_and_no_address_is_refused(string option, string value, string message)
    {
        var result = await TestAsync("SELECT 1", option, value);

        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Error, Does.Contain(message));
    }

    private async Task<Cli> TestAsync(string script, params string[] options)
    {
        _files.Write("script.sql", script);
        return await Cli.RunAsync(["policy", "test", "--config", _files.Main, "--listener", "clinic", .. options, _files["script.sql"]]);
    }
}
