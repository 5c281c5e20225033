using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using System.Security.Cryptography;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Tds;

/// <summary>The connection to the server up to its answer to PRELOGIN, TLS included. What is encrypted here is independent of the client's
/// side.</summary>
internal sealed class UpstreamStart
{
    private const byte EncryptionBits = 0x0F;

    private const string NoHandshake = "did not finish the TLS handshake";

    private readonly UpstreamOptions _options;
    private readonly ByteTransport _plain;
    private SslStream? _loginTls;

    private UpstreamStart(UpstreamOptions options, LoopSocket socket)
    {
        _options = options;
        _plain = socket;
        Leg = new Leg(socket);
    }

    public Leg Leg { get; }

    /// <summary>A password may stand in the login: nobody on the way reads it, or the operator allows it.</summary>
    public bool HidesPassword => UpstreamConnector.MayTell(_options, Leg.Transport.TlsDescription is not null);

    /// <summary>A token may stand in the login, which is then perhaps longer than its first packet.</summary>
    public bool HidesToken => UpstreamConnector.MayTell(_options, Leg.Transport.TlsDescription is not null && _loginTls is null);

    /// <summary>The server's answer to PRELOGIN.</summary>
    public PreLogin Answer { get; private set; } = null!;

    /// <param name="asked">The client's PRELOGIN, or null where it sent none, or nobody asks but the gateway.</param>
    /// <exception cref="SessionEndException">The upstream cannot be reached, or not as the configuration demands, or is silent.</exception>
    public static async Task<UpstreamStart> ConnectAsync(
        UpstreamOptions options, EventLoop loop, PreLogin? asked, UpstreamPatience patience, CancellationToken cancellationToken)
    {
        try
        {
            return await patience.RunAsync(
                Stage.Connect, "did not accept the connection", wait => ConnectAsync(options, loop, asked, wait), cancellationToken);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            throw PacketIo.Closed(Party.Upstream);
        }
    }

    private static async Task<UpstreamStart> ConnectAsync(UpstreamOptions options, EventLoop loop, PreLogin? asked, UpstreamWait wait)
    {
        var start = new UpstreamStart(options, await UpstreamConnector.ConnectAsync(options, loop, wait.Token));
        using CancellationTokenRegistration registration = wait.Aborts(start._plain);
        try
        {
            await start.BeginAsync(asked, wait);
            return start;
        }
        catch
        {
            start.Leg.Release();
            throw;
        }
    }

    /// <summary>Sends the login, of which the first packet alone is encrypted where encryption is for the login only.</summary>
    public async Task SendLoginAsync(ReadOnlyMemory<byte> payload)
    {
        using var writer = new WireWriter();
        using var packets = new MessageWriter();
        // Reserved at once: no copy stays behind in a smaller buffer.
        writer.GetSpan(payload.Length + (payload.Length / PacketHeader.MinimumPacketSize + 1) * PacketHeader.Size);
        packets.WriteMessage(writer, PacketType.Login7, payload.Span);
        try
        {
            await SendPacketsAsync(writer.WrittenMemory);
        }
        finally
        {
            Wipe(writer);
        }
    }

    private async Task SendPacketsAsync(ReadOnlyMemory<byte> login)
    {
        if (_loginTls is null)
        {
            Leg.Output.Pass(login);
            await Leg.Output.FlushAsync();
            return;
        }
        PacketHeader.TryRead(login.Span, out PacketHeader first);
        await Leg.Transport.SendAsync(login[..first.Length]);
        Leg.Upgrade(_plain);
        await _loginTls.DisposeAsync();
        _loginTls = null;
        if (login.Length > first.Length)
            await Leg.Transport.SendAsync(login[first.Length..]);
    }

    /// <summary>Sends a login with a secret of the gateway's own, and wipes its bytes.</summary>
    public async Task SendSecretLoginAsync(Login7 login)
    {
        using var payload = new WireWriter();
        try
        {
            // Reserved at once: no copy stays behind in a smaller buffer.
            payload.GetSpan(Login7.MaximumLength + 1);
            login.Encode(payload);
            await SendLoginAsync(payload.WrittenMemory);
        }
        finally
        {
            Wipe(payload);
        }
    }

    private static void Wipe(WireWriter writer)
    {
        if (MemoryMarshal.TryGetArray(writer.WrittenMemory, out ArraySegment<byte> written))
            CryptographicOperations.ZeroMemory(written);
    }

    private async Task BeginAsync(PreLogin? asked, UpstreamWait wait)
    {
        bool isStrict = _options.Tls is { Mode: not UpstreamTlsMode.Disable, Encryption: TdsEncryption.Strict };
        if (isStrict)
        {
            wait.Step = NoHandshake;
            SslStream stream = await TlsHandshake.AsClientAsync(
                new TransportStream(_plain, default), _options, ClientStart.Alpn, TlsHandshake.Versions, wait.Token);
            Leg.Upgrade(new TlsTransport(stream, _plain));
        }
        wait.Step = "did not answer PRELOGIN";
        byte said = isStrict ? PreLoginEncryption.On : Wanted();
        using (var payload = new WireWriter())
        {
            Question(asked, said).Encode(payload);
            await PacketIo.SendAsync(Leg, PacketType.PreLogin, payload.WrittenMemory);
        }
        PacketRun run = await PacketIo.ReceiveMessageAsync(Leg, Party.Upstream);
        if (run.First.Type != PacketType.TabularResult)
            throw PacketIo.Violation(Party.Upstream, "something else than an answer to PRELOGIN");
        try
        {
            Answer = PreLogin.Decode(PacketIo.Take(Leg, run));
        }
        catch (ProtocolException e)
        {
            throw PacketIo.Broken(Party.Upstream, e);
        }
        if (!isStrict)
            await BeginTlsAsync(Agreed(said), wait);
    }

    /// <summary>What the client says of itself goes on; encryption is the gateway's own business.</summary>
    private static PreLogin Question(PreLogin? asked, byte encryption)
    {
        PreLogin question = asked ?? new PreLogin([new PreLoginOption(PreLoginOptionType.Version, PreLogin.VersionData(16, 0, 0))]);
        return question
            .With(PreLoginOptionType.Encryption, new ByteString([encryption]))
            .With(PreLoginOptionType.Mars, new ByteString([asked is { Mars: true } ? (byte)1 : (byte)0]));
    }

    private byte Wanted() => (_options.Tls.Mode, _options.Tls.Encryption) switch
    {
        (UpstreamTlsMode.Disable, _) => PreLoginEncryption.NotSupported,
        (_, TdsEncryption.Login) => PreLoginEncryption.Off,
        _ => PreLoginEncryption.On,
    };

    private Encryption Agreed(byte said)
    {
        int answered = (Answer.Encryption ?? PreLoginEncryption.NotSupported) & EncryptionBits;
        switch (answered)
        {
            case PreLoginEncryption.NotSupported when _options.Tls.Mode is UpstreamTlsMode.Disable or UpstreamTlsMode.Prefer:
                return Encryption.None;
            case PreLoginEncryption.NotSupported:
                throw UpstreamConnector.Unreachable("the upstream offers no TLS, and upstream.tls.mode demands it");
            case PreLoginEncryption.Off when said == PreLoginEncryption.Off:
                return Encryption.LoginOnly;
            case PreLoginEncryption.On or PreLoginEncryption.Required when said != PreLoginEncryption.NotSupported:
                return Encryption.Full;
            case PreLoginEncryption.On or PreLoginEncryption.Required:
                throw UpstreamConnector.Unreachable("the upstream demands TLS, and upstream.tls.mode is disable");
            default:
                throw PacketIo.Violation(Party.Upstream, "an answer about encryption that does not fit the question");
        }
    }

    private async Task BeginTlsAsync(Encryption encryption, UpstreamWait wait)
    {
        if (encryption == Encryption.None)
            return;
        if (Leg.Input.Length > 0)
            throw PacketIo.Violation(Party.Upstream, "data behind its answer to PRELOGIN");
        wait.Step = NoHandshake;
        var carrier = new HandshakeStream(_plain, encryption == Encryption.LoginOnly);
        SslStream stream = await TlsHandshake.AsClientAsync(carrier, _options, default, SslProtocols.Tls12, wait.Token);
        carrier.EndHandshake();
        Leg.Upgrade(new TlsTransport(stream, _plain));
        if (encryption == Encryption.LoginOnly)
            _loginTls = stream;
    }
}
