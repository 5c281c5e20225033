using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using WireProxy.Cli.Commands;
using WireProxy.Cli.Output;
using WireProxy.TdsStandIn;

namespace WireProxy.Cli.Demo;

/// <summary>The demo's installation in a temporary directory: two databases of invented patients, a real PostgreSQL and a stand-in for
/// SQL Server, the gateway in front of them as a process of its own, and the files that an operator would write.</summary>
internal sealed class DemoClinic : IAsyncDisposable
{
    public const string Database = "clinic";
    public const string User = "agent";
    public const string Password = "open-house";
    public const string TdsListener = "clinic-tds";
    private const string CatalogReader = "catalog_reader";
    private const int UsualPort = 6432;
    private const int UsualTdsPort = 11433;
    private const int Listeners = 2;

    private readonly string _directory;
    private readonly PrivatePostgres _postgres;
    private readonly string _readerPassword = RandomNumberGenerator.GetHexString(32);
    private ChildProcess? _gateway;

    private DemoClinic(string directory, PrivatePostgres postgres)
    {
        _directory = directory;
        _postgres = postgres;
        FreeTds = new FreeTds(directory);
        Port = FreePort(UsualPort);
        TdsPort = FreePort(UsualTdsPort);
    }

    /// <summary>Where the gateway listens on 127.0.0.1 for PostgreSQL's clients.</summary>
    public int Port { get; }

    /// <summary>Where it listens for SQL Server's.</summary>
    public int TdsPort { get; }

    /// <summary>The stand-in for SQL Server, which tells what reached it.</summary>
    public TdsStandInServer? StandIn { get; private set; }

    public FreeTds FreeTds { get; }

    public string Configuration => Path.Combine(_directory, "wireproxy.yaml");

    public string Journal => Path.Combine(_directory, "journal");

    public string PublicKey => Path.Combine(_directory, "signing.pub.pem");

    /// <summary>This program, as a command line begins with it.</summary>
    public static string[] Program => Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet"
        ? [Environment.ProcessPath!, Path.Combine(AppContext.BaseDirectory, "wireproxy.dll")]
        : [Environment.ProcessPath!];

    public static async Task<DemoClinic> StartAsync(CancellationToken cancellation)
    {
        var directory = Directory.CreateTempSubdirectory("wireproxy-demo-").FullName;
        PrivatePostgres? postgres = null;
        DemoClinic? clinic = null;
        try
        {
            LetOthersThrough(directory);
            var inside = Directory.CreateDirectory(Path.Combine(directory, "postgres")).FullName;
            postgres = await PrivatePostgres.StartAsync(inside, cancellation);
            clinic = new DemoClinic(directory, postgres);
            await clinic.FillAsync(cancellation);
            await clinic.StartGatewayAsync(cancellation);
            return clinic;
        }
        catch
        {
            if (clinic?.StandIn is { } standIn)
                await standIn.DisposeAsync();
            if (postgres is not null)
                await postgres.DisposeAsync();
            Directory.Delete(directory, recursive: true);
            throw;
        }
    }

    /// <summary>Runs the real psql as the agent, through the gateway.</summary>
    public Task<Finished> PsqlAsync(IEnumerable<string> arguments, CancellationToken cancellation) => ChildProcess.RunAsync(
        ["psql", "-X", "-h", "127.0.0.1", "-p", Port.ToString(CultureInfo.InvariantCulture), "-U", User, "-d", Database, .. arguments],
        cancellation, new Dictionary<string, string> { ["PGPASSWORD"] = Password });

    /// <summary>Runs a client of FreeTDS as the agent, through the gateway or straight to the stand-in.</summary>
    public Task<Finished> FreeTdsAsync(string[] command, string input, CancellationToken cancellation, string server = FreeTds.Gateway) =>
        FreeTds.RunAsync(command, server, User, Password, input, cancellation);

    /// <summary>What PostgreSQL itself says, without the gateway.</summary>
    public Task<string> DirectlyAsync(string sql, CancellationToken cancellation) => _postgres.RunSqlAsync(Database, sql, cancellation);

    /// <summary>Runs another verb of this program.</summary>
    public static Task<Finished> WireProxyAsync(IEnumerable<string> arguments, CancellationToken cancellation) =>
        ChildProcess.RunAsync([.. Program, .. arguments], cancellation);

    /// <summary>SIGTERM to the gateway; it drains and closes its journal.</summary>
    public async Task<int> StopGatewayAsync(CancellationToken cancellation)
    {
        var finished = await _gateway!.TerminateAsync(cancellation);
        return finished.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            await _gateway.TerminateAsync(limit.Token);
            await _gateway.DisposeAsync();
        }
        if (StandIn is not null)
            await StandIn.DisposeAsync();
        await _postgres.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private static string Resource(string name)
    {
        using var stream = typeof(DemoClinic).Assembly.GetManifestResourceStream("demo." + name)
            ?? throw new InvalidOperationException($"the program was built without its resource {name}");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>The server's user has to reach its directory below this one; what is secret here has a mode of its own.</summary>
    private static void LetOthersThrough(string directory)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(directory, File.GetUnixFileMode(directory) | UnixFileMode.OtherExecute);
    }

    /// <summary>The usual port where it is free, else another below the range of outgoing connections.</summary>
    private static int FreePort(int usual)
    {
        for (var port = usual; port < 32_768; port += 7)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Somebody listens there.
            }
        }
        throw new UsageException("no free port on 127.0.0.1");
    }

    private async Task FillAsync(CancellationToken cancellation)
    {
        await _postgres.RunSqlAsync("postgres", $"""
            CREATE ROLE {User} LOGIN PASSWORD '{Password}';
            CREATE ROLE {CatalogReader} LOGIN PASSWORD '{_readerPassword}';
            CREATE DATABASE {Database} OWNER {User};
            """, cancellation);
        await _postgres.RunSqlAsync(Database, Resource("clinic.sql"), cancellation);
        StandIn = await TdsStandInServer.StartAsync(new TdsStandInOptions
        {
            Script = Resource("clinic-tds.sql"),
            DefaultDatabase = Database,
            Users = new Dictionary<string, string> { [User] = Password, [CatalogReader] = _readerPassword },
        });
        await FreeTds.WriteConfigurationAsync(TdsPort, StandIn.Port, cancellation);
        PrivateFile.Write(Path.Combine(_directory, "reader.password"), _readerPassword);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        PrivateFile.Write(Path.Combine(_directory, "signing.pem"), key.ExportPkcs8PrivateKeyPem());
        PrivateFile.Write(PublicKey, key.ExportSubjectPublicKeyInfoPem());
        await File.WriteAllTextAsync(Path.Combine(_directory, "policy.yaml"), Resource("policy.yaml"), cancellation);
        await File.WriteAllTextAsync(Configuration, Resource("wireproxy.yaml")
            .Replace("{gateway_port}", Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{tds_gateway_port}", TdsPort.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{tds_port}", StandIn.Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{postgres_socket}", _postgres.SocketDirectory, StringComparison.Ordinal), cancellation);
    }

    private async Task StartGatewayAsync(CancellationToken cancellation)
    {
        _gateway = ChildProcess.Start([.. Program, "serve", "--config", Configuration]);
        while (_gateway.Output.Split("accepting").Length <= Listeners)
        {
            if (_gateway.HasExited)
                throw new IOException($"the gateway did not start: {_gateway.Output}");
            await Task.Delay(20, cancellation);
        }
    }
}
