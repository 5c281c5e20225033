using System.Net.Security;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Postgres.Login;

/// <summary>
/// The client's first packets: TLS asked for by SSLRequest or begun directly (ALPN <c>postgresql</c>), GSSENCRequest
/// answered N, and then what it wants.
/// </summary>
internal sealed class ClientStart(Session session)
{
    private const byte TlsHandshakeRecord = 0x16;

    /// <summary>A Terminate where a startup packet belongs: a client that changed its mind. Read as a length this is 1.4 GB, for which
    /// PostgreSQL closes without a word too.</summary>
    private static ReadOnlySpan<byte> EarlyTerminate => "X\0\0\0"u8;

    public static readonly SslApplicationProtocol Alpn = new("postgresql");

    private readonly ClientTlsOptions? _tls = session.Listener.Options.Tls;
    private readonly Leg _client = session.Client;
    private bool _isEncrypted;

    /// <summary>A <see cref="StartupMessage"/> or a <see cref="CancelRequest"/>.</summary>
    public async Task<StartupPacket> ReadAsync(CancellationToken cancellationToken)
    {
        if (!await _client.ReceiveAsync())
            throw new SessionEndException(SessionEnd.ClientClosed);
        if (_client.Input.Unread[0] == TlsHandshakeRecord)
            await BeginDirectTlsAsync(cancellationToken);
        else if (_tls?.Mode == ClientTlsMode.Strict)
            throw Refused("this listener takes TLS from the first byte alone (tls.mode: strict)", "Use sslnegotiation=direct.");
        bool askedForTls = _isEncrypted;
        bool askedForGss = false;
        while (true)
        {
            switch (await ReadPacketAsync())
            {
                case SslRequest when !askedForTls:
                    askedForTls = true;
                    await AnswerSslRequestAsync(cancellationToken);
                    break;
                case GssEncRequest when !askedForGss && !_isEncrypted:
                    askedForGss = true;
                    await AnswerAsync("N"u8.ToArray());
                    break;
                case CancelRequest cancel:
                    return cancel;
                case StartupMessage startup:
                    RequireTls();
                    return startup;
                case UnsupportedStartup unsupported:
                    throw new SessionEndException(new SessionEnd(
                        Stage.Handshake, Party.Client, $"unsupported frontend protocol {unsupported.Version}: 3.0 and later are spoken", "0A000"));
                default:
                    throw new ProtocolException("An encryption request stands where it may not.");
            }
        }
    }

    private async Task<StartupPacket> ReadPacketAsync()
    {
        int length;
        while (_client.Input.Length < sizeof(int))
            await ReceiveAsync();
        if (_client.Input.Unread.StartsWith(EarlyTerminate))
            throw new SessionEndException(SessionEnd.ClientClosed);
        while (!StartupPacket.TryReadLength(_client.Input.Unread, out length))
            await ReceiveAsync();
        while (_client.Input.Length < length)
            await ReceiveAsync();
        StartupPacket packet = StartupPacket.Decode(_client.Input.Unread[..length]);
        _client.Input.Consume(length);
        return packet;
    }

    private async Task ReceiveAsync()
    {
        if (!await _client.ReceiveAsync())
            throw new SessionEndException(SessionEnd.ClientClosed);
    }

    private async Task AnswerSslRequestAsync(CancellationToken cancellationToken)
    {
        if (_tls is null)
        {
            await AnswerAsync("N"u8.ToArray());
            return;
        }
        await AnswerAsync("S"u8.ToArray());
        await BeginTlsAsync(requireAlpn: false, [], cancellationToken);
    }

    private async Task AnswerAsync(byte[] answer)
    {
        // Bytes sent before the answer would be read as if they had come encrypted (CVE-2021-23214).
        if (_client.Input.Length > 0)
            throw new ProtocolException("Data follow an encryption request before its answer.");
        _client.Output.Write(answer);
        await _client.Output.FlushAsync();
    }

    private async Task BeginDirectTlsAsync(CancellationToken cancellationToken)
    {
        if (_tls is null)
            throw Refused("this listener offers no TLS", "Use sslmode=disable, or ask the gateway's operator for a certificate.");
        byte[] received = _client.Input.Unread.ToArray();
        _client.Input.Consume(received.Length);
        await BeginTlsAsync(requireAlpn: true, received, cancellationToken);
    }

    private async Task BeginTlsAsync(bool requireAlpn, byte[] received, CancellationToken cancellationToken)
    {
        ByteTransport plain = _client.Transport;
        SslStream stream = await TlsHandshake.AsServerAsync(
            session, new TransportStream(plain, received), Alpn, requireAlpn, TlsHandshake.Versions, cancellationToken);
        _client.Upgrade(new TlsTransport(stream, plain));
        _isEncrypted = true;
    }

    private void RequireTls()
    {
        if (_tls?.Mode == ClientTlsMode.Require && !_isEncrypted)
            throw Refused("this listener requires TLS (tls.mode: require)", "Use sslmode=require or stricter.");
    }

    private static SessionEndException Refused(string reason, string hint) =>
        new(new SessionEnd(Stage.Handshake, Party.Client, reason, "28000", hint));
}
