using System.Collections.Concurrent;

namespace WireProxy.Relay.Sessions;

/// <summary>The databases behind a gateway. One that several listeners lead to is one: what is changed through one of them is news for all.</summary>
internal sealed class KnownDatabases
{
    private readonly ConcurrentDictionary<(string Host, int Port, string Database), DatabaseNews> _news = [];

    public DatabaseNews NewsOf(UpstreamOptions upstream, string database) =>
        _news.GetOrAdd((upstream.Host, upstream.Port, database), static _ => new DatabaseNews());
}
