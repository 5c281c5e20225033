using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Npgsql;
using WireProxy.Access;
using WireProxy.Policy;
using WireProxy.Relay.Sessions;
using WireProxy.Sql.Catalog;

namespace WireProxy.Relay.Postgres;

/// <summary>The catalogs of one listener's databases.</summary>
internal sealed class PostgresCatalogs(ListenerOptions listener, CompiledPolicy policy)
{
    private readonly ConcurrentDictionary<string, SharedCatalog> _databases = new(StringComparer.Ordinal);

    public SharedCatalog For(string database) => _databases.GetOrAdd(database, name => new SharedCatalog(
        name, policy, listener.Upstream.Catalog is null ? null : () => ReadAsync(listener.Upstream, name)));

    private static async Task<CatalogSnapshot> ReadAsync(UpstreamOptions upstream, string database)
    {
        try
        {
            return await ReadOverNpgsqlAsync(upstream, database);
        }
        catch (SecretUnavailableException e)
        {
            throw new CatalogUnreadableException(e.Message);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException)
        {
            throw new CatalogUnreadableException(e is PostgresException server ? server.SqlState : e.GetType().Name);
        }
    }

    private static async Task<CatalogSnapshot> ReadOverNpgsqlAsync(UpstreamOptions upstream, string database)
    {
        UpstreamLogin login = upstream.Catalog!;
        var settings = new NpgsqlConnectionStringBuilder
        {
            Host = upstream.Host,
            Port = upstream.Port,
            Database = database,
            Username = login.Username,
            Pooling = false,
            ApplicationName = "wireproxy catalog",
            SslMode = upstream.Tls.Mode switch
            {
                UpstreamTlsMode.Disable => SslMode.Disable,
                UpstreamTlsMode.Prefer => SslMode.Prefer,
                UpstreamTlsMode.Require => SslMode.Require,
                _ => SslMode.VerifyFull,
            },
        };
        var sourceBuilder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        if (upstream.Tls is { Mode: UpstreamTlsMode.VerifyFull, Roots: { } roots })
            sourceBuilder.UseRootCertificates(roots);
        if (login.Certificate is { } certificate)
            sourceBuilder.UseSslClientAuthenticationOptionsCallback(options => options.ClientCertificates = [certificate]);
        if (login.Password is { } password)
        {
            // The driver takes strings alone.
            using Secret secret = await password.ReadAsync(CancellationToken.None);
            sourceBuilder.ConnectionStringBuilder.Password = Encoding.UTF8.GetString(secret.Utf8);
        }
        await using NpgsqlDataSource source = sourceBuilder.Build();
        await using NpgsqlConnection connection = await source.OpenConnectionAsync();
        await using var command = new NpgsqlCommand(PostgresCatalogQuery.Text, connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        var builder = new CatalogBuilder();
        var cells = new string?[reader.FieldCount];
        while (await reader.ReadAsync())
        {
            for (int i = 0; i < cells.Length; i++)
                cells[i] = reader.IsDBNull(i) ? null : reader.GetString(i);
            builder.Add(cells);
        }
        return builder.Build(Stopwatch.GetTimestamp());
    }
}
