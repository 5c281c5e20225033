using System.Collections.Concurrent;
using WireProxy.Policy;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Relay.Sessions;

namespace WireProxy.Relay.Tds;

/// <summary>The TDS dialect of one listener.</summary>
internal sealed class TdsDialect(ListenerOptions listener, CompiledPolicy policy, StatementAnalysis analysis) : IDialect
{
    public string Name => "tds";

    public TdsCatalogs Catalogs { get; } = new(listener, policy);

    public StatementAnalysis Analysis { get; } = analysis;

    public async Task<DialectSession?> HandshakeAsync(Session session, CancellationToken cancellationToken)
    {
        var client = new ClientStart(session);
        PreLogin? asked = await client.ReadPreLoginAsync(cancellationToken);
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
