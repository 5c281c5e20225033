using System.Data;
using System.Diagnostics;
using System.Text;
using Npgsql;
using NpgsqlTypes;
using WireProxy.Access;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Transport;
using WireProxy.Sql.Catalog;

namespace WireProxy.Relay.Postgres;

/// <summary>Reads one database's catalog with the gateway's own login.</summary>
/// <remarks>
/// DDL comes in runs, and most of a catalog's cost is a new connection, the planning of long queries and rows that have not changed. So the connection
/// stays for a moment with the queries prepared, what PostgreSQL itself brought is read once and again only when its signature changes, and of the
/// rest is read what has changed since (<see cref="CatalogUpdate"/>).
/// </remarks>
internal sealed class CatalogReader(UpstreamOptions upstream, string database)
{
    /// <summary>DROP DATABASE waits five seconds for others to leave (src/backend/storage/ipc/procarray.c, CountOtherDBBackends).</summary>
    private static readonly TimeSpan _idle = TimeSpan.FromSeconds(2);

    /// <summary>Definitions are worded for this path, whatever the login's is; plans that were made once are as good as new ones, and soon had.</summary>
    private const string SettingsText = """
        SELECT pg_catalog.set_config('search_path', 'public', false), pg_catalog.set_config('plan_cache_mode', 'force_generic_plan', false),
               pg_catalog.set_config('jit', 'off', false)
        """;

    /// <summary>What is brought up to date is read whole after this: for what shows in no row that is looked at, such as dependencies deleted by hand.</summary>
    private static readonly TimeSpan _longestUpdated = TimeSpan.FromMinutes(10);

    private readonly SemaphoreSlim _turn = new(1);
    private SystemCatalog? _system;
    private NpgsqlConnection? _connection;
    private CatalogSnapshot? _last;
    private long _wholeSince;
    private ITimer? _closing;

    /// <exception cref="CatalogUnreadableException">It could not be read.</exception>
    public async Task<CatalogSnapshot> ReadAsync()
    {
        await _turn.WaitAsync();
        try
        {
            return await ReadAgainAsync();
        }
        catch (SecretUnavailableException e)
        {
            throw new CatalogUnreadableException(e.Message);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException or FormatException or OperationCanceledException)
        {
            await CloseAsync();
            throw Unreadable(e);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The databases that can be connected to, templates left out, in the order of their names.</summary>
    /// <exception cref="CatalogUnreadableException">They could not be read.</exception>
    public async Task<IReadOnlyList<string>> ReadDatabasesAsync()
    {
        const string Text = "SELECT d.datname::pg_catalog.text FROM pg_catalog.pg_database d WHERE d.datallowconn AND NOT d.datistemplate ORDER BY 1";
        try
        {
            await using NpgsqlConnection connection = await OpenAsync();
            await using var command = new NpgsqlCommand(Text, connection);
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
            List<string> names = [];
            while (await reader.ReadAsync())
                names.Add(reader.GetString(0));
            return names;
        }
        catch (SecretUnavailableException e)
        {
            throw new CatalogUnreadableException(e.Message);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException or OperationCanceledException)
        {
            throw Unreadable(e);
        }
    }

    /// <summary>A connection that has stood may have died, which says nothing of the next one.</summary>
    private async Task<CatalogSnapshot> ReadAgainAsync()
    {
        bool isKept = _connection is not null;
        try
        {
            return await ReadOnceAsync();
        }
        catch (Exception e) when (isKept && e is NpgsqlException or IOException)
        {
            await CloseAsync();
            return await ReadOnceAsync();
        }
    }

    private async Task<CatalogSnapshot> ReadOnceAsync()
    {
        _closing ??= TimeProvider.System.CreateTimer(_ => CloseIdle(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _closing.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (_connection is null)
        {
            _connection = await OpenAsync();
            await using var settings = new NpgsqlCommand(SettingsText, _connection);
            await settings.ExecuteNonQueryAsync();
        }
        // Forgotten meanwhile: where what has changed since cannot be put into it, the next one to ask gets the whole.
        CatalogSnapshot? last = _last;
        _last = null;
        _last = (last is null ? null : await ReadChangesAsync(last)) ?? await ReadWholeAsync();
        _closing.Change(_idle, Timeout.InfiniteTimeSpan);
        return _last;
    }

    /// <summary>What has changed since, and that alone; null where this cannot be told.</summary>
    private async Task<CatalogSnapshot?> ReadChangesAsync(CatalogSnapshot last)
    {
        if (!CatalogUpdate.IsBasis(last) || Stopwatch.GetElapsedTime(_wholeSince) > _longestUpdated)
            return null;
        // All its queries are to see the same.
        await using NpgsqlTransaction transaction = await _connection!.BeginTransactionAsync(IsolationLevel.RepeatableRead);
        var update = new CatalogUpdate(last, isCommitted: true, Stopwatch.GetTimestamp());
        while (update.Query is { } query)
        {
            await using var command = new NpgsqlCommand(query.PreparedText ?? query.Text, _connection, transaction);
            if (query.PreparedText is not null)
            {
                foreach (string value in query.Values)
                    command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = value });
                // The driver keeps it for the next one of the same text.
                await command.PrepareAsync();
            }
            await FillAsync(update.Add, command);
            update.Answered();
        }
        await transaction.CommitAsync();
        return update.Result;
    }

    private async Task<CatalogSnapshot> ReadWholeAsync()
    {
        await using var command = new NpgsqlCommand(PostgresCatalogQuery.UserText, _connection);
        CatalogBuilder? builder = null;
        _wholeSince = Stopwatch.GetTimestamp();
        // Somebody may change the system's own objects between the two reads; nobody does so all the time.
        for (int attempt = 0; attempt < 3 && builder?.IsSystemStale != false; attempt++)
        {
            if (_system is null || builder is not null)
                _system = await ReadSystemAsync();
            builder = new CatalogBuilder(_system);
            await FillAsync(builder.Add, command);
        }
        return builder!.Build(Stopwatch.GetTimestamp());
    }

    private async Task<SystemCatalog> ReadSystemAsync()
    {
        await using var command = new NpgsqlCommand(PostgresCatalogQuery.SystemText, _connection);
        var builder = new CatalogBuilder();
        await FillAsync(builder.Add, command);
        return builder.BuildSystem();
    }

    private static async Task FillAsync(Action<IReadOnlyList<string?>> add, NpgsqlCommand command)
    {
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        string?[] cells = new string?[reader.FieldCount];
        while (await reader.ReadAsync())
        {
            for (int i = 0; i < cells.Length; i++)
                cells[i] = reader.IsDBNull(i) ? null : reader.GetString(i);
            add(cells);
        }
    }

    private void CloseIdle()
    {
        if (!_turn.Wait(0))
            return;
        try
        {
            (NpgsqlConnection? connection, _connection) = (_connection, null);
            connection?.Dispose();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Lets go of the connection; another read opens one again.</summary>
    public async Task CloseAsync()
    {
        (NpgsqlConnection? connection, _connection) = (_connection, null);
        if (connection is not null)
            await connection.DisposeAsync();
    }

    private static CatalogUnreadableException Unreadable(Exception e) => new(e switch
    {
        PostgresException server => server.SqlState,
        OperationCanceledException or TimeoutException or { InnerException: TimeoutException } => "time-out",
        _ => e.GetType().Name,
    });

    /// <summary>The mode, and whether the server gets the password in the clear where it asks for it.</summary>
    private (SslMode Mode, bool MayTell) Encryption(UpstreamLogin login) => upstream.Tls.Mode switch
    {
        // A token can be given in no other way.
        UpstreamTlsMode.Prefer when login.SendsToken && !UpstreamConnector.MayTell(upstream, isEncrypted: false) => (SslMode.Require, true),
        UpstreamTlsMode.Disable => (SslMode.Disable, UpstreamConnector.MayTell(upstream, isEncrypted: false)),
        UpstreamTlsMode.Prefer => (SslMode.Prefer, UpstreamConnector.MayTellPassword(upstream, isEncrypted: false)),
        UpstreamTlsMode.Require => (SslMode.Require, login.SendsToken || UpstreamConnector.MayTellPassword(upstream, isEncrypted: true)),
        _ => (SslMode.VerifyFull, true),
    };

    private async Task<NpgsqlConnection> OpenAsync()
    {
        UpstreamLogin login = upstream.Catalog!;
        (SslMode mode, bool mayTell) = Encryption(login);
        var settings = new NpgsqlConnectionStringBuilder
        {
            Host = upstream.Host,
            Port = upstream.Port,
            Database = database,
            Username = login.Username,
            Pooling = false,
            ApplicationName = "wireproxy catalog",
            // Of the whole login, in seconds; zero would be without end.
            Timeout = (int)Math.Ceiling(Math.Clamp(upstream.Timeout.TotalSeconds, 1, 1_024)),
            SslMode = mode,
            RequireAuth = mayTell ? null : "!Password",
        };
        var sourceBuilder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        // All columns are text: the types of the database need not be read first.
        sourceBuilder.ConfigureTypeLoading(static types => types.EnableTypeLoading(false));
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
        // Without a pool the source holds nothing of its own.
        NpgsqlDataSource source = sourceBuilder.Build();
        // The driver's own limit does not hold in a TLS handshake.
        using var deadline = new CancellationTokenSource(upstream.Timeout);
        return await source.OpenConnectionAsync(deadline.Token);
    }
}
