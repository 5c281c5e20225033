using System.Globalization;
using System.Text;
using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Leakbench;

/// <summary>The leak benchmark that stands beside the repository (<c>../shared/leakbench</c>, or $WIREPROXY_SHARED), with a server and a
/// hospital of its own.</summary>
internal sealed class LeakBenchmark : IAsyncDisposable
{
    private const string Packages = "import psycopg2, psycopg, asyncpg, yaml";

    private readonly TemporaryDirectory _directory = new();

    private LeakBenchmark(string home, PostgresServer server) => (Home, Server) = (home, server);

    public string Home { get; }

    public PostgresServer Server { get; }

    /// <summary>Creates the hospital and learns from the server itself what its secrets look like (calibrate).</summary>
    /// <exception cref="UnavailableException">It cannot run here; the message says why.</exception>
    public static async Task<LeakBenchmark> StartAsync()
    {
        string shared = Environment.GetEnvironmentVariable("WIREPROXY_SHARED") is { Length: > 0 } given ? given : RepositoryFiles.Path("..", "shared");
        string home = Path.GetFullPath(Path.Combine(shared, "leakbench"));
        if (!File.Exists(Path.Combine(home, "columns.yaml")))
            throw new UnavailableException("../shared/leakbench is not here");
        if (!File.Exists("/usr/bin/python3"))
            throw new UnavailableException("python3 is not installed");
        ProcessResult packages = await ProcessRunner.RunAsync("/usr/bin/python3", "-c", Packages);
        if (packages.ExitCode != 0)
            throw new UnavailableException("a package of Python is missing: " + packages.Error.Trim().Split('\n')[^1]);
        PostgresServer server = await PostgresServer.StartAsync(new PostgresServerOptions
        {
            Tls = false,
            Settings =
            [
                "full_page_writes = off", "max_wal_senders = 8", "max_replication_slots = 16", "shared_preload_libraries = 'pg_stat_statements'",
                "logging_collector = on", "log_min_messages = error", "timezone = 'UTC'", "log_timezone = 'UTC'",
            ],
        });
        var benchmark = new LeakBenchmark(home, server);
        try
        {
            await benchmark.PrepareAsync();
            return benchmark;
        }
        catch
        {
            await benchmark.DisposeAsync();
            throw;
        }
    }

    /// <summary>The policy that columns.yaml states in its neutral form: one line for a table.</summary>
    public string Policy(string options)
    {
        var policy = new StringBuilder("version: 1\n").Append(options).Append("protect:\n");
        int tables = 0;
        foreach (string line in File.ReadLines(Path.Combine(Home, "columns.yaml")))
        {
            if (!line.StartsWith("- {table: ", StringComparison.Ordinal))
                continue;
            string table = Between(line, "table: ", ",");
            string columns = Between(line, "[", "]");
            policy.AppendLine(CultureInfo.InvariantCulture, $"  - columns: [{string.Join(", ", columns.Split(", ").Select(column => $"{table}.{column}"))}]");
            policy.AppendLine("    mask: redact");
            tables++;
        }
        Assert.That(tables, Is.GreaterThan(0), "columns.yaml is not what it was");
        return policy.ToString();
    }

    /// <param name="options">Of leakbench.main, as its README lists them.</param>
    public async Task<LeakReport> RunAsync(GatewayProcess gateway, params string[] options) => LeakReport.Of(await PythonAsync(
        ["leakbench.main", "run", "--port", $"{gateway.Port}", "--direct-port", $"{Server.Port}", "--utility-threshold", "0", .. options]));

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _directory.Dispose();
    }

    private async Task PrepareAsync()
    {
        ProcessResult made = await PythonAsync(["leakbench.gen", "--port", $"{Server.Port}"]);
        Assert.That(made.ExitCode, Is.Zero, made.ToString());
        ProcessResult known = await PythonAsync(["leakbench.main", "calibrate", "--port", $"{Server.Port}", "--direct-port", $"{Server.Port}"]);
        Assert.That(known.ExitCode, Is.Zero, known.ToString());
    }

    private Task<ProcessResult> PythonAsync(string[] arguments) => new ProcessRunner("/usr/bin/python3", ["-m", .. arguments])
    {
        Environment = new Dictionary<string, string>
        {
            ["LEAK_DIR"] = Server.SocketDirectory,
            ["LEAKBENCH_STATE"] = _directory["state"],
            ["PYTHONPATH"] = Home,
            ["PYTHONDONTWRITEBYTECODE"] = "1",
        },
        WorkingDirectory = _directory.Path,
        Timeout = TimeSpan.FromMinutes(15),
    }.RunAsync();

    private static string Between(string text, string before, string after)
    {
        int from = text.IndexOf(before, StringComparison.Ordinal) + before.Length;
        return text[from..text.IndexOf(after, from, StringComparison.Ordinal)];
    }
}
