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

    /// <exception cref="CatalogUnreadableException">The server refused, or cannot be reached.</exception>
    public static Task<CatalogSnapshot> ReadAsync(UpstreamOptions upstream, string database) => AskAsync(upstream, database, async connection =>
    {
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
    });

    /// <summary>Those that can be connected to, templates left out, in the order of their names. Asked of the login's own database, or else of
    /// <c>postgres</c>.</summary>
    /// <exception cref="CatalogUnreadableException">The server refused, or cannot be reached.</exception>
    public static async Task<IReadOnlyList<string>> ReadDatabasesAsync(UpstreamOptions upstream)
    {
        try
        {
            return await AskAsync(upstream, "postgres", ReadDatabasesAsync);
        }
        catch (CatalogUnreadableException)
        {
            return await AskAsync(upstream, upstream.Catalog!.Username, ReadDatabasesAsync);
        }
    }

    private static async Task<IReadOnlyList<string>> ReadDatabasesAsync(NpgsqlConnection connection)
    {
        const string Text = "SELECT d.datname::pg_catalog.text FROM pg_catalog.pg_database d WHERE d.datallowconn AND NOT d.datistemplate ORDER BY 1";
        await using var command = new NpgsqlCommand(Text, connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        List<string> names = [];
        while (await reader.ReadAsync())
            names.Add(reader.GetString(0));
        return names;
    }

    private static async Task<T> AskAsync<T>(UpstreamOptions upstream, string database, Func<NpgsqlConnection, Task<T>> ask)
    {
        try
        {
            await using NpgsqlDataSource source = await SourceOfAsync(upstream, database);
            await using NpgsqlConnection connection = await source.OpenConnectionAsync();
            return await ask(connection);
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

    private static async Task<NpgsqlDataSource> SourceOfAsync(UpstreamOptions upstream, string database)
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
        return sourceBuilder.Build();
    }
}
