using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Sql.Tests.Lineage;

/// <summary>Compares what a server shows, says and stores with what the lineage says of the statement.</summary>
internal sealed class Witness(LineageServer server)
{
    public List<string> Faults { get; } = [];

    /// <summary>How many tokens were met.</summary>
    public int Seen { get; private set; }

    /// <summary>Columns that hold tokens of others from before.</summary>
    public IReadOnlyList<(string Home, string Copy)> Copies { get; init; } = [];

    /// <summary>Whether the sources have the token's home, or a place where it was put before.</summary>
    bool Explains(SourceSet sources, (string Relation, string Column) home) => sources.Contains(server.Column($"{home.Relation}.{home.Column}"))
        || Copies.Any(c => c.Home == $"{home.Relation}.{home.Column}" && sources.Contains(server.Column(c.Copy)));

    /// <summary>Runs a statement, in a transaction that is rolled back, and holds the lineage to all that comes of it.</summary>
    public async Task<(ServerAnswer Answer, StatementLineage Lineage)> RunAsync(string sql, bool looksAtTables)
    {
        var lineage = server.One(sql);
        if (looksAtTables)
            await server.RunAsync("BEGIN");
        var answer = await server.RunAsync(sql);
        CheckMessages(sql, answer, lineage);
        if (answer.Error is null && answer.Columns is not null)
            CheckColumns(sql, answer, lineage);
        if (answer.Error is null && looksAtTables)
            await CheckStored(sql, lineage);
        if (looksAtTables)
            await server.RunAsync("ROLLBACK");
        return (answer, lineage);
    }

    List<(string Relation, string Column)> Met(IEnumerable<string> texts)
    {
        var met = texts.SelectMany(Hospital.Find).Distinct().ToList();
        Seen += met.Count;
        return met;
    }

    void CheckColumns(string sql, ServerAnswer answer, StatementLineage lineage)
    {
        if (lineage.Shape is ResultShape.Unknown or ResultShape.OfName)
            return;
        if (lineage.Shape != ResultShape.Columns || lineage.Columns.Length != answer.Columns!.Count)
        {
            Faults.Add($"{lineage.Shape} of {lineage.Columns.Length} columns, the server has {answer.Columns!.Count} ({string.Join("; ", lineage.Reasons)}): {sql}");
            return;
        }
        for (var i = 0; i < lineage.Columns.Length; i++)
        {
            var (name, table, number) = answer.Columns[i];
            var column = lineage.Columns[i];
            if (column.Name is not null && column.Name != name)
                Faults.Add($"column {i} is called {column.Name}, by the server {name}: {sql}");
            if (table != 0 && column.Origin != new SourceColumn(table, number))
                Faults.Add($"column {name} has origin {column.Origin}, by the server {server.NameOf(new(table, number))}: {sql}");
            foreach (var home in Met(answer.Cells[i]))
                if (!Explains(column.Sources, home))
                    Faults.Add($"column {name} shows {home.Relation}.{home.Column} and has the sources {server.Words(column.Sources)}: {sql}");
        }
    }

    void CheckMessages(string sql, ServerAnswer answer, StatementLineage lineage)
    {
        foreach (var home in Met(answer.Notices))
            if (!Explains(lineage.Messages, home))
                Faults.Add($"a notice shows {home.Relation}.{home.Column}, the lineage knows of {server.Words(lineage.Messages)}: {sql}");
        foreach (var home in Met([answer.Error ?? ""]))
            if (!lineage.ReachesEverything && lineage.UsesOf(server.Column($"{home.Relation}.{home.Column}")) == ColumnUses.None
                && !Copies.Any(c => c.Home == $"{home.Relation}.{home.Column}" && lineage.UsesOf(server.Column(c.Copy)) != ColumnUses.None))
                Faults.Add($"an error shows {home.Relation}.{home.Column}, which is not touched: {sql}");
    }

    /// <summary>Looks for tokens away from home.</summary>
    async Task CheckStored(string sql, StatementLineage lineage)
    {
        foreach (var (relation, columns) in Hospital.Stored)
        {
            var rows = await server.RunAsync($"SELECT {string.Join(", ", columns)} FROM ONLY h.{relation}");
            for (var i = 0; i < columns.Length; i++)
            {
                var target = server.Column($"{relation}.{columns[i]}");
                foreach (var home in rows.Cells[i].SelectMany(Hospital.Find).Distinct())
                    if (home != (relation, columns[i]) && !lineage.Writes.Any(w => (w.Kind == WriteKind.Anywhere || w.Target == target
                            || w.Target == new SourceColumn(target.Relation, 0)) && Explains(w.Sources, home)))
                        Faults.Add($"{home.Relation}.{home.Column} was put into {relation}.{columns[i]}, which the lineage does not say: {sql}");
            }
        }
    }
}
