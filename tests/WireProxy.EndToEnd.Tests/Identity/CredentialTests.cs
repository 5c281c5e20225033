using System.Text;
using System.Text.Json;
using Npgsql;
using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Identity;

/// <summary>Issued credentials, from the token to the last session.</summary>
internal sealed class CredentialTests : IdentityFixture
{
    [Test]
    public async Task A_token_becomes_a_credential_that_psql_and_npgsql_use()
    {
        var credential = await IssueAsync(await Provider.PersonTokenAsync("bob@example.org"), "--purpose", "report");
        var (user, password) = (credential.GetProperty("username").GetString()!, credential.GetProperty("password").GetString()!);
        var psql = await (Psql(user, password) with { Parameters = "sslmode=require channel_binding=require" }).QueryAsync("SELECT current_user");
        Assert.That(psql.Output, Is.EqualTo("scram\n"), () => $"{psql}\n{Gateway.Log}");
        await using var npgsql = await OpenAsync(user, password);
        await using var command = new NpgsqlCommand("SELECT count(*) FROM clinic.visits", npgsql);
        Assert.That(await command.ExecuteScalarAsync(), Is.EqualTo(1L));
    }

    [Test]
    public async Task A_credentials_purpose_is_what_rules_go_by()
    {
        var credential = await IssueAsync(await Provider.PersonTokenAsync("bob@example.org"), "--purpose", "browsing");
        var result = await Psql(credential).QueryAsync("SELECT count(*) FROM clinic.visits");
        Assert.That(result.Error, Does.Contain("a-purpose-for-visits"), result.ToString);
    }

    [Test]
    public async Task The_printed_lines_work_in_a_shell_as_they_are()
    {
        var printed = await LoginAsync(await Provider.PersonTokenAsync("bob@example.org"), "--listener", "clinic");
        var lines = printed.Output.Split('\n').Select(line => line.Trim())
            .Where(line => line.StartsWith("export ", StringComparison.Ordinal) || line.StartsWith("psql '", StringComparison.Ordinal));
        var script = string.Join('\n', lines).Replace("DATABASE", "postgres", StringComparison.Ordinal) + " -AtX -c 'SELECT 40 + 2'";
        var shell = await ProcessRunner.RunAsync("sh", "-c", script);
        Assert.That(shell.Output, Is.EqualTo("42\n"), () => $"{printed}\n{script}\n{shell}");
    }

    [Test]
    public async Task A_client_certificate_gets_its_holder_in_without_a_password()
    {
        var (certificate, key) = Gateway.Certificates.IssueToClient("client", "etl-7");
        var psql = Gateway.Psql("anything") with { Parameters = $"sslmode=require sslcert={certificate} sslkey={key}" };
        Assert.That((await psql.QueryAsync("SELECT current_user")).Output, Is.EqualTo("md5\n"), Gateway.Log);
        Assert.That((await psql.QueryAsync("SELECT 1 FROM clinic.wards")).Error, Does.Contain("no-wards-for-programs"));
    }

    [Test]
    public async Task Revoking_ends_a_statement_under_way_and_every_later_login()
    {
        var credential = await IssueAsync(await Provider.PersonTokenAsync("carol@example.org"));
        var running = Psql(credential).QueryAsync("SELECT pg_sleep(120)");
        var direct = await Clinic.ServerAsync();
        await Until.TrueAsync(async () => await CountAsync() == "1\n", TimeSpan.FromSeconds(60), () => Gateway.Log);

        var revoked = await LoginAsync(await Provider.ProgramTokenAsync(), "--revoke", credential.GetProperty("id").GetString()!);

        Assert.That(revoked.ExitCode, Is.Zero, revoked.ToString);
        var ended = await running;
        Assert.That(ended.Error, Does.Contain("the issued credential was revoked by nightly-report"), ended.ToString);
        Assert.That((await Psql(credential).QueryAsync("SELECT 1")).ExitCode, Is.EqualTo(2));
        await Until.TrueAsync(async () => await CountAsync() == "0\n", TimeSpan.FromSeconds(60), () => "the statement goes on in the database");

        async Task<string> CountAsync() => (await direct.Psql().QueryAsync(
            "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(120)' AND state = 'active'")).Output;
    }

    [Test]
    public async Task Everything_is_on_record_and_no_secret_is_anywhere()
    {
        var token = await Provider.PersonTokenAsync("dave@example.org");
        var credential = await IssueAsync(token, "--purpose", "audit");
        var (user, password) = (credential.GetProperty("username").GetString()!, credential.GetProperty("password").GetString()!);
        Assert.That((await Psql(credential).QueryAsync("SELECT 1")).Output, Is.EqualTo("1\n"));
        Assert.That((await Psql("alice", UserPassword).QueryAsync("SELECT 1")).Output, Is.EqualTo("1\n"));
        ProcessResult[] refused =
        [
            await Psql("alice", "not-" + UserPassword).QueryAsync("SELECT 1"), await Psql(user, "not-" + password).QueryAsync("SELECT 1"),
            await TokenPsql(token + "x").QueryAsync("SELECT 1"), await Psql(token[..60], password).QueryAsync("SELECT 1"),
            await LoginAsync(token + "x", "--list"), await LoginAsync(token, "--list"), await LoginAsync(token, "--revoke", "none-such"),
        ];
        Assert.That(refused.Select(one => one.ExitCode), Is.EqualTo(new[] { 2, 2, 2, 2, 1, 0, 1 }));

        var sessions = await Recorded().SessionsAsync();
        var issuing = sessions.Last(session =>
            session.GetProperty("listener").GetString() == "console" && session.GetProperty("user").GetString() == "dave@example.org");
        var replay = await Recorded().ReplayAsync(issuing);
        var access = replay.Single(one => one.GetProperty("event").GetString() == "access");
        Assert.That((access.GetProperty("credential").GetString(), access.GetProperty("username").GetString(), access.GetProperty("purpose").GetString()),
            Is.EqualTo((credential.GetProperty("id").GetString(), user, "audit")));
        Assert.That((await Recorded().VerifyAsync()).ExitCode, Is.Zero);

        await SecretSearch.FindsNothingAsync(
            Gateway, refused.Select(one => one.ToString()), user, password, token[..60], token[^60..], PostgresServer.Password);
        // The test's own configuration file holds it.
        Assert.That(Encoding.Latin1.GetString(Recorded().Bytes) + Gateway.Log, Does.Not.Contain(UserPassword));
    }

    private async Task<JsonElement> IssueAsync(string token, params string[] arguments)
    {
        var result = await LoginAsync(token, ["--listener", "clinic", "--format", "json", .. arguments]);
        Assert.That(result.ExitCode, Is.Zero, () => $"{result}\n{Gateway.Log}");
        return JsonDocument.Parse(result.Output).RootElement;
    }

    private Psql Psql(JsonElement credential) => Psql(credential.GetProperty("username").GetString()!, credential.GetProperty("password").GetString()!);
}
