using WireProxy.Sql.Catalog;

namespace WireProxy.Relay.Tds;

/// <summary>A TDS upstream's catalog for whoever is no session, such as <c>wireproxy policy test --catalog</c>.</summary>
public static class TdsCatalog
{
    /// <summary>Reads it once, with <c>upstream.catalog</c>'s login and over a connection of its own.</summary>
    /// <param name="database">Empty for the login's own.</param>
    /// <exception cref="IOException">It cannot be read; the message says why in a few fixed words.</exception>
    public static async Task<CatalogSnapshot> ReadAsync(ListenerOptions listener, string database)
    {
        if (listener.Upstream.Catalog is null)
            throw new IOException($"listener {listener.Name} has no upstream.catalog to read the catalog with");
        try
        {
            return await TdsCatalogReader.ReadAsync(listener.Upstream, database);
        }
        catch (Sessions.CatalogUnreadableException e)
        {
            throw new IOException($"the catalog cannot be read: {e.Message}", e);
        }
    }
}
