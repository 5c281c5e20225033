using System.Collections.Concurrent;
using WireProxy.Policy;
using WireProxy.Relay.Sessions;

namespace WireProxy.Relay.Postgres;

/// <summary>The catalogs of one listener's databases.</summary>
internal sealed class PostgresCatalogs(ListenerOptions listener, CompiledPolicy policy, KnownDatabases databases)
{
    private readonly ConcurrentDictionary<string, SharedCatalog> _databases = new(StringComparer.Ordinal);

    public SharedCatalog For(string database) => _databases.GetOrAdd(database, name => new SharedCatalog(
        name, policy, listener.Upstream.Catalog is null ? null : new CatalogReader(listener.Upstream, name).ReadAsync, databases.NewsOf(listener.Upstream, name)));
}
