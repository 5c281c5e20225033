using System.Text;
using WireProxy.Protocols.Postgres;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres.Lineage;
using WireProxy.TestKit;

namespace WireProxy.Sql.Tests.Lineage;

/// <summary>What a real server says of a statement.</summary>
/// <param name="Columns">Name and stated origin of each column, (0, 0) for none; null where there was no result.</param>
/// <param name="Cells">All cells of each column, as text.</param>
internal sealed record ServerAnswer(
    List<(string Name, uint Table, short Column)>? Columns, List<List<string>> Cells, string? Error, List<string> Notices);

/// <summary>A private server with the <see cref="Hospital"/>, its catalog, and a session.</summary>
internal sealed class LineageServer : IAsyncDisposable
{
    readonly PostgresServer _server;
    readonly WireClient _client;

    LineageServer(PostgresServer server, WireClient client, CatalogSnapshot catalog) => (_server, _client, Catalog) = (server, client, catalog);

    public CatalogSnapshot Catalog { get; private set; }

    public int Port => _server.Port;

    public SearchPath Path { get; } = new(["pg_catalog", "public"]);

    public static async Task<LineageServer> StartAsync()
    {
        var server = await PostgresServer.StartAsync(new() { Tls = false });
        await server.ScriptAsync(Hospital.Schema + Hospital.Rows() + Hospital.Objects);
        return new(server, await WireClient.LogInAsync(server.Port), await CatalogReader.ReadAsync(server.Psql()));
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    public async Task ChangeAsync(string sql)
    {
        await _server.ScriptAsync(sql);
        Catalog = await CatalogReader.ReadAsync(_server.Psql());
    }

    public TextLineage Resolve(string sql) => PostgresLineage.Resolve(Encoding.UTF8.GetBytes(sql), Catalog, Path);

    public StatementLineage One(string sql) => Resolve(sql).Statements.Single();

    /// <summary>schema h, written relation.column.</summary>
    public SourceColumn Column(string name)
    {
        var parts = name.Split('.');
        var relation = Catalog.Relation("h", parts[0]) ?? throw new ArgumentException("no relation " + name);
        return new(relation.Id, relation.Columns.Single(c => c.Name == parts[1]).Number);
    }

    public string NameOf(SourceColumn column) =>
        Catalog.Relation(column.Relation) is { } relation ? $"{relation.Name}.{relation.AllColumns.FirstOrDefault(c => c.Number == column.Attribute)?.Name ?? column.Attribute.ToString()}" : column.ToString();

    /// <summary>The sources of a set in words, in order; views' own columns are left out.</summary>
    public string Words(SourceSet sources) => sources.IsEverything ? "everything"
        : string.Join(" ", sources.Columns.Where(c => Catalog.Relation(c.Relation)?.Kind is not ('v' or 'm')).Select(NameOf).Order(StringComparer.Ordinal));

    public async Task<ServerAnswer> RunAsync(string sql)
    {
        List<(string, uint, short)>? columns = null;
        var cells = new List<List<string>>();
        string? error = null;
        var notices = new List<string>();
        foreach (var message in await _client.QueryAsync(sql))
        {
            if (message.Type == 'T')
            {
                columns = [];
                foreach (var field in RowDescription.Decode(message.Body))
                    columns.Add((Encoding.UTF8.GetString(field.Name), field.TableId, field.AttributeNumber));
                cells = [.. columns.Select(_ => new List<string>())];
            }
            else if (message.Type == 'D')
                AddRow(message.Body, cells);
            else if (message.Type == 'E')
                error = Encoding.UTF8.GetString(message.Body);
            else if (message.Type == 'N')
                notices.Add(Encoding.UTF8.GetString(message.Body));
        }
        return new(columns, cells, error, notices);
    }

    static void AddRow(byte[] body, List<List<string>> cells)
    {
        var i = 0;
        foreach (var value in DataRow.Decode(body).Values)
        {
            cells[i].Add(value.IsNull ? "" : Encoding.UTF8.GetString(value.Bytes));
            i++;
        }
    }
}
