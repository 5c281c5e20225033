using WireProxy.Cli.Commands;

namespace WireProxy.Cli.Demo;

/// <summary>A PostgreSQL of the demo's own: its data in a temporary directory, reachable through a Unix socket there and by no
/// network. PostgreSQL refuses to run as root, so as root it runs as the user <c>postgres</c>.</summary>
internal sealed class PrivatePostgres : IAsyncDisposable
{
    private readonly string _programs;
    private readonly string _data;
    private ChildProcess? _server;

    private PrivatePostgres(string directory)
    {
        _programs = FindPrograms();
        _data = Path.Combine(directory, "data");
        SocketDirectory = directory;
    }

    /// <summary>Where the socket is, as psql's <c>-h</c> and the gateway's upstream address take it.</summary>
    public string SocketDirectory { get; }

    /// <param name="directory">An empty directory that the demo may give to the server's user.</param>
    public static async Task<PrivatePostgres> StartAsync(string directory, CancellationToken cancellation)
    {
        var postgres = new PrivatePostgres(directory);
        if (Environment.IsPrivilegedProcess)
            await RunAsync(["chown", "postgres", directory], cancellation);
        await RunAsync(AsServer([
            Path.Combine(postgres._programs, "initdb"), "-D", postgres._data, "-U", "postgres", "-E", "UTF8", "--no-locale",
            "--auth-local=trust", "--no-sync", "--no-instructions"]), cancellation);
        // The superuser is the demo itself; everybody else proves who they are.
        const string AccessRules = "printf '%s\\n' 'local all postgres trust' 'local all all scram-sha-256' > \"$0/pg_hba.conf\"";
        await RunAsync(AsServer(["sh", "-c", AccessRules, postgres._data]), cancellation);
        postgres._server = ChildProcess.Start(AsServer([
            Path.Combine(postgres._programs, "postgres"), "-D", postgres._data, "-k", directory, "-c", "listen_addresses=",
            "-c", "fsync=off", "-c", "unix_socket_permissions=0777", "-c", "shared_buffers=16MB", "-c", "logging_collector=off"]));
        await postgres.WaitAsync(cancellation);
        return postgres;
    }

    /// <summary>Runs SQL as the superuser, not through the gateway.</summary>
    public async Task<string> RunSqlAsync(string database, string sql, CancellationToken cancellation)
    {
        var finished = await ChildProcess.RunAsync(
            ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", SocketDirectory, "-U", "postgres", "-d", database, "-f", "-"],
            cancellation, input: sql);
        return finished.ExitCode == 0 ? finished.Output.Trim() : throw new IOException($"psql failed: {finished.Output}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is null)
            return;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await _server.InterruptAsync(limit.Token);
        await _server.DisposeAsync();
    }

    private static string FindPrograms()
    {
        var installed = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin")) : [];
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        // 15 first: the gateway's parser has that version's grammar.
        return installed.OrderByDescending(path => path.Contains("/15/", StringComparison.Ordinal)).Concat(onPath)
            .FirstOrDefault(path => File.Exists(Path.Combine(path, "initdb")))
            ?? throw new UsageException(
                "PostgreSQL's server programs were not found; Debian's package is postgresql-15 (./demo.sh installs it)");
    }

    private static string[] AsServer(string[] command) => Environment.IsPrivilegedProcess
        ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", .. command]
        : command;

    private static async Task RunAsync(string[] command, CancellationToken cancellation)
    {
        var finished = await ChildProcess.RunAsync(command, cancellation);
        if (finished.ExitCode != 0)
            throw new IOException($"{string.Join(' ', command)} failed: {finished.Output}");
    }

    private async Task WaitAsync(CancellationToken cancellation)
    {
        var ready = new[] { Path.Combine(_programs, "pg_isready"), "-q", "-h", SocketDirectory };
        while ((await ChildProcess.RunAsync(ready, cancellation)).ExitCode != 0)
        {
            if (_server!.HasExited)
                throw new IOException($"PostgreSQL did not start: {_server.Output}");
            await Task.Delay(50, cancellation);
        }
    }
}
