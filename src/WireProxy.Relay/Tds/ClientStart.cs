using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Tds;

/// <summary>What of a connection is encrypted (MS-TDS 2.2.6.5).</summary>
internal enum Encryption
{
    None,
    /// <summary>The first packet of the login.</summary>
    LoginOnly,
    Full,
}

/// <summary>The client's first messages: TLS from the first byte (TDS 8.0), PRELOGIN and the TLS inside of it, LOGIN7. A login without
/// a PRELOGIN, as jTDS sends without ssl, is taken as it is.</summary>
internal sealed class ClientStart(Session session)
{
    private const byte TlsHandshakeRecord = 0x16;
    private const byte TlsDataRecord = 0x17;
    private const byte EncryptionBits = 0x0F;

    public static readonly SslApplicationProtocol Alpn = new("tds/8.0");

    private readonly ClientTlsOptions? _tls = session.Listener.Options.Tls;
    private readonly Leg _client = session.Client;
    private HandshakeStream? _loginStream;
    private SslStream? _loginTls;
    private ByteTransport? _plain;
    private bool _isStrict;
    private bool _isAnswered;

    /// <summary>Null where the client begins with its login.</summary>
    public async Task<PreLogin?> ReadPreLoginAsync(CancellationToken cancellationToken)
    {
        if (!await _client.ReceiveAsync())
            throw new SessionEndException(SessionEnd.ClientClosed);
        if (_client.Input.Unread[0] == TlsHandshakeRecord)
            await BeginStrictTlsAsync(cancellationToken);
        PacketHeader header = await PacketIo.ReceivePacketAsync(_client, Party.Client);
        if (header.Type == PacketType.Login7)
            return null;
        if (header.Type != PacketType.PreLogin)
            throw new ProtocolException("A connection begins neither with a PRELOGIN nor with a login.");
        return PreLogin.Decode(PacketIo.Take(_client, await PacketIo.ReceiveMessageAsync(_client, Party.Client, PacketIo.PreLoginBytes)));
    }

    /// <exception cref="SessionEndException">The client does not encrypt as the listener demands, and answering PRELOGIN cannot tell it so.</exception>
    public void CheckEncryption(PreLogin? asked)
    {
        if (_isStrict)
            return;
        if (_tls?.Mode == ClientTlsMode.Strict)
            throw Refused("this listener takes TLS from the first byte alone (tls.mode: strict)", "Connect with Encrypt=Strict.");
        if (_tls?.Mode == ClientTlsMode.Require && asked is null)
            throw Refused("this listener requires TLS (tls.mode: require)", "Let the client encrypt the connection.");
    }

    /// <summary>Takes the login of a client that will be refused, because its answer is the first place where the protocol has room for
    /// a reason, and all clients look there. Gives up where the client does.</summary>
    public async Task HearLoginAsync(PreLogin? asked, CancellationToken cancellationToken)
    {
        try
        {
            if (asked is not null && !_isAnswered)
                await AnswerAsync(asked, OwnAnswer(asked), cancellationToken);
            session.Farewell = new Farewell(new TokenFormat(Login7.Decode(await ReadLoginAsync()).Version));
        }
        catch (Exception e) when (e is SessionEndException or ProtocolException or IOException or SocketException or ObjectDisposedException)
        {
            // It closed, or says what nobody understands: why it was refused stays the reason of the session's end.
        }
    }

    /// <summary>Answers as the upstream has, but for what the gateway speaks for itself, and begins TLS where both sides want it.</summary>
    public async Task AnswerAsync(PreLogin asked, PreLogin upstream, CancellationToken cancellationToken)
    {
        _isAnswered = true;
        (byte said, Encryption encryption) = _isStrict ? (PreLoginEncryption.On, Encryption.None) : Agree(asked.Encryption);
        PreLogin answer = upstream
            .With(PreLoginOptionType.Encryption, new ByteString([said]))
            .With(PreLoginOptionType.Mars, new ByteString([asked.Mars && upstream.Mars ? (byte)1 : (byte)0]));
        using var payload = new WireWriter();
        answer.Encode(payload);
        await PacketIo.SendAsync(_client, PacketType.TabularResult, payload.WrittenMemory);
        if (encryption == Encryption.None && said == PreLoginEncryption.Required)
            throw Refused("this listener requires TLS (tls.mode: require), and the client has none", null);
        if (encryption != Encryption.None)
            await BeginTlsAsync(encryption, cancellationToken);
    }

    /// <summary>The login's payload, decrypted.</summary>
    public async Task<byte[]> ReadLoginAsync()
    {
        PacketHeader first = await PacketIo.ReceivePacketAsync(_client, Party.Client);
        if (first.Type != PacketType.Login7)
            throw new ProtocolException("Something else came where the login was due.");
        if (_loginStream is null)
            return PacketIo.Take(_client, await PacketIo.ReceiveMessageAsync(_client, Party.Client, PacketIo.ClientLoginBytes));
        return await ReadPartlyEncryptedLoginAsync();
    }

    /// <summary>With login-only encryption the first packet is encrypted and the others are plain, says the specification; FreeTDS
    /// encrypts all of them.</summary>
    private async Task<byte[]> ReadPartlyEncryptedLoginAsync()
    {
        byte[] head = _client.Input.Unread.ToArray();
        _client.Input.Consume(head.Length);
        using var login = new WireWriter();
        login.WriteBytes(head);
        ByteTransport encrypted = _client.Transport;
        if (!PacketRun.TryMeasure(head, out _, out _))
        {
            _client.Upgrade(_plain!);
            if (!await _client.ReceiveAsync())
                throw PacketIo.Closed(Party.Client);
            byte[] next = _client.Input.Unread.ToArray();
            _client.Input.Consume(next.Length);
            if (next[0] == TlsDataRecord)
            {
                _loginStream!.GiveBack(next);
                _client.Upgrade(encrypted);
            }
            else
            {
                login.WriteBytes(next);
            }
        }
        PacketRun run;
        while (!PacketRun.TryMeasure(login.WrittenSpan, out run, out int needed))
        {
            if (needed > PacketIo.ClientLoginBytes)
                throw PacketIo.Violation(Party.Client, "a message too long for a login");
            if (!await _client.ReceiveAsync())
                throw PacketIo.Closed(Party.Client);
            login.WriteBytes(_client.Input.Unread);
            _client.Input.Consume(_client.Input.Length);
        }
        if (run.Length != login.Length)
            throw new ProtocolException("Data follow the login before its answer.");
        if (!ReferenceEquals(_client.Transport, _plain))
            _client.Upgrade(_plain!);
        await _loginTls!.DisposeAsync();
        using var joined = new WireWriter();
        return run.Payload(login.WrittenSpan, joined).ToArray();
    }

    /// <summary>Where there is no upstream to answer: nothing but what leads to the login.</summary>
    public static PreLogin OwnAnswer(PreLogin asked)
    {
        var answer = new PreLogin(
        [
            new PreLoginOption(PreLoginOptionType.Version, PreLogin.VersionData(16, 0, 0)),
            new PreLoginOption(PreLoginOptionType.Encryption, new ByteString([PreLoginEncryption.NotSupported])),
            new PreLoginOption(PreLoginOptionType.Instance, new ByteString([0])),
            new PreLoginOption(PreLoginOptionType.ThreadId, default),
        ]);
        return asked.FederatedAuthenticationRequired is null
            ? answer : answer.With(PreLoginOptionType.FederatedAuthenticationRequired, new ByteString([0]));
    }

    /// <summary>The table of MS-TDS 2.2.6.5.</summary>
    private (byte Said, Encryption Encryption) Agree(byte? asked)
    {
        int wanted = (asked ?? PreLoginEncryption.NotSupported) & EncryptionBits;
        return (_tls?.Mode, wanted) switch
        {
            (null, _) => (PreLoginEncryption.NotSupported, Encryption.None),
            // Where the gateway decides about logins, tokens may come, which are longer than a login's first packet.
            (ClientTlsMode.Prefer, PreLoginEncryption.Off) when session.Listener.Logins is null => (PreLoginEncryption.Off, Encryption.LoginOnly),
            (ClientTlsMode.Prefer, PreLoginEncryption.NotSupported) => (PreLoginEncryption.NotSupported, Encryption.None),
            (_, PreLoginEncryption.On or PreLoginEncryption.Required) => (PreLoginEncryption.On, Encryption.Full),
            (_, PreLoginEncryption.Off) => (PreLoginEncryption.Required, Encryption.Full),
            _ => (PreLoginEncryption.Required, Encryption.None),
        };
    }

    private async Task BeginStrictTlsAsync(CancellationToken cancellationToken)
    {
        if (_tls is null)
            throw Refused("this listener offers no TLS", "Connect without encryption, or ask the gateway's operator for a certificate.");
        byte[] received = _client.Input.Unread.ToArray();
        _client.Input.Consume(received.Length);
        ByteTransport plain = _client.Transport;
        SslStream stream = await TlsHandshake.AsServerAsync(
            session, new TransportStream(plain, received), Alpn, mustAgree: true, TlsHandshake.Versions, cancellationToken);
        _client.Upgrade(new TlsTransport(stream, plain));
        _isStrict = true;
    }

    private async Task BeginTlsAsync(Encryption encryption, CancellationToken cancellationToken)
    {
        if (_client.Input.Length > 0)
            throw new ProtocolException("Data follow the PRELOGIN before its answer.");
        ByteTransport plain = _client.Transport;
        var carrier = new HandshakeStream(plain, encryption == Encryption.LoginOnly);
        // In TLS 1.3 the server may go on to send tickets when the client believes the handshake over, and would read them as plain records.
        SslStream stream = await TlsHandshake.AsServerAsync(session, carrier, default, mustAgree: false, SslProtocols.Tls12, cancellationToken);
        carrier.EndHandshake();
        _client.Upgrade(new TlsTransport(stream, plain));
        if (encryption == Encryption.LoginOnly)
            (_loginStream, _loginTls, _plain) = (carrier, stream, plain);
    }

    private static SessionEndException Refused(string reason, string? hint) =>
        new(new SessionEnd(Stage.Handshake, Party.Client, reason, "28000", hint));
}
