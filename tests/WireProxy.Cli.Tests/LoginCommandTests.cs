using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using WireProxy.Access;
using WireProxy.HttpConsole;
using WireProxy.TestKit;

namespace WireProxy.Cli.Tests;

/// <summary><c>wireproxy login</c> against a console.</summary>
internal sealed class LoginCommandTests
{
    private const string Password = "alice's own password";

    private TemporaryDirectory _directory = null!;
    private LoginAuthority _logins = null!;
    private ConsoleServer _console = null!;

    [OneTimeSetUp]
    public async Task StartConsole()
    {
        _directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(_directory["password"], Password + "\n");
        await File.WriteAllTextAsync(_directory["wrong"], "wrong\n");
        Environment.SetEnvironmentVariable("WIREPROXY_TEST_LOGIN", Password);
        var certificates = new TestCertificates(_directory.Path);
        var (certificate, key) = certificates.Issue("console", "localhost", "127.0.0.1");
        _logins = await LoginAuthority.StartAsync(new IdentityOptions { Users = [new LocalUser("alice", new LiteralSecret(Password), [])] });
        var options = new ConsoleOptions(new IPEndPoint(IPAddress.Loopback, FreePort.Next()))
        {
            Tls = new ConsoleTls(X509Certificate2.CreateFromPemFile(certificate, key), []),
        };
        _console = await ConsoleServer.StartAsync(options, new ConsoleServices(NullLogger.Instance, TimeProvider.System)
        {
            Logins = _logins,
            Credentials = _logins.Credentials,
            Listeners =
            [
                new("clinic", "postgres", new IPEndPoint(IPAddress.Parse("::1"), 6432), "require", "clinic", TakesCredentials: true) { BindsChannel = true },
                new("sql", "tds", new IPEndPoint(IPAddress.Loopback, 1433), "off", null, TakesCredentials: true),
            ],
        });
    }

    [OneTimeTearDown]
    public async Task StopConsole()
    {
        await _console.DisposeAsync();
        await _logins.DisposeAsync();
        _directory.Dispose();
    }

    [TearDown]
    public void RevokeAll()
    {
        foreach (var credential in _logins.Credentials!.List())
            _logins.Credentials.Revoke(credential.Id);
    }

    [TestCase("eyJhbGciOi\nJSUzI1NiJ9"), TestCase("eyJ hbGci"), TestCase("eyJ\0"), TestCase("tökenzx")]
    public async Task What_is_no_token_is_not_sent_and_not_shown(string token)
    {
        await File.WriteAllTextAsync(_directory["odd"], token);

        var result = await Cli.RunAsync("login", "--gateway", $"https://localhost:{_console.Address.Port}", "--listener", "clinic", "--token-file", _directory["odd"]);

        Assert.That((result.ExitCode, result.Error), Is.EqualTo((2, "wireproxy: that is no token: it holds a space, a line end or a character outside of ASCII\n")));
    }

    [Test]
    public async Task What_psql_needs_is_printed()
    {
        var result = await RunAsync("--listener", "clinic", "--token-file", _directory["password"], "--lifetime", "30m", "--purpose", "report");
        Assert.That(result.ExitCode, Is.Zero, result.ToString);
        var issued = _logins.Credentials!.List().Single();
        Assert.That(issued.Ends - issued.Issued, Is.EqualTo(TimeSpan.FromMinutes(30)));
        Assert.That(issued.Identity.Purpose, Is.EqualTo("report"));
        Assert.That(result.Output, Does.Match("export PGPASSWORD='[A-Za-z0-9]{32}'")
            .And.Contain($"psql 'host=::1 port=6432 user={issued.UserName} dbname=clinic sslmode=require channel_binding=require'")
            .And.Contain($"\\:\\:1:6432:*:{issued.UserName}:"));
    }

    [Test]
    public async Task What_sqlcmd_needs_is_printed()
    {
        var result = await RunAsync("--listener", "sql", "--token-env", "WIREPROXY_TEST_LOGIN");
        var issued = _logins.Credentials!.List().Single();
        Assert.That(result.Output, Does.Match("export SQLCMDPASSWORD='[A-Za-z0-9]{32}'")
            .And.Contain($"sqlcmd -S 'tcp:127.0.0.1,1433' -U '{issued.UserName}' -d 'DATABASE'\n").And.Contain("DATABASE is the name of the database"));
    }

    [Test]
    public async Task A_shell_can_take_it_over()
    {
        var result = await RunAsync("--listener", "clinic", "--token-command", $"cat '{_directory["password"]}'", "--format", "env");
        var shell = await new ProcessRunner("sh", "-c", result.Output + "\necho \"$PGUSER $PGHOST $PGPORT $PGDATABASE $PGSSLMODE $PGCHANNELBINDING ${#PGPASSWORD}\"").RunAsync();
        Assert.That(shell.Output.Trim(), Is.EqualTo($"{_logins.Credentials!.List().Single().UserName} ::1 6432 clinic require require 32"), result.ToString);
    }

    [Test]
    public async Task Programs_get_json()
    {
        var result = await RunAsync("--listener", "clinic", "--token-file", _directory["password"], "--format", "json");
        var credential = JsonDocument.Parse(result.OutputLines.Single()).RootElement;
        Assert.That(credential.GetProperty("password").GetString(), Has.Length.EqualTo(32));
        Assert.That(credential.GetProperty("id").GetString(), Is.EqualTo(_logins.Credentials!.List().Single().Id));
    }

    [Test]
    public async Task Live_ones_are_listed_and_revoked()
    {
        await RunAsync("--listener", "clinic", "--token-file", _directory["password"], "--purpose", "report");
        var id = _logins.Credentials!.List().Single().Id;
        var list = await RunAsync("--list", "--token-file", _directory["password"]);
        Assert.That(list.OutputLines, Has.Length.EqualTo(2));
        Assert.That(list.OutputLines[1], Does.StartWith(id).And.Contain("alice").And.Contain("report"));

        var revoked = await RunAsync("--revoke", id, "--token-file", _directory["password"]);
        Assert.That((revoked.ExitCode, revoked.Output), Is.EqualTo((0, $"revoked {id}\n")));
        Assert.That(_logins.Credentials.List(), Is.Empty);
        var again = await RunAsync("--revoke", id, "--token-file", _directory["password"]);
        Assert.That(again.ExitCode, Is.EqualTo(1), again.ToString);
    }

    [Test]
    public async Task A_refusal_says_why_and_what_next()
    {
        var result = await RunAsync("--listener", "clinic", "--token-file", _directory["wrong"]);
        Assert.That(result.ExitCode, Is.EqualTo(1), result.ToString);
        Assert.That(result.Error, Does.StartWith("wireproxy: the gateway refused: login failed"));
        var nowhere = await RunAsync("--listener", "nowhere", "--token-file", _directory["password"]);
        Assert.That(nowhere.Error, Does.Contain("These do: clinic, sql."));
    }

    [TestCase("one of --listener, --list and --revoke")]
    [TestCase("one of --listener, --list and --revoke", "--list", "--revoke", "x", "--token-env", "WIREPROXY_TEST_LOGIN")]
    [TestCase("one of --token-file, --token-env, --token-command and -", "--list")]
    [TestCase("one of --token-file, --token-env, --token-command and -", "--list", "--token-env", "WIREPROXY_TEST_LOGIN", "--token-command", "true")]
    [TestCase("the token cannot be had: The environment variable WIREPROXY_TEST_ABSENT is not set", "--list", "--token-env", "WIREPROXY_TEST_ABSENT")]
    [TestCase("the token cannot be had: The command /bin/sh ended with exit code 3", "--list", "--token-command", "exit 3")]
    [TestCase("the password cannot be had: The environment variable WIREPROXY_TEST_ABSENT is not set", "--list", "--user", "alice", "--token-env", "WIREPROXY_TEST_ABSENT")]
    [TestCase("--cacert: ", "--list", "--token-env", "WIREPROXY_TEST_LOGIN", "--cacert", "absent.pem")]
    public async Task Wrong_usage_is_exit_code_2(string expected, params string[] arguments)
    {
        var result = await Cli.RunAsync(["login", "--gateway", Url("https"), .. arguments]);
        Assert.That(result.ExitCode, Is.EqualTo(2), result.ToString);
        Assert.That(result.Error, Does.Contain(expected));
    }

    [Test]
    public async Task A_console_whose_certificate_nobody_vouches_for_gets_no_token()
    {
        var result = await Cli.RunAsync("login", "--gateway", Url("https"), "--list", "--user", "alice", "--token-env", "WIREPROXY_TEST_LOGIN");
        Assert.That(result.ExitCode, Is.EqualTo(2), result.ToString);
        Assert.That(result.Error, Does.Contain("certificate").And.Contain("--cacert names the authority of its certificate"));
    }

    [Test]
    public async Task A_token_is_not_sent_in_the_clear_to_another_machine()
    {
        var result = await Cli.RunAsync("login", "--gateway", "http://gateway.example.org:8080", "--list", "--token-env", "WIREPROXY_TEST_LOGIN");
        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Error, Does.Contain("a token is not sent over http:// to another machine"));
    }

    [Test]
    public async Task The_token_may_come_by_standard_input()
    {
        var result = await new ProcessRunner(GatewayProcess.Program, "login", "--gateway", Url("https"), "--cacert", _directory["ca.pem"], "--user", "alice",
            "--listener", "clinic", "--format", "env", "-")
        { Input = Password + "\n" }.RunAsync();
        Assert.That(result.ExitCode, Is.Zero, result.ToString);
        Assert.That(result.Output, Does.Contain("export PGPASSWORD="));
    }

    private string Url(string scheme) => $"{scheme}://localhost:{_console.Address.Port}";

    private Task<Cli> RunAsync(params string[] arguments) =>
        Cli.RunAsync(["login", "--gateway", Url("https"), "--cacert", _directory["ca.pem"], "--user", "alice", .. arguments]);
}
