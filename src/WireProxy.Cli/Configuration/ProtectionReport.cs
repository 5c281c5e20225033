using System.Collections.Immutable;
using WireProxy.Cli.Output;
using WireProxy.Policy;
using WireProxy.Relay;
using WireProxy.Relay.Postgres;
using WireProxy.Relay.Tds;
using WireProxy.Sql.Catalog;

namespace WireProxy.Cli.Configuration;

/// <summary>Which columns are protected in the databases behind the listeners, and by what: a line of the policy, a label or a comment.</summary>
internal sealed class ProtectionReport
{
    private const string NoLogin = "the listener has no upstream.catalog";

    private readonly List<Found> _found = [];
    private readonly List<(string Listener, string Reason)> _unread = [];
    private ImmutableArray<ColumnPattern> _missing = [];

    /// <summary>The policy names a column that no database has, and every database was asked.</summary>
    public bool HasMissing => _unread.Count == 0 && !_missing.IsEmpty;

    public static async Task<ProtectionReport> ReadAsync(Settings settings, LoadedPolicy policy, bool offline)
    {
        var report = new ProtectionReport();
        HashSet<ColumnPattern> missing = [.. policy.Definition.Protect.SelectMany(rule => rule.Columns)];
        foreach (var listener in settings.Gateway.Listeners)
        {
            if (offline || listener.Upstream.Catalog is null)
            {
                report._unread.Add((listener.Name, listener.Upstream.Catalog is null ? NoLogin : "--offline"));
                continue;
            }
            try
            {
                await foreach (var catalog in report.CatalogsAsync(listener))
                {
                    var subject = new Subject("", [], listener.Name, catalog.Database);
                    var protection = policy.Compiled.Resolve(catalog, policy.Compiled.GrantsFor(subject, DateTimeOffset.UtcNow));
                    report._found.Add(new Found(listener.Name, catalog.Database, [.. protection.Columns]));
                    var absent = policy.Compiled.MissingFrom(catalog);
                    missing.RemoveWhere(pattern => pattern.MatchesDatabase(catalog.Database) && !absent.Contains(pattern));
                }
            }
            catch (IOException exception)
            {
                report._unread.Add((listener.Name, exception.Message));
            }
        }
        report._missing = [.. policy.Definition.Protect.SelectMany(rule => rule.Columns).Where(missing.Contains)];
        return report;
    }

    public void WriteText(TextWriter output, TextWriter error)
    {
        foreach (var (listener, database, columns) in _found)
        {
            output.WriteLine($"protected by {listener} in database {Printable.Line(database)}: {(columns.IsEmpty ? "nothing" : $"{columns.Length} columns")}");
            foreach (var column in columns)
                output.WriteLine($"  {Printable.Line(NameOf(column))}  {Printable.Line($"{column.Mask}")}  {Printable.Line(column.By)}");
        }
        foreach (var (listener, column) in _found.SelectMany(one => one.Columns.Where(column => column.Problem is not null).Select(column => (one.Listener, column))))
            error.WriteLine($"warning: listener {listener}: {Printable.Line(NameOf(column))} is redacted by its {column.By}: {column.Problem}");
        foreach (var (listener, reason) in _unread)
            output.WriteLine($"protected by {listener}: not asked ({Printable.Line(reason)})");
        if (_found.Count > 0)
            foreach (var pattern in _missing)
                error.WriteLine($"warning: the policy protects {pattern}, which is in no database that was asked");
    }

    public void WriteJson(JsonLines lines)
    {
        foreach (var (listener, database, columns) in _found)
            foreach (var column in columns)
                lines.Write(json =>
                {
                    json.WriteString("kind", "protected");
                    json.WriteString("listener", listener);
                    json.WriteString("database", database);
                    json.WriteString("column", NameOf(column));
                    json.WriteString("mask", column.Mask.ToString());
                    json.WriteString("by", column.By);
                    json.WriteString("problem", column.Problem);
                });
        // Of a listener without one its own line says so.
        foreach (var (listener, reason) in _unread.Where(one => one.Reason != NoLogin))
            lines.Write(json =>
            {
                json.WriteString("kind", "not_asked");
                json.WriteString("listener", listener);
                json.WriteString("reason", reason);
            });
        foreach (var pattern in _found.Count > 0 ? _missing : [])
            lines.Write(json =>
            {
                json.WriteString("kind", "missing");
                json.WriteString("column", pattern.ToString());
            });
    }

    /// <summary>Of SQL Server the login's own database alone: others are not listed.</summary>
    private async IAsyncEnumerable<CatalogSnapshot> CatalogsAsync(ListenerOptions listener)
    {
        if (listener.Protocol == WireProtocol.Tds)
        {
            yield return await TdsCatalog.ReadAsync(listener, "");
            _unread.Add((listener.Name, "databases other than the login's own are not listed"));
            yield break;
        }
        foreach (var database in await PostgresCatalog.ReadDatabasesAsync(listener))
        {
            if (await TryReadAsync(listener, database) is { } catalog)
                yield return catalog;
        }
    }

    /// <summary>One database that the login may not enter does not hide the others.</summary>
    private async Task<CatalogSnapshot?> TryReadAsync(ListenerOptions listener, string database)
    {
        try
        {
            return await PostgresCatalog.ReadAsync(listener, database);
        }
        catch (IOException exception)
        {
            _unread.Add((listener.Name, $"database {database}: {exception.Message}"));
            return null;
        }
    }

    private static string NameOf(ProtectedColumn column) => $"{column.Schema}.{column.Table}.{column.Name}";

    private sealed record Found(string Listener, string Database, ImmutableArray<ProtectedColumn> Columns);
}
