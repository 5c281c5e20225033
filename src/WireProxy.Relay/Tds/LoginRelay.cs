using WireProxy.Policy;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Tds.Login;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Tds;

/// <summary>What a login has agreed on.</summary>
/// <param name="Format">How tokens are laid out from here on.</param>
/// <param name="PacketSize">Bytes of a packet, in both directions and on both legs.</param>
/// <param name="WithholdsClassification">The gateway alone asked for DATACLASSIFICATION: the client does not know of it.</param>
/// <param name="Mars">Several sessions share the connection from here on.</param>
internal sealed record LoginAgreement(
    TokenFormat Format, int PacketSize, string? Database, bool WithholdsClassification = false, bool Mars = false)
{
    /// <summary>Who is asking, where the gateway decides about logins.</summary>
    public Subject? Subject { get; init; }

    /// <summary>How tokens are laid out that the client gets.</summary>
    public TokenFormat ClientFormat => WithholdsClassification ? Format with { DataClassification = 0 } : Format;
}

/// <summary>
/// The client's own login, carried to the server and back until LOGINACK. Nothing of it is recorded. A server that routes the
/// client elsewhere is followed here; the client does not learn of it.
/// </summary>
/// <param name="own">The gateway's own login in place of the client's; null: the client's.</param>
internal sealed class LoginRelay(Session session, PreLogin? asked, CancellationToken cancellationToken, OwnLogin? own = null)
{
    /// <summary>How often a server may route to another (SqlClient follows ten times).</summary>
    private const int MostRoutes = 10;

    private const byte EncryptionWithoutEnclaves = 1;

    private readonly Leg _client = session.Client;
    private UpstreamStart _upstream = null!;
    private TokenFormat _format;
    private int _packetSize = PacketHeader.DefaultPacketSize;
    private string? _database;
    private RoutingTarget? _route;
    private bool _mars;
    private bool _acknowledged;
    private bool _refused;
    private ServerMessage? _error;
    private TokenType _question;
    private readonly OwnClassification _classification = new(session.Listener.Policy.HasProtectedColumns);
    private PacketRun _accepted;

    /// <summary>What was agreed on, once <see cref="RunAsync"/> has ended.</summary>
    public LoginAgreement Agreement { get; private set; } = null!;

    /// <summary>The client's login, without its credential where the gateway has one of its own.</summary>
    public Login7 Login { get; private set; } = null!;

    /// <summary>Until the server has accepted the login, which the client learns by <see cref="AcceptAsync"/>.</summary>
    /// <exception cref="SessionEndException">The login was refused, or a side broke the protocol.</exception>
    public async Task RunAsync(UpstreamStart upstream, byte[]? payload, Login7 login)
    {
        LoginSettings.Judge(session, login);
        (_upstream, Login) = (upstream, login);
        _mars = asked is { Mars: true } && upstream.Answer.Mars;
        Login7 wanted = ForUpstream(login);
        bool isChanged = !ReferenceEquals(wanted, login);
        for (int routes = 0; ; routes++)
        {
            await SendAsync(isChanged ? null : payload, wanted);
            if (!await AnswerAsync(wanted))
            {
                Agreement = new LoginAgreement(_format, _packetSize, _database, _classification.IsAsked, _mars)
                {
                    Subject = own?.SubjectFor(_database ?? login.Database),
                };
                return;
            }
            if (routes == MostRoutes)
                throw UpstreamConnector.Unreachable("the upstream routes from server to server without end");
            wanted = await FollowAsync(wanted);
            isChanged = true;
        }
    }

    /// <summary>Passes the server's acceptance on.</summary>
    public ValueTask AcceptAsync() => PassAsync(_accepted);

    private async Task SendAsync(byte[]? payload, Login7 login)
    {
        if (own is not null)
        {
            await own.SendAsync(_upstream, login, cancellationToken);
            return;
        }
        if (payload is not null)
        {
            await _upstream.SendLoginAsync(payload);
            return;
        }
        using var writer = new WireWriter();
        login.Encode(writer);
        await _upstream.SendLoginAsync(writer.WrittenMemory);
    }

    /// <summary>What the gateway could not read or carry is not asked for.</summary>
    private Login7 ForUpstream(Login7 login)
    {
        // The number of TDS 8.0 says that TLS came first, which is true of the client's leg alone.
        if (login.Version == TdsVersion.V80)
            login = login with { VersionCode = TdsVersionCode.ForLogin(TdsVersion.V74) };
        // With enclaves a package stands before the text of a batch that nothing marks.
        if (login.Features is { } features && features.FirstByte(FeatureId.ColumnEncryption) > EncryptionWithoutEnclaves)
            login = login with { Features = features.With(FeatureId.ColumnEncryption, new ByteString([EncryptionWithoutEnclaves])) };
        // A recovered session would bring settings and a database along without a statement that could be judged.
        if (!session.Listener.Policy.IsTransparent && login.Features is { } asked && asked[FeatureId.SessionRecovery] is not null)
            login = login with { Features = asked.Without(FeatureId.SessionRecovery) };
        return _classification.Ask(login);
    }

    /// <summary>Carries answers and the client's further tokens until the login is over; true where it goes on at another server.</summary>
    private async Task<bool> AnswerAsync(Login7 login)
    {
        _format = new TokenFormat(login.Version);
        while (true)
        {
            PacketRun run = await PacketIo.ReceiveAnswerAsync(_upstream.Leg, session.Listener.Patience, cancellationToken);
            if (run.First.Type != PacketType.TabularResult)
                throw PacketIo.Violation(Party.Upstream, "a message that has no place in a login");
            Read(run);
            if (_route is not null)
            {
                _upstream.Leg.Input.Consume(run.Length);
                return true;
            }
            if (_acknowledged && !_refused)
            {
                _accepted = run;
                return false;
            }
            if (own is not null)
                throw own.Refused(_error);
            await PassAsync(run);
            if (_refused || (!_acknowledged && _question == default))
                throw new SessionEndException(new SessionEnd(Stage.Login, Party.Upstream, "the upstream refused the login"));
            await AskClientAsync();
        }
    }

    /// <summary>Passes the server's answer on, without what the gateway asked for itself.</summary>
    private async ValueTask PassAsync(PacketRun run)
    {
        if (Rewritten(run) is not { } payload)
        {
            await PacketIo.PassAsync(_upstream.Leg, _client, run);
            return;
        }
        _upstream.Leg.Input.Consume(run.Length);
        await PacketIo.SendAsync(_client, PacketType.TabularResult, payload, run.First.Spid);
    }

    private byte[]? Rewritten(PacketRun run)
    {
        using var joined = new WireWriter();
        ReadOnlySpan<byte> answer = run.Payload(_upstream.Leg.Input.Unread, joined);
        byte[]? without = _classification.Without(answer, _format);
        return own?.Reworded(without ?? answer, _format) ?? without;
    }

    private async Task AskClientAsync()
    {
        PacketType due = _question == TokenType.Sspi ? PacketType.Sspi : PacketType.FederatedAuthenticationToken;
        _question = default;
        PacketRun answer = await PacketIo.ReceiveMessageAsync(_client, Party.Client);
        if (answer.First.Type != due)
            throw PacketIo.Violation(Party.Client, "something other than its answer to the login's question");
        await PacketIo.PassAsync(_client, _upstream.Leg, answer);
    }

    private void Read(PacketRun run)
    {
        using var joined = new WireWriter();
        ReadOnlySpan<byte> rest = run.Payload(_upstream.Leg.Input.Unread, joined);
        var tokens = new TokenReader(_format);
        try
        {
            while (!rest.IsEmpty)
            {
                if (!tokens.TryRead(rest, out Token token))
                    throw new ProtocolException("An answer ends inside a token.");
                rest = rest[token.Bytes.Length..];
                Read(token);
                tokens.Format = _format;
            }
        }
        catch (ProtocolException e)
        {
            throw PacketIo.Broken(Party.Upstream, e);
        }
    }

    private void Read(Token token)
    {
        switch (token.Type)
        {
            case TokenType.LoginAck:
                _format = _format with { Version = LoginAck.Decode(token.Bytes).Version };
                _acknowledged = true;
                break;
            case TokenType.EnvChange:
                Read(EnvChange.Decode(token.Bytes));
                break;
            case TokenType.FeatureExtAck:
                var granted = FeatureExtAck.Decode(token.Bytes);
                _format = _format with { ColumnEncryption = granted.GrantsColumnEncryption, DataClassification = granted.DataClassificationVersion };
                break;
            case TokenType.Error:
                _error ??= ServerMessage.Decode(token.Bytes, _format);
                break;
            case TokenType.Done:
                _refused |= !_acknowledged && (Done.Decode(token.Bytes, _format).Status & DoneStatus.Error) != 0;
                break;
            case TokenType.Sspi or TokenType.FedAuthInfo:
                _question = token.Type;
                break;
        }
    }

    private void Read(EnvChange change)
    {
        switch (change.Type)
        {
            case EnvChangeType.PacketSize:
                _packetSize = change.PacketSize;
                break;
            case EnvChangeType.Database:
                _database = change.NewText;
                break;
            case EnvChangeType.Routing or EnvChangeType.EnhancedRouting:
                _route = RoutingTarget.Decode(change);
                break;
        }
    }

    private async Task<Login7> FollowAsync(Login7 login)
    {
        RoutingTarget route = _route!;
        (_route, _acknowledged) = (null, false);
        _upstream.Leg.Release();
        session.Upstream = null;
        // An instance name stands behind a backslash; the port says which it is.
        string host = route.Server.Split('\\')[0];
        UpstreamOptions options = session.Listener.Options.Upstream with { Host = host, Port = route.Port };
        _upstream = await UpstreamStart.ConnectAsync(
            options, session.Loop, asked, session.Listener.Patience, cancellationToken);
        session.Upstream = _upstream.Leg;
        // The client has been told already.
        if (_mars && !_upstream.Answer.Mars)
            throw UpstreamConnector.Unreachable("the server that the upstream routes to has no MARS, and the upstream has");
        return login with { ServerName = route.Server, Database = route.Database ?? login.Database };
    }
}
