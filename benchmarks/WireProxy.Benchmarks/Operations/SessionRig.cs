using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using WireProxy.Capture;
using WireProxy.Policy;
using WireProxy.Protocols.Postgres;
using WireProxy.Relay;
using WireProxy.Relay.Postgres;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Transport;

namespace WireProxy.Benchmarks.Operations;

/// <summary>A logged-in PostgreSQL session whose legs lead nowhere: bytes given to it are filtered, recorded and forgotten.</summary>
internal sealed class SessionRig : IDisposable
{
    private readonly Socket _socket;
    private readonly Socket _peer;
    private readonly Session _session;
    private readonly PostgresSession _dialect;
    private readonly InputBuffer _fromClient = new();
    private readonly InputBuffer _fromUpstream = new();
    // Never flushed, so that they need no transport.
    private readonly OutputBuffer _toClient = new(null!);
    private readonly OutputBuffer _toUpstream = new(null!);

    public SessionRig(CompiledPolicy policy, Journal? journal)
    {
        var address = new IPEndPoint(IPAddress.Loopback, 0);
        var listener = new ListenerOptions(
            "benchmark", WireProtocol.Postgres, address, null,
            new UpstreamOptions("127.0.0.1", 1, new UpstreamTlsOptions(UpstreamTlsMode.Disable, null), null), new ListenerLimits());
        var dialect = new PostgresDialect(listener, policy, new StatementAnalysis());
        var context = new ListenerContext(
            listener, policy, journal, new GatewayLog(NullLogger.Instance), TimeProvider.System, new SessionRegistry())
        {
            Dialect = dialect,
            IsStrict = false,
        };
        (_socket, _peer) = Connected(address);
        _session = new Session(context, _socket);
        var startup = new StartupMessage(ProtocolVersion.V30, []);
        _dialect = PostgresSession.OpenAsync(_session, dialect, startup).GetAwaiter().GetResult();
    }

    /// <summary>What the client says.</summary>
    public void Request(ReadOnlySpan<byte> bytes) => Pass(bytes, _fromClient, _toUpstream, _dialect.Requests, RecordKind.ClientBytes);

    /// <summary>What the server answers.</summary>
    public void Response(ReadOnlySpan<byte> bytes) => Pass(bytes, _fromUpstream, _toClient, _dialect.Responses, RecordKind.ServerBytes);

    public void Dispose()
    {
        _socket.Dispose();
        _peer.Dispose();
    }

    /// <summary>As the session's pump does it, but for the socket.</summary>
    private void Pass(ReadOnlySpan<byte> bytes, InputBuffer input, OutputBuffer output, IFilter filter, RecordKind kind)
    {
        Received.Add(input, bytes);
        if (filter.Process(input, output) != FilterStep.NeedMore || input.Length > 0)
            throw new InvalidOperationException("The filter did not take everything.");
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
