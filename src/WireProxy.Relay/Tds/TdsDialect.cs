using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using WireProxy.Policy;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;
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
        if (listener.Limits.MarsSessions == 0)
            asked = asked?.With(PreLoginOptionType.Mars, new ByteString([0]));
        session.TakePlace();
        UpstreamStart upstream = await UpstreamStart.ConnectAsync(listener.Upstream, session.Loop, asked, cancellationToken);
        session.Upstream = upstream.Leg;
        if (asked is not null)
            await client.AnswerAsync(asked, upstream.Answer, cancellationToken);
        byte[] payload = await client.ReadLoginAsync();
        Login7 login = Login7.Decode(payload);
        session.Farewell = new Farewell(new TokenFormat(login.Version));
        LoginAgreement agreement = await new LoginRelay(session, asked, cancellationToken).RunAsync(upstream, payload, login);
        session.Farewell = new Farewell(agreement.Format);
        if (agreement.Mars)
            return await MarsConnection.OpenAsync(session, this, login, agreement);
        return await TdsSession.OpenAsync(session, this, login, agreement);
    }
}

/// <summary>The catalogs of one listener's databases.</summary>
internal sealed class TdsCatalogs(ListenerOptions listener, CompiledPolicy policy)
{
    private readonly ConcurrentDictionary<string, SharedCatalog> _databases = new(StringComparer.Ordinal);

    public SharedCatalog For(string database) => _databases.GetOrAdd(database, name => new SharedCatalog(
        name, policy, listener.Upstream.Catalog is null ? null : () => TdsCatalogReader.ReadAsync(listener.Upstream, name)));
}
