using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;
using WireProxy.TdsStandIn.Execution;
using WireProxy.TdsStandIn.Functions;

namespace WireProxy.TdsStandIn.Protocol;

/// <summary>A session that is logged in, and what was agreed on.</summary>
internal sealed record LoggedIn(Session Session, Stream Stream, TokenFormat Format, MessageWriter Packets, bool Classifies, bool Mars);

/// <summary>PRELOGIN and LOGIN7.</summary>
internal sealed class LoginHandshake(TdsStandInServer server, Stream stream, bool isStrict, int localPort) : IDisposable
{
    private readonly MessageWriter _packets = new();
    private bool _handedOver;
    private bool _mars;
    private bool _federates;

    /// <returns>Null where the login was refused, the client routed elsewhere, or it went.</returns>
    public async Task<LoggedIn?> RunAsync(CancellationToken cancellation)
    {
        var current = stream;
        var first = await ReadAsync(current, cancellation);
        bool encryptsAll = isStrict, isEncrypted = isStrict;
        if (first.Type == PacketType.PreLogin)
        {
            var hello = PreLogin.Decode(first.Payload);
            _mars = hello.Mars && server.Options.Mars;
            byte answer = Answer(hello.Encryption ?? PreLoginEncryption.NotSupported);
            await SendPreLoginAsync(hello, answer, cancellation);
            if (!isStrict && Refuses(hello.Encryption ?? PreLoginEncryption.NotSupported, answer))
                return null;
            if (!isStrict && answer != PreLoginEncryption.NotSupported)
            {
                var (tls, _) = await Connection.SecureAsync(stream, server.Options, cancellation);
                current = tls;
                isEncrypted = true;
                encryptsAll = answer != PreLoginEncryption.Off;
            }
            first = await ReadAsync(current, cancellation);
        }
        else if (server.Options.Encryption is TdsEncryption.Required)
        {
            return null;
        }
        if (first.Type != PacketType.Login7)
            throw new ProtocolException("A login was expected.");
        return await LogInAsync(Login7.Decode(first.Payload), encryptsAll || !isEncrypted ? current : stream, encryptsAll, cancellation);
    }

    public void Dispose()
    {
        if (!_handedOver)
            _packets.Dispose();
    }

    /// <summary>The table of MS-TDS 2.2.6.5: what the server says to what the client said.</summary>
    private byte Answer(byte client) => (server.Options.Encryption, client & ~PreLoginEncryption.ReservedBit) switch
    {
        (TdsEncryption.None, _) => PreLoginEncryption.NotSupported,
        (TdsEncryption.Required, PreLoginEncryption.On or PreLoginEncryption.Required) => PreLoginEncryption.On,
        (TdsEncryption.Required, _) => PreLoginEncryption.Required,
        (_, PreLoginEncryption.NotSupported) => PreLoginEncryption.NotSupported,
        (_, PreLoginEncryption.Off) => PreLoginEncryption.Off,
        _ => PreLoginEncryption.On,
    };

    /// <summary>One side insists on what the other does not have.</summary>
    private static bool Refuses(byte client, byte answer) =>
        answer == PreLoginEncryption.Required && client == PreLoginEncryption.NotSupported
        || answer == PreLoginEncryption.NotSupported && client is PreLoginEncryption.On or PreLoginEncryption.Required && answer == PreLoginEncryption.NotSupported;

    private async ValueTask SendPreLoginAsync(PreLogin client, byte encryption, CancellationToken cancellation)
    {
        var hello = new PreLogin([new PreLoginOption(PreLoginOptionType.Version, PreLogin.VersionData(ServerVersion.Major, ServerVersion.Minor, ServerVersion.Build))])
            .With(PreLoginOptionType.Encryption, new ByteString([encryption]))
            .With(PreLoginOptionType.Instance, new ByteString([0]))
            .With(PreLoginOptionType.ThreadId, default)
            .With(PreLoginOptionType.Mars, new ByteString([_mars ? (byte)1 : (byte)0]));
        _federates = client.FederatedAuthenticationRequired == 1 && server.Options.Tokens.Count > 0;
        if (client.FederatedAuthenticationRequired is not null)
            hello = hello.With(PreLoginOptionType.FederatedAuthenticationRequired, new ByteString([_federates ? (byte)1 : (byte)0]));
        using var payload = new WireWriter();
        using var output = new WireWriter();
        hello.Encode(payload);
        _packets.WriteMessage(output, PacketType.TabularResult, payload.WrittenSpan);
        await stream.WriteAsync(output.WrittenMemory, cancellation);
    }

    private async Task<LoggedIn?> LogInAsync(Login7 login, Stream current, bool isEncrypted, CancellationToken cancellation)
    {
        var options = server.Options;
        var asked = isStrict && login.Version >= TdsVersion.V74 ? TdsVersion.V80 : login.Version;
        var version = asked > options.HighestVersion ? options.HighestVersion : asked;
        var format = new TokenFormat(version, DataClassification: GrantedClassification(login));
        int spid = server.Instance.NextSpid();
        _packets.Spid = (ushort)spid;
        using var response = new ResponseWriter(current, new MessageWriter { Spid = (ushort)spid }) { Format = format };
        var database = server.Instance.Find(login.Database.Length == 0 ? options.DefaultDatabase : login.Database);
        string? user = UserOf(login);
        if (user is null || database is null)
        {
            Refuse(response, login, isKnown: user is not null);
            await response.EndAsync(cancellation);
            return null;
        }
        if (options.RouteTo is { } target)
        {
            Acknowledge(response, version, login.Version);
            new RoutingTarget((ushort)target.Port, target.Server, null).ToEnvChange().Encode(response.Tokens);
            new Done(TokenType.Done, DoneStatus.Final, 0, 0).Encode(response.Tokens, format);
            await response.EndAsync(cancellation);
            return null;
        }
        var session = new Session(server.Instance, database, user)
        {
            HostName = login.HostName,
            ApplicationName = login.AppName,
            Spid = spid,
            LocalPort = localPort,
            IsEncrypted = isEncrypted,
        };
        int packetSize = PacketSize(login.PacketSize);
        LoginAnswer.Write(response, session, packetSize, () => Acknowledge(response, version, login.Version), Features(login));
        await response.EndAsync(cancellation);
        _packets.PacketSize = packetSize;
        _handedOver = true;
        server.CountLogin();
        return new LoggedIn(session, current, format, _packets, format.DataClassification > 0, _mars);
    }

    /// <summary>Null where the login is not accepted.</summary>
    private string? UserOf(Login7 login)
    {
        if (login.IntegratedSecurity)
            return null;
        if (login.Features?[FeatureId.FederatedAuthentication] is { } data)
        {
            var feature = FederatedAuthenticationFeature.Decode(data.Span);
            return feature.Echo == _federates && feature.Library == FederatedAuthenticationLibrary.SecurityToken
                ? server.Options.Tokens.GetValueOrDefault(TdsText.FromBytes(feature.Token.Span)) : null;
        }
        return server.Options.Users.TryGetValue(login.UserName, out var password) && password == login.Password.Reveal() ? login.UserName : null;
    }

    private static void Refuse(ResponseWriter response, Login7 login, bool isKnown)
    {
        void Error(int number, byte severity, string text) =>
            new ServerMessage(TokenType.Error, number, 1, severity, text, ServerVersion.ServerName, "", 1).Encode(response.Tokens, response.Format);
        if (isKnown)
            Error(4060, 11, $"Cannot open database \"{login.Database}\" requested by the login. The login failed.");
        Error(18456, 14, $"Login failed for user '{login.UserName}'.");
        new Done(TokenType.Done, DoneStatus.Error, 0, 0).Encode(response.Tokens, response.Format);
    }

    private static void Acknowledge(ResponseWriter response, TdsVersion version, TdsVersion asked)
    {
        uint code = TdsVersionCode.ForLoginAck(version == TdsVersion.V80 && asked != TdsVersion.V80 ? asked : version);
        uint program = ((uint)ServerVersion.Major << 24) | ((uint)ServerVersion.Minor << 16) | ServerVersion.Build;
        new LoginAck(1, code, ServerVersion.ProgramName, program).Encode(response.Tokens);
    }

    private int PacketSize(uint asked) => asked == 0 ? PacketHeader.DefaultPacketSize
        : (int)Math.Clamp(asked, PacketHeader.MinimumPacketSize, (uint)server.Options.MaxPacketSize);

    private byte GrantedClassification(Login7 login) =>
        login.Features?.FirstByte(FeatureId.DataClassification) is { } asked ? Math.Min(asked, server.Options.DataClassification) : (byte)0;

    private FeatureExtAck? Features(Login7 login)
    {
        var granted = new List<FeatureExtension>();
        if (GrantedClassification(login) is > 0 and var classification)
            granted.Add(new FeatureExtension(FeatureId.DataClassification, new ByteString([classification, 1])));
        if (login.Features?[FeatureId.Utf8Support] is not null)
            granted.Add(new FeatureExtension(FeatureId.Utf8Support, new ByteString([1])));
        if (login.Features?[FeatureId.FederatedAuthentication] is not null)
            granted.Add(new FeatureExtension(FeatureId.FederatedAuthentication, default));
        return granted.Count == 0 ? null : new FeatureExtAck([.. granted]);
    }

    /// <summary>Reads one message and nothing behind it: TLS may begin or end there.</summary>
    private static async Task<Request> ReadAsync(Stream from, CancellationToken cancellation)
    {
        byte[] header = new byte[PacketHeader.Size];
        var payload = new List<byte>();
        PacketHeader packet;
        PacketType? type = null;
        do
        {
            await from.ReadExactlyAsync(header, cancellation);
            PacketHeader.TryRead(header, out packet);
            if (payload.Count + packet.PayloadLength > Login7.MaximumLength || type is { } begun && begun != packet.Type)
                throw new ProtocolException("A message before the login is too long, or another comes into it.");
            type = packet.Type;
            byte[] part = new byte[packet.PayloadLength];
            await from.ReadExactlyAsync(part, cancellation);
            payload.AddRange(part);
        }
        while (!packet.EndsMessage);
        return new Request(packet.Type, packet.Status, [.. payload], false);
    }
}
