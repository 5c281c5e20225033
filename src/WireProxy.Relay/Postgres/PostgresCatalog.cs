using WireProxy.Sql.Catalog;

namespace WireProxy.Relay.Postgres;

/// <summary>A PostgreSQL upstream's catalogs for whoever is no session, such as <c>wireproxy check</c>.</summary>
public static class PostgresCatalog
{
    /// <summary>Reads one database's catalog once, with <c>upstream.catalog</c>'s login and over a connection of its own.</summary>
    /// <exception cref="IOException">It cannot be read; the message says why in a few fixed words.</exception>
    public static Task<CatalogSnapshot> ReadAsync(ListenerOptions listener, string database) => AskAsync(listener, async upstream =>
    {
        var reader = new CatalogReader(upstream, database);
        CatalogSnapshot snapshot = await reader.ReadAsync();
        await reader.CloseAsync();
        return snapshot;
    });

    /// <summary>The databases that can be connected to, templates left out, in the order of their names. Asked of the database <c>postgres</c>, or else of
    /// the login's own.</summary>
    /// <exception cref="IOException">They cannot be read; the message says why in a few fixed words.</exception>
    public static Task<IReadOnlyList<string>> ReadDatabasesAsync(ListenerOptions listener) => AskAsync(listener, async upstream =>
    {
        try
        {
            return await new CatalogReader(upstream, "postgres").ReadDatabasesAsync();
        }
        catch (Sessions.CatalogUnreadableException)
        {
            return await new CatalogReader(upstream, upstream.Catalog!.Username).ReadDatabasesAsync();
        }
    });

    private static async Task<T> AskAsync<T>(ListenerOptions listener, Func<UpstreamOptions, Task<T>> ask)
    {
        if (listener.Upstream.Catalog is null)
            throw new IOException($"listener {listener.Name} has no upstream.catalog to read the catalog with");
        try
        {
            return await ask(listener.Upstream);
        }
        catch (Sessions.CatalogUnreadableException e)
        {
            throw new IOException($"the catalog cannot be read: {e.Message}", e);
        }
    }
}
