using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;
using WireProxy.Access;

namespace WireProxy.HttpConsole.Http;

/// <summary>
/// How many connections an address may have at once, so that one that opens many and says little leaves room for others, such as those who ask
/// whether the gateway lives. Stands before TLS. Loopback is not limited: a proxy of the operator's may stand there.
/// </summary>
internal sealed class AddressLimit(int most)
{
    private readonly ConcurrentDictionary<string, int> _open = new(StringComparer.Ordinal);

    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (connection.RemoteEndPoint is not IPEndPoint { Address: var address } || IPAddress.IsLoopback(address))
        {
            await next(connection);
            return;
        }
        string key = ClientNetwork.KeyOf(address);
        if (!TryEnter(key))
        {
            connection.Abort(new ConnectionAbortedException("too many connections of one address"));
            return;
        }
        try
        {
            await next(connection);
        }
        finally
        {
            Leave(key);
        }
    }

    internal bool TryEnter(string key)
    {
        if (_open.AddOrUpdate(key, 1, static (_, count) => count + 1) <= most)
            return true;
        Leave(key);
        return false;
    }

    internal void Leave(string key)
    {
        if (_open.AddOrUpdate(key, 0, static (_, count) => count - 1) == 0)
            _open.TryRemove(new KeyValuePair<string, int>(key, 0));
    }

    /// <summary>Addresses that are remembered.</summary>
    internal int Held => _open.Count;
}
