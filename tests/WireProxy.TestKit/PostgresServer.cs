using System.Diagnostics;

namespace WireProxy.TestKit;

/// <summary>
/// A private PostgreSQL on loopback and on a Unix socket, with its data in a temporary _directory. Nothing of it survives.
/// Logins and how they prove themselves: <c>postgres</c> (superuser) and <c>trusted</c> not at all; <c>clear</c>, <c>md5</c> and
/// <c>scram</c> with <see cref="Password"/> by the method of that name; <c>tls_only</c> like scram and only over TLS;
/// <c>plain_only</c> like scram and only without; <c>certified</c> by a certificate of <see cref="Certificates"/> with that common name;
/// <c>peered</c> over the Unix socket, by being the user that the tests run as.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    public const string Password = "correct horse";

    // The first line that matches decides. Unix socket connections are for the tests' own looks behind the gateway's back.
    private const string AccessRules = """
        local   all          peered                    peer map=tests
        local   all          all                       trust
        host    replication  postgres    127.0.0.1/32  trust
        host    all          postgres    127.0.0.1/32  trust
        host    all          trusted     127.0.0.1/32  trust
        host    all          clear       127.0.0.1/32  password
        host    all          md5         127.0.0.1/32  md5
        hostssl all          tls_only    127.0.0.1/32  scram-sha-256
        hostnossl all        plain_only  127.0.0.1/32  scram-sha-256
        hostssl all          certified   127.0.0.1/32  cert
        host    all          scram       127.0.0.1/32  scram-sha-256
        host    all          all         127.0.0.1/32  scram-sha-256

        """;

    private readonly TemporaryDirectory _directory;
    private readonly PostgresServerOptions _options;
    private Process? _process;

    private PostgresServer(PostgresServerOptions options)
    {
        _options = options;
        _directory = new TemporaryDirectory();
        Certificates = new TestCertificates(_directory.Path);
        Port = FreePort.Next();
    }

    public int Port { get; }

    /// <summary>The directory of the Unix socket, as libpq's <c>host</c> wants it.</summary>
    public string SocketDirectory => _directory.Path;

    /// <summary>The authority that signed the server's certificate.</summary>
    public TestCertificates Certificates { get; }

    /// <summary>Everything that the server has logged so far.</summary>
    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    private string LogFile => _directory["server.log"];

    private string Data => _directory["data"];

    public static async Task<PostgresServer> StartAsync(PostgresServerOptions? options = null)
    {
        var server = new PostgresServer(options ?? new PostgresServerOptions());
        try
        {
            await server.PrepareAsync();
            await server.StartProcessAsync();
            await server.SetUpAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A psql of the tests' own that does not go through any gateway.</summary>
    public Psql Psql(string user = "postgres", string database = "postgres") =>
        new() { Host = SocketDirectory, Port = Port, User = user, Database = database };

    /// <summary>Runs SQL as the superuser, over the Unix socket; returns unaligned rows without headers.</summary>
    public async Task<string> QueryAsync(string sql, string database = "postgres")
    {
        ProcessResult result = await Psql(database: database).QueryAsync(sql);
        return result.ExitCode == 0 ? result.Output.TrimEnd('\n') : throw new InvalidOperationException(result.ToString());
    }

    /// <summary>Runs SQL as the superuser, each statement in a transaction of its own.</summary>
    public async Task ScriptAsync(string sql, string database = "postgres")
    {
        var result = await Psql(database: database).ScriptAsync(sql, "-q", "-v", "ON_ERROR_STOP=1");
        if (result.ExitCode != 0)
            throw new InvalidOperationException(result.ToString());
    }

    /// <summary>Waits until a session sleeps in <c>pg_sleep</c>: its statement is under way. Where the sleep is a short one it may be over.</summary>
    /// <param name="processId">Of the session's backend, which is what BackendKeyData says also through a gateway.</param>
    public Task SleepsAsync(int processId) => Until.TrueAsync(
        async () => await QueryAsync(
            $"SELECT wait_event = 'PgSleep' OR state = 'idle' AND query LIKE '%pg_sleep%' FROM pg_stat_activity WHERE pid = {processId}") == "t",
        TimeSpan.FromMinutes(1), () => $"session {processId} does not sleep");

    /// <summary>Waits until a session waits for somebody's lock.</summary>
    /// <inheritdoc cref="SleepsAsync"/>
    public Task WaitsForLockAsync(int processId) => Until.TrueAsync(
        async () => await QueryAsync($"SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = {processId}") == "t",
        TimeSpan.FromMinutes(1), () => $"session {processId} does not wait for a lock");

    /// <summary>Stops at once, as a crash would, and starts again with the same data.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await StartProcessAsync();
    }

    /// <summary>Stops at once (SIGQUIT, "immediate"); clients see a broken connection.</summary>
    public async Task StopAsync()
    {
        if (_process is null) return;
        if (!_process.HasExited) await ProcessRunner.RunAsync("kill", "-QUIT", $"{_process.Id}");
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _directory.Dispose();
    }

    private async Task PrepareAsync()
    {
        string template = await PostgresTemplate.OfAsync(_options.Installation);
        ProcessResult copied = await ProcessRunner.RunAsync("cp", "-a", "--reflink=auto", template, Data);
        if (copied.ExitCode != 0) throw new InvalidOperationException(copied.ToString());
        await File.WriteAllTextAsync(Path.Combine(Data, "pg_hba.conf"), AccessRules);
        await File.WriteAllTextAsync(Path.Combine(Data, "pg_ident.conf"), $"tests {Environment.UserName} peered\n");
        List<string> settings =
        [
            $"port = {Port}", "listen_addresses = '127.0.0.1'", $"unix_socket_directories = '{SocketDirectory}'",
            "fsync = off", "synchronous_commit = off", "max_connections = 300", "wal_level = logical", "max_prepared_transactions = 4",
        ];
        if (_options.Tls)
        {
            (string certificate, string key) = Certificates.Issue("server", [.. _options.CertificateHosts]);
            settings.AddRange(["ssl = on", $"ssl_cert_file = '{certificate}'", $"ssl_key_file = '{key}'", $"ssl_ca_file = '{Certificates.AuthorityFile}'"]);
        }
        settings.AddRange(_options.Settings);
        await File.AppendAllLinesAsync(Path.Combine(Data, "postgresql.conf"), settings);
        await ServerUser.OwnAsync(_directory.Path);
    }

    private async Task StartProcessAsync()
    {
        File.Delete(Path.Combine(Data, "postmaster.pid"));
        string[] command = ServerUser.Command(
            "sh", "-c", "exec \"$@\" >> \"$0\" 2>&1 < /dev/null", LogFile, _options.Installation.Program("postgres"), "-D", Data);
        var start = new ProcessStartInfo(command[0], command[1..]) { WorkingDirectory = "/" };
        foreach ((string name, string value) in _options.Installation.Environment) start.Environment[name] = value;
        _process = Process.Start(start) ?? throw new InvalidOperationException("postgres did not start");
        Reaper.NoteProcess(_process.Id);
        await Until.TrueAsync(IsReady, TimeSpan.FromMinutes(2), () => $"PostgreSQL is not ready:\n{Log}");
    }

    // The eighth line of postmaster.pid is the server's state, as pg_ctl reads it.
    private bool IsReady()
    {
        if (_process!.HasExited) throw new InvalidOperationException($"PostgreSQL ended with {_process.ExitCode}:\n{Log}");
        string file = Path.Combine(Data, "postmaster.pid");
        string[] lines = File.Exists(file) ? File.ReadAllLines(file) : [];
        return lines.Length >= 8 && lines[7].Trim() == "ready";
    }

    private async Task SetUpAsync()
    {
        await QueryAsync($"""
            SET password_encryption = 'scram-sha-256';
            CREATE ROLE trusted LOGIN;
            CREATE ROLE certified LOGIN;
            CREATE ROLE peered LOGIN;
            CREATE ROLE clear LOGIN PASSWORD '{Password}';
            CREATE ROLE scram LOGIN PASSWORD '{Password}';
            CREATE ROLE tls_only LOGIN PASSWORD '{Password}';
            CREATE ROLE plain_only LOGIN PASSWORD '{Password}';
            SET password_encryption = 'md5';
            CREATE ROLE md5 LOGIN PASSWORD '{Password}';
            GRANT CREATE ON SCHEMA public TO PUBLIC;
            """);
        if (_options.Script is not null)
            await ScriptAsync(_options.Script);
    }
}
