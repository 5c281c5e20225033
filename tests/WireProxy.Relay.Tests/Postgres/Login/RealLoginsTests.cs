using Npgsql;
using WireProxy.Access;
using WireProxy.Capture;
using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Postgres.Login;

/// <summary>Unmodified clients with what the gateway's own authority lets in: issued credentials, local users and tokens.</summary>
internal sealed class RealLoginsTests : LoginFixture
{
    private const string AlicePassword = "alice-zx-secret";

    private TestProvider _provider = null!;
    private LoginAuthority _authority = null!;
    private SkippingClock _clock = null!;

    [SetUp]
    public async Task StartAuthority()
    {
        _provider = new TestProvider();
        _clock = new SkippingClock();
        var options = new IdentityOptions
        {
            Users = [new LocalUser("alice", new LiteralSecret(AlicePassword), ["analysts"])],
            Oidc = [_provider.Options],
        };
        _authority = await LoginAuthority.StartAsync(options, null, _clock);
    }

    [TearDown]
    public async Task StopAuthority()
    {
        await StopGateways();
        await _authority.DisposeAsync();
        _provider.Dispose();
    }

    [Test]
    public async Task Psql_logs_in_with_a_token_of_16_KiB()
    {
        LocalGateway gateway = StartReal();

        ProcessResult result = await PsqlOf(gateway, "token", _provider.NewToken("bob", padTo: 16 * 1024)).QueryAsync("SELECT session_user");

        Assert.That(result.Output, Is.EqualTo("scram\n"), () => $"{result}\n{Log.Text}");
    }

    [Test]
    public async Task A_token_that_is_too_long_is_refused_and_the_client_is_told_so()
    {
        LocalGateway gateway = StartReal();

        ProcessResult result = await PsqlOf(gateway, "token", _provider.NewToken("bob", padTo: 17 * 1024)).QueryAsync("SELECT 1");

        Assert.That(result.Error, Does.Contain("the token is longer than 16 KiB").And.Contain("fewer claims"));
    }

    [Test]
    public async Task A_session_ends_when_its_token_expires()
    {
        LocalGateway gateway = StartReal();
        Task<ProcessResult> running = PsqlOf(gateway, "token", _provider.NewToken("bob")).QueryAsync("SELECT pg_sleep(63)");
        await RunsAsync("SELECT pg_sleep(63)");

        _clock.Skip(TimeSpan.FromHours(1));

        Assert.That((await running).Error, Does.Contain("the access token has expired").And.Contain("Get a new token"));
    }

    [Test]
    public async Task An_expired_token_is_on_record_with_whose_it_is()
    {
        using var directory = new TemporaryDirectory();
        await using (Journal journal = Journal.Open(new JournalOptions { Directory = directory["journal"] }, TimeProvider.System))
        {
            LocalGateway gateway = StartGateway(_authority, LoginOf("scram"), journal: journal);
            await PsqlOf(gateway, "token", _provider.NewToken("bob", lifetime: TimeSpan.FromMinutes(-5))).QueryAsync("SELECT 1");
            await Until.TrueAsync(() => gateway.SessionCount == 0, TimeSpan.FromSeconds(20), () => "the session goes on");
        }
        JournalRecord opened = JournalReader.Read(directory["journal"]).Single(record => record.Kind == RecordKind.SessionOpened);
        Assert.That(System.Text.Encoding.UTF8.GetString(opened.Payload.Span), Does.Contain("\"user\":\"bob\"").And.Contain("\"login\":\"refused\"").And.Not.Contain("issuer"));
    }

    [Test]
    public async Task Npgsql_uses_an_issued_credential_with_channel_binding()
    {
        LocalGateway gateway = StartReal();
        using NewCredential issued = await IssueAsync();
        var settings = new NpgsqlConnectionStringBuilder
        {
            Host = "localhost",
            Port = gateway.Port,
            Username = issued.Credential.UserName,
            Password = PasswordOf(issued),
            Database = "postgres",
            SslMode = SslMode.VerifyFull,
            RootCertificate = Certificates.AuthorityFile,
            ChannelBinding = Npgsql.ChannelBinding.Require,
            Pooling = false,
        };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT session_user::text, $1 + 1", connection) { Parameters = { new() { Value = 41 } } };

        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();

        Assert.That(await reader.ReadAsync());
        Assert.That((reader.GetString(0), reader.GetInt32(1)), Is.EqualTo(("scram", 42)));
    }

    [Test]
    public async Task Npgsql_copies_and_cancels_in_such_a_session()
    {
        LocalGateway gateway = StartReal();
        await using var connection = new NpgsqlConnection(
            $"Host=127.0.0.1;Port={gateway.Port};Username=alice;Password={AlicePassword};Database=postgres;SSL Mode=Require;Pooling=false;Cancellation Timeout=60000");
        await connection.OpenAsync();
        await new NpgsqlCommand("CREATE TEMP TABLE copied(i int)", connection).ExecuteNonQueryAsync();
        await using (NpgsqlBinaryImporter import = await connection.BeginBinaryImportAsync("COPY copied FROM STDIN (FORMAT BINARY)"))
        {
            for (int i = 0; i < 1000; i++)
                await import.WriteRowAsync(default, i);
            await import.CompleteAsync();
        }
        Assert.That(await new NpgsqlCommand("SELECT sum(i) FROM copied", connection).ExecuteScalarAsync(), Is.EqualTo(499500L));

        using var cancellation = new CancellationTokenSource();
        Task<int> sleeping = new NpgsqlCommand("SELECT pg_sleep(62)", connection).ExecuteNonQueryAsync(cancellation.Token);
        await RunsAsync("SELECT pg_sleep(62)");
        await cancellation.CancelAsync();
        OperationCanceledException? cancelled = await Assert.ThrowsAsync<OperationCanceledException>(() => sleeping);
        Assert.That(((PostgresException)cancelled!.InnerException!).SqlState, Is.EqualTo("57014"));
    }

    [Test]
    public async Task Psycopg2_uses_an_issued_credential()
    {
        LocalGateway gateway = StartReal();
        using NewCredential issued = await IssueAsync();
        const string Program = """
            import os, psycopg2
            connection = psycopg2.connect(host="127.0.0.1", port=os.environ["PGPORT"], user=os.environ["PGUSER"], password=os.environ["PGPASSWORD"],
                                          dbname="postgres", sslmode="require", channel_binding="require")
            cursor = connection.cursor()
            cursor.execute("SELECT session_user, %s + 1", (41,))
            print(cursor.fetchone())
            """;

        ProcessResult result = await new ProcessRunner("/usr/bin/python3", "-c", Program) { Environment = EnvironmentOf(gateway, issued) }.RunAsync();
        if (result.Error.Contains("No module named", StringComparison.Ordinal))
            Assert.Ignore(result.Error);

        Assert.That(result.Output, Is.EqualTo("('scram', 42)\n"), result.ToString());
    }

    [Test]
    public async Task Jdbc_uses_an_issued_credential()
    {
        if (!File.Exists("/usr/share/java/postgresql.jar") || !File.Exists("/usr/bin/javac"))
            Assert.Ignore("There is no libpostgresql-jdbc-java, or no Java compiler.");
        LocalGateway gateway = StartReal();
        using NewCredential issued = await IssueAsync();
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory["Login.java"], """
            import java.sql.*;
            public class Login {
                public static void main(String[] arguments) throws Exception {
                    String url = "jdbc:postgresql://127.0.0.1:" + System.getenv("PGPORT") + "/postgres?sslmode=require";
                    try (Connection connection = DriverManager.getConnection(url, System.getenv("PGUSER"), System.getenv("PGPASSWORD"));
                         PreparedStatement statement = connection.prepareStatement("SELECT session_user, ? + 1")) {
                        statement.setInt(1, 41);
                        ResultSet rows = statement.executeQuery();
                        rows.next();
                        System.out.println(rows.getString(1) + " " + rows.getInt(2));
                    }
                }
            }
            """);
        string classPath = string.Join(':', Directory.GetFiles("/usr/share/java", "*.jar").Where(jar =>
            Path.GetFileName(jar) is "postgresql.jar" or "scram-client.jar" or "scram-common.jar" or "saslprep.jar" or "stringprep.jar"));

        ProcessResult result = await new ProcessRunner("java", "-cp", classPath, directory["Login.java"]) { Environment = EnvironmentOf(gateway, issued) }.RunAsync();

        Assert.That(result.Output, Is.EqualTo("scram 42\n"), result.ToString());
    }

    [Test]
    public async Task Pg_dump_runs_as_a_local_user()
    {
        await Server.ScriptAsync("CREATE TABLE IF NOT EXISTS dumped(i int); GRANT SELECT ON dumped TO scram;");
        LocalGateway gateway = StartReal();

        ProcessResult result = await new ProcessRunner(
            PostgresInstallation.Debian15.Program("pg_dump"), "-h", "127.0.0.1", "-p", $"{gateway.Port}", "-U", "alice", "-t", "dumped", "postgres")
        {
            Environment = new Dictionary<string, string> { ["PGPASSWORD"] = AlicePassword, ["PGSSLMODE"] = "require" },
        }.RunAsync();

        Assert.That(result.Output, Does.Contain("CREATE TABLE public.dumped"), result.ToString());
    }

    [Test]
    public async Task A_revoked_credential_ends_its_sessions_and_opens_no_more()
    {
        LocalGateway gateway = StartReal();
        using NewCredential issued = await IssueAsync();
        Psql psql = PsqlOf(gateway, issued.Credential.UserName, PasswordOf(issued));
        Task<ProcessResult> running = psql.QueryAsync("SELECT pg_sleep(61)");
        await RunsAsync("SELECT pg_sleep(61)");

        _authority.Credentials!.Revoke(issued.Credential.Id, "the operator");

        Assert.That((await running).Error, Does.Contain("the issued credential was revoked by the operator"));
        Assert.That((await psql.QueryAsync("SELECT 1")).Error, Does.Contain("the issued credential was revoked by the operator"));
    }

    [Test]
    public async Task Nobody_is_heard_after_too_many_failures()
    {
        // A failure is forgotten after some seconds, and so many clients may take longer.
        _clock.Stop();
        LocalGateway gateway = StartReal();
        Psql guessing = PsqlOf(gateway, "alice", "a-guess-zx");
        for (int i = 0; i < new FailureLimits().PerName; i++)
            Assert.That((await guessing.QueryAsync("SELECT 1")).Error, Does.Contain("the user name or password is not accepted"));

        Assert.That((await PsqlOf(gateway, "alice", AlicePassword).QueryAsync("SELECT 1")).Error, Does.Contain("too many failed logins"));
    }

    [Test]
    public async Task No_secret_is_written_anywhere()
    {
        using var directory = new TemporaryDirectory();
        string token = _provider.NewToken("bob");
        string wrongToken = token[..^8] + "AAAAAAAA";
        var told = new List<string>();
        string issuedPassword;
        await using (Journal journal = Journal.Open(new JournalOptions { Directory = directory["journal"] }, TimeProvider.System))
        {
            foreach (string upstreamUser in (string[])["scram", "md5", "clear"])
            {
                LocalGateway gateway = StartReal(LoginOf(upstreamUser), journal);
                foreach ((string user, string password) in ((string, string)[])
                    [("alice", AlicePassword), ("alice", "a-guess-zx"), ("token", token), ("token", wrongToken), (token[..200], "x")])
                {
                    told.Add((await PsqlOf(gateway, user, password).QueryAsync("SELECT 'marker'")).Error);
                }
            }
            using NewCredential issued = await IssueAsync();
            issuedPassword = PasswordOf(issued);
            LocalGateway last = StartReal(new UpstreamLogin("scram", new LiteralSecret("outdated-zx")), journal);
            told.Add((await PsqlOf(last, issued.Credential.UserName, issuedPassword).QueryAsync("SELECT 1")).Error);
            await StopGateways();
        }
        string recorded = string.Concat(Directory.GetFiles(directory["journal"]).Select(file => System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(file))));

        Assert.That(recorded, Does.Contain("SELECT 'marker'"), "or nothing was recorded");
        Assert.That(recorded, Does.Contain("\"login\":\"refused\"").And.Contain("\"login\":\"failed\""));
        string md5 = await Server.QueryAsync("SELECT rolpassword FROM pg_authid WHERE rolname = 'md5'");
        foreach (string secret in (string[])
            [
                AlicePassword, "a-guess-zx", token[..100], token[^60..], wrongToken[^60..], PostgresServer.Password, "outdated-zx", issuedPassword, md5,
                md5[3..], "SCRAM-SHA-256$", ",i=4096", "c=biws", "c=eSws", "c=cD10",
            ])
        {
            Assert.That(recorded, Does.Not.Contain(secret));
            Assert.That(Log.Text, Does.Not.Contain(secret));
            Assert.That(string.Concat(told), Does.Not.Contain(secret));
        }
        Assert.That(await File.ReadAllTextAsync("/proc/self/cmdline"), Does.Not.Contain(PostgresServer.Password));
    }

    private Task RunsAsync(string statement) => Until.TrueAsync(
        async () => await Server.QueryAsync($"SELECT count(*) FROM pg_stat_activity WHERE query = '{statement}' AND state = 'active'") == "1",
        TimeSpan.FromSeconds(20), () => Log.Text);

    private LocalGateway StartReal(UpstreamLogin? login = null, Journal? journal = null) => StartGateway(_authority, login ?? LoginOf("scram"), journal: journal);

    private async Task<NewCredential> IssueAsync()
    {
        var attempt = new LoginAttempt("clinic", "alice", null, IsEncrypted: true);
        var proof = (LoginOutcome.Granted)await _authority.VerifyPasswordAsync(attempt, AlicePassword, CancellationToken.None);
        return ((IssueOutcome.Issued)_authority.Credentials!.Issue(proof.Grant, "clinic", purpose: "a test")).Credential;
    }

    private static string PasswordOf(NewCredential issued) => System.Text.Encoding.UTF8.GetString(issued.Password.Utf8);

    private static Dictionary<string, string> EnvironmentOf(LocalGateway gateway, NewCredential issued) => new()
    {
        ["PGPORT"] = $"{gateway.Port}",
        ["PGUSER"] = issued.Credential.UserName,
        ["PGPASSWORD"] = PasswordOf(issued),
    };
}
