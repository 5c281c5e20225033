using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using WireProxy.TdsStandIn.Execution;
using WireProxy.TdsStandIn.Protocol;
using WireProxy.TdsStandIn.Storage;

namespace WireProxy.TdsStandIn;

/// <summary>A statement that reached the server.</summary>
/// <param name="Text">Of a batch or a prepared statement the text; of a call the procedure's name; of a bulk load the table.</param>
/// <param name="Spid">The session.</param>
public sealed record SeenStatement(string Text, int Spid);

/// <summary>
/// A server that speaks TDS, keeps its databases in memory and understands a good part of T-SQL: for demonstrations and for
/// tests, where SQL Server itself cannot be shipped. It says so where it is asked who it is, and what it does not know is an
/// error 40000. Isolation is READ UNCOMMITTED, there are no permissions, and nothing is kept when it ends.
/// </summary>
public sealed class TdsStandInServer : IAsyncDisposable
{
    private const int FirstPort = 10_000;
    private const int PastLastPort = 20_000;
    private const int PortAttempts = 200;

    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Task, byte> _connections = new();
    private readonly ConcurrentQueue<SeenStatement> _seen = new();
    private readonly Instance _instance = new();
    private int _logins;
    private Task _accepting = Task.CompletedTask;

    private TdsStandInServer(TdsStandInOptions options, TcpListener listener)
    {
        Options = options;
        _listener = listener;
    }

    public TdsStandInOptions Options { get; }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Batches, calls and bulk loads in the order of their coming, the script's not among them.</summary>
    public IReadOnlyList<SeenStatement> Seen => [.. _seen];

    /// <summary>Logins that succeeded.</summary>
    public int Logins => Volatile.Read(ref _logins);

    /// <summary>Connections that are open.</summary>
    public int Connections => _connections.Count;

    internal Instance Instance => _instance;

    /// <summary>Runs the script and begins to listen.</summary>
    /// <exception cref="InvalidOperationException">A statement of the script fails; the message says which and why.</exception>
    /// <exception cref="ArgumentException">The options ask for encryption without a certificate.</exception>
    public static async Task<TdsStandInServer> StartAsync(TdsStandInOptions options)
    {
        if (options.Encryption != TdsEncryption.None && options.Certificate is not { HasPrivateKey: true })
            throw new ArgumentException("Encryption needs a certificate with its private key.", nameof(options));
        var server = new TdsStandInServer(options, Listen(options.Port));
        try
        {
            await ScriptRunner.RunAsync(options.Script, server._instance);
        }
        catch
        {
            server._listener.Dispose();
            throw;
        }
        foreach (var label in options.Labels)
            server._instance.Labels[label.Column] = ColumnLabel.Of(label.Label, label.InformationType, label.Rank);
        server._accepting = server.AcceptAsync();
        return server;
    }

    /// <summary>How many statements came whose text has this in it, in any case of its letters.</summary>
    public int CountSeen(string text) => _seen.Count(statement => statement.Text.Contains(text, StringComparison.OrdinalIgnoreCase));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections.Keys);
        _stop.Dispose();
    }

    internal void Saw(string text, int spid) => _seen.Enqueue(new SeenStatement(text, spid));

    internal void CountLogin() => Interlocked.Increment(ref _logins);

    private static TcpListener Listen(int port)
    {
        for (int attempt = 1; ; attempt++)
        {
            // Ports from 32768 on are those of outgoing connections: one of them may be taken at any moment. From 20000 on tests are given theirs.
            var listener = new TcpListener(IPAddress.Loopback, port > 0 ? port : Random.Shared.Next(FirstPort, PastLastPort));
            try
            {
                listener.Start();
                return listener;
            }
            catch (SocketException) when (port == 0 && attempt < PortAttempts)
            {
                listener.Dispose();
            }
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                socket.NoDelay = true;
                var connection = Task.Run(() => new Connection(this, socket).RunAsync(_stop.Token));
                _connections[connection] = 0;
                _ = connection.ContinueWith(done => _connections.TryRemove(done, out _), TaskScheduler.Default);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The server stops.
        }
    }
}
