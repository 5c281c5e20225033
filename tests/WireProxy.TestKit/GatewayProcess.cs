using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace WireProxy.TestKit;

/// <summary>The built <c>wireproxy serve</c> with a configuration of its own in a temporary directory.</summary>
public sealed class GatewayProcess : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly GatewaySettings _settings;
    private Process? _process;

    private GatewayProcess(GatewaySettings settings)
    {
        _settings = settings;
        Certificates = new TestCertificates(_directory.Path);
        Port = FreePort.Next();
    }

    public int Port { get; }

    /// <summary>The authority that signed the certificate which the gateway shows to clients.</summary>
    public TestCertificates Certificates { get; }

    public string ConfigurationFile => _directory["gateway.yaml"];

    public string JournalDirectory => _settings.JournalDirectory ?? _directory["journal"];

    /// <summary>The public half of the journal's signing key.</summary>
    public string PublicKeyFile => _directory["signing.pub.pem"];

    /// <summary>Everything that the gateway has written to its standard error so far.</summary>
    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    public int ProcessId => Running.Id;

    public bool HasExited => _process is null or { HasExited: true };

    /// <summary>Resident memory, in bytes (VmRSS of /proc/PID/status).</summary>
    public long ResidentBytes
    {
        get
        {
            var line = File.ReadLines($"/proc/{ProcessId}/status").First(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
            return 1024 * long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Processor time used so far, user and system (fields 14 and 15 of /proc/PID/stat, in hundredths of a second).</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            var stat = File.ReadAllText($"/proc/{ProcessId}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
            return TimeSpan.FromMilliseconds(10 * ticks);
        }
    }

    /// <summary>Open file descriptors of the process.</summary>
    public int OpenFiles => Directory.GetFileSystemEntries($"/proc/{ProcessId}/fd").Length;

    private Process Running => _process ?? throw new InvalidOperationException("The gateway is not running.");

    private string LogFile => _directory["gateway.log"];

    /// <summary>The program that is tested: $WIREPROXY, or the one built with the tests.</summary>
    public static string Program => Environment.GetEnvironmentVariable("WIREPROXY") is { Length: > 0 } given
        ? given
        : Path.Combine(AppContext.BaseDirectory, "wireproxy");

    /// <summary>A file beside the configuration.</summary>
    public string FileNamed(string name) => _directory[name];

    /// <summary>Runs one of the other verbs to its end.</summary>
    public static Task<ProcessResult> RunAsync(params string[] arguments) => new ProcessRunner(Program, arguments).RunAsync();

    /// <exception cref="InvalidOperationException">It ended at once; the message holds what it said.</exception>
    public static async Task<GatewayProcess> StartAsync(GatewaySettings settings)
    {
        var gateway = new GatewayProcess(settings);
        try
        {
            await gateway.ConfigureAsync();
            await gateway.StartAsync();
            return gateway;
        }
        catch
        {
            await gateway.DisposeAsync();
            throw;
        }
    }

    /// <summary>A gateway in front of a server, without TLS on either side.</summary>
    public static Task<GatewayProcess> StartAsync(PostgresServer server, Func<GatewaySettings, GatewaySettings>? change = null)
    {
        var settings = new GatewaySettings { Upstream = $"127.0.0.1:{server.Port}" };
        return StartAsync(change?.Invoke(settings) ?? settings);
    }

    public Psql Psql(string user = "postgres", string database = "postgres") => new() { Port = Port, User = user, Database = database };

    /// <summary>Starts it again, with the same configuration, port and journal, after it ended.</summary>
    public async Task StartAsync()
    {
        if (!HasExited)
            throw new InvalidOperationException("The gateway is running.");
        var start = new ProcessStartInfo(
            "sh", ["-c", "exec \"$@\" 2>> \"$0\" > /dev/null < /dev/null", LogFile, Program, "serve", "--config", ConfigurationFile]);
        start.Environment["CATALOG_PASSWORD"] = _settings.CatalogPassword;
        foreach (var (name, value) in _settings.Environment)
            start.Environment[name] = value;
        _process = Process.Start(start) ?? throw new InvalidOperationException("wireproxy did not start");
        Reaper.NoteProcess(_process.Id);
        await Until.TrueAsync(AnswersAsync, TimeSpan.FromMinutes(2), () => $"the gateway does not listen:\n{Log}");
    }

    /// <summary>SIGTERM, without waiting.</summary>
    public Task TerminateAsync() => SignalAsync("-TERM");

    /// <summary>SIGKILL; returns when it is gone.</summary>
    public async Task KillAsync()
    {
        await SignalAsync("-KILL");
        await ExitAsync();
    }

    /// <summary>Sends a signal, written as kill(1) takes it.</summary>
    public Task SignalAsync(string signal) => ProcessRunner.RunAsync("kill", signal, $"{ProcessId}");

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> ExitAsync(int seconds = 120)
    {
        await Running.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(seconds));
        return Running.ExitCode;
    }

    /// <summary>SIGTERM, and waits until it has drained.</summary>
    public async Task<int> StopAsync()
    {
        await TerminateAsync();
        return await ExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!HasExited)
            await KillAsync();
        _process?.Dispose();
        _directory.Dispose();
    }

    private async Task ConfigureAsync()
    {
        (string, string)? certificate = _settings.ClientTls is null ? null : Certificates.Issue("gateway", "localhost", "127.0.0.1");
        if (_settings.Policy is not null)
            await File.WriteAllTextAsync(_directory["policy.yaml"], _settings.Policy);
        if (_settings.Durability is not null)
        {
            var keys = await RunAsync("keys", "new", _directory["signing"]);
            if (keys.ExitCode != 0)
                throw new InvalidOperationException($"keys new: {keys}");
        }
        foreach (var (name, text) in _settings.Files)
            await File.WriteAllTextAsync(_directory[name], text);
        var yaml = _settings.ToYaml(Port, _settings.Policy is not null, JournalDirectory, _directory["signing.pem"], certificate);
        await File.WriteAllTextAsync(ConfigurationFile, yaml);
    }

    private async Task<bool> AnswersAsync()
    {
        if (HasExited)
            throw new InvalidOperationException($"The gateway ended with {_process?.ExitCode}:\n{Log}");
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
