using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using WireProxy.Policy;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Tds.Login;
using WireProxy.Relay.Tds.Mars;
using WireProxy.Sql.Catalog;

namespace WireProxy.Relay.Tds;

/// <summary>The TDS dialect of one listener.</summary>
internal sealed class TdsDialect(ListenerOptions listener, CompiledPolicy policy, StatementAnalysis analysis) : IDialect
{
    private readonly PassedTexts _passed = new();
    private readonly ConditionalWeakTable<CatalogSnapshot, PassedTexts> _passedUnder = [];

    public string Name => "tds";

    public TdsCatalogs Catalogs { get; } = new(listener, policy);

    public StatementAnalysis Analysis { get; } = analysis;

    /// <summary>The verdicts under a snapshot of the catalog, or under none where the policy needs none.</summary>
    public PassedTexts PassedUnder(CatalogSnapshot? catalog) =>
        catalog is null ? _passed : _passedUnder.GetValue(catalog, static _ => new PassedTexts());

    public async Task<LoggedIn?> HandshakeAsync(Session session, CancellationToken cancellationToken)
    {
        var client = new ClientStart(session);
        PreLogin? asked = await client.ReadPreLoginAsync(cancellationToken);
        // Where the gateway decides about logins it answers PRELOGIN before it knows the server, and so for one session.
        if (listener.Limits.MarsSessions == 0 || session.Listener.Logins is not null)
            asked = asked?.With(PreLoginOptionType.Mars, new ByteString([0]));
        LoginRelay relay = session.Listener.Logins is null
            ? await RelayLoginAsync(session, client, asked, cancellationToken)
            : await new GatewayLogin(session, client, asked).RunAsync(cancellationToken);
        session.Farewell = new Farewell(relay.Agreement.Format);
        // A client that is told of its login believes in it: what cannot be recorded is refused before.
        LoggedIn opened = relay.Agreement.Mars
            ? await MarsConnection.OpenAsync(session, this, relay.Login, relay.Agreement)
            : await TdsSession.OpenAsync(session, this, relay.Login, relay.Agreement);
        await relay.AcceptAsync();
        return opened;
    }

    /// <summary>The client's own login, which the server decides.</summary>
    private async Task<LoginRelay> RelayLoginAsync(Session session, ClientStart client, PreLogin? asked, CancellationToken cancellationToken)
    {
        UpstreamStart upstream;
        try
        {
            client.CheckEncryption(asked);
            session.Place!.Take();
            upstream = await UpstreamStart.ConnectAsync(
                listener.Upstream, session.Loop, asked, session.Listener.Patience, cancellationToken);
        }
        catch (SessionEndException)
        {
            await client.HearLoginAsync(asked, cancellationToken);
            throw;
        }
        session.Upstream = upstream.Leg;
        if (asked is not null)
            await client.AnswerAsync(asked, upstream.Answer, cancellationToken);
        byte[] payload = await client.ReadLoginAsync();
        Login7 login = Login7.Decode(payload);
        session.Farewell = new Farewell(new TokenFormat(login.Version));
        var relay = new LoginRelay(session, asked, cancellationToken);
        await relay.RunAsync(upstream, payload, login);
        return relay;
    }
}

/// <summary>The catalogs of one listener's databases. A server shows each user those objects alone that the user may use: what a client's
/// own session has read is true for sessions of the same user.</summary>
internal sealed class TdsCatalogs(ListenerOptions listener, CompiledPolicy policy)
{
    private readonly ConcurrentDictionary<(string Database, string? Reader), SharedCatalog> _catalogs = new();
    private readonly ConcurrentDictionary<string, DatabaseNews> _news = new(StringComparer.Ordinal);

    /// <param name="user">The database's name for it; empty where it is not known, as of a federated login.</param>
    public SharedCatalog For(string database, string user)
    {
        if (listener.Upstream.Catalog is not null)
            return _catalogs.GetOrAdd((database, null), _ => new SharedCatalog(database, policy, () => TdsCatalogReader.ReadAsync(listener.Upstream, database)));
        DatabaseNews news = _news.GetOrAdd(database, _ => new DatabaseNews());
        return user.Length == 0
            ? new SharedCatalog(database, policy, null, news)
            : _catalogs.GetOrAdd((database, user), _ => new SharedCatalog(database, policy, null, news));
    }
}
