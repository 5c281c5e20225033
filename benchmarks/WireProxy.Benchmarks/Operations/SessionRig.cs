using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using WireProxy.Capture;
using WireProxy.Policy;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Relay;
using WireProxy.Relay.Postgres;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Tds;
using WireProxy.Relay.Transport;

namespace WireProxy.Benchmarks.Operations;

/// <summary>A logged-in session whose legs lead nowhere: bytes given to it are filtered, recorded and forgotten.</summary>
internal sealed class SessionRig : IDisposable
{
    private readonly Socket _socket;
    private readonly Socket _peer;
    private readonly Session _session;
    private readonly DialectSession _dialect;
    private readonly InputBuffer _fromClient = new();
    private readonly InputBuffer _fromUpstream = new();
    // Never flushed, so that they need no transport.
    private readonly OutputBuffer _toClient = new(null!);
    private readonly OutputBuffer _toUpstream = new(null!);

    /// <summary>A session over PostgreSQL's protocol.</summary>
    public SessionRig(CompiledPolicy policy, Journal? journal)
        : this(WireProtocol.Postgres, policy, journal)
    {
    }

    /// <summary>A session over TDS 7.4, with packets of 8,000 bytes.</summary>
    public static SessionRig OverTds(CompiledPolicy policy, Journal? journal) => new(WireProtocol.Tds, policy, journal);

    private SessionRig(WireProtocol protocol, CompiledPolicy policy, Journal? journal)
    {
        var address = new IPEndPoint(IPAddress.Loopback, 0);
        var listener = new ListenerOptions(
            "benchmark", protocol, address, null,
            new UpstreamOptions("127.0.0.1", 1, new UpstreamTlsOptions(UpstreamTlsMode.Disable, null), null), new ListenerLimits());
        var postgres = new PostgresDialect(listener, policy, new Relay.Postgres.StatementAnalysis(), new KnownDatabases());
        var tds = new TdsDialect(listener, policy, new Relay.Tds.StatementAnalysis());
        var context = new ListenerContext(
            listener, policy, journal, new GatewayLog(NullLogger.Instance), TimeProvider.System, new SessionRegistry())
        {
            Dialect = protocol == WireProtocol.Tds ? tds : postgres,
            IsStrict = false,
        };
        (_socket, _peer) = Connected(address);
        _session = new Session(context, _socket);
        if (protocol == WireProtocol.Tds)
        {
            var login = new Login7 { VersionCode = TdsVersionCode.ForLogin(TdsVersion.V74), UserName = "bench", Database = "bench" };
            var agreement = new LoginAgreement(new TokenFormat(TdsVersion.V74), TdsOperations.PacketSize, "bench");
            _dialect = TdsSession.OpenAsync(_session, tds, login, agreement).GetAwaiter().GetResult();
        }
        else
        {
            _dialect = PostgresSession.OpenAsync(_session, postgres, new Subject("", [], "bench", ""), null).GetAwaiter().GetResult();
        }
    }

    /// <summary>Sees what would be sent.</summary>
    internal SentBytes? Took { get; set; }

    internal delegate void SentBytes(ReadOnlySpan<byte> bytes);

    /// <summary>The client's next message waits for the gateway to read the catalog over the session's own connection: here it asks.</summary>
    public void RequestThatReadsCatalog(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> catalog)
    {
        Received.Add(_fromClient, bytes);
        if (_dialect.Requests.Process(_fromClient, _toUpstream) != FilterStep.Wait)
            throw new InvalidOperationException("The catalog was not asked for.");
        _toUpstream.Release();
        Response(catalog);
        _dialect.Requests.WaitAsync().AsTask().GetAwaiter().GetResult();
        Request([]);
    }

    /// <summary>The client's next message waits for something beside the connection, as its analysis on another thread.</summary>
    public async Task RequestThatWaitsAsync(byte[] bytes)
    {
        Received.Add(_fromClient, bytes);
        if (_dialect.Requests.Process(_fromClient, _toUpstream) != FilterStep.Wait)
            throw new InvalidOperationException("Nothing was waited for.");
        await _dialect.Requests.WaitAsync();
        Request([]);
    }

    /// <summary>What the client says.</summary>
    public void Request(ReadOnlySpan<byte> bytes) => Pass(bytes, _fromClient, _toUpstream, _dialect.Requests, RecordKind.ClientBytes);

    /// <summary>What the server answers.</summary>
    /// <param name="mayKeep">The end of a piece may have to wait for the next.</param>
    public void Response(ReadOnlySpan<byte> bytes, bool mayKeep = false) =>
        Pass(bytes, _fromUpstream, _toClient, _dialect.Responses, RecordKind.ServerBytes, mayKeep);

    public void Dispose()
    {
        _socket.Dispose();
        _peer.Dispose();
    }

    /// <summary>As the session's pump does it, but for the socket.</summary>
    private void Pass(ReadOnlySpan<byte> bytes, InputBuffer input, OutputBuffer output, IFilter filter, RecordKind kind, bool mayKeep = false)
    {
        Received.Add(input, bytes);
        if (filter.Process(input, output) != FilterStep.NeedMore || (input.Length > 0 && !mayKeep))
            throw new InvalidOperationException("The filter did not take everything.");
        if (Took is { } took)
        {
            (ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body) = output.Recorded;
            took(head.Span);
            took(body.Span);
        }
        if (_session.Recorder is { } recorder)
        {
            ValueTask recording = recorder.RecordAsync(kind, output, filter.RequiresDurableRecord);
            if (!recording.IsCompletedSuccessfully)
                recording.AsTask().GetAwaiter().GetResult();
        }
        output.Release();
    }

    /// <summary>A session asks its socket for the peer's address, so the socket has one.</summary>
    private static (Socket Accepted, Socket Peer) Connected(IPEndPoint address)
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(address);
        listener.Listen();
        var peer = new Socket(SocketType.Stream, ProtocolType.Tcp);
        peer.Connect(listener.LocalEndPoint!);
        return (listener.Accept(), peer);
    }
}
