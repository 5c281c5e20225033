using WireProxy.Sql.Postgres.Lineage;
using WireProxy.TestKit;

namespace WireProxy.Sql.Tests.Lineage;

/// <summary>Random statements on a real server: what comes back, is written or said must be where the lineage says that it comes from.</summary>
[Category("Server")]
public sealed class GeneratedQueryTests
{
    // LINEAGE_QUERIES in the environment runs more, LINEAGE_SEED others.
    static readonly int s_queries = int.Parse(Environment.GetEnvironmentVariable("LINEAGE_QUERIES") ?? "1500");
    static readonly int s_seed = int.Parse(Environment.GetEnvironmentVariable("LINEAGE_SEED") ?? "20260801");

    LineageServer _server = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        try
        {
            _server = await LineageServer.StartAsync();
        }
        catch (UnavailableException reason)
        {
            Assert.Ignore(reason.Message);
        }
    }

    [OneTimeTearDown]
    public async Task Stop() => await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);

    [Test]
    public async Task A_value_in_a_result_comes_from_where_its_lineage_says()
    {
        var generator = new QueryGenerator(new Random(s_seed));
        var faults = new List<string>();
        var (valid, columns, exact) = (0, 0, 0);
        for (var i = 0; i < s_queries; i++)
        {
            var sql = generator.Query();
            var answer = await _server.RunAsync(sql);
            var lineage = _server.One(sql);
            CheckMessages(sql, answer, lineage, faults);
            if (answer.Error is not null || answer.Columns is null)
                continue;
            valid++;
            columns += answer.Columns.Count;
            exact += lineage.Columns.Count(c => !c.Sources.IsEverything);
            CheckColumns(sql, answer, lineage, faults);
        }
        TestContext.Out.WriteLine($"{valid} of {s_queries} queries were valid; {exact} of {columns} columns are known");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(faults, Is.Empty, string.Join("\n", faults.Take(5)));
            Assert.That(valid, Is.GreaterThan(s_queries / 2), "the generator makes too few valid queries to mean anything");
            Assert.That(exact, Is.EqualTo(columns), "nothing in these queries is beyond understanding");
        }
    }

    [Test]
    public async Task A_value_is_found_where_the_lineage_says_that_it_is_written()
    {
        var generator = new QueryGenerator(new Random(s_seed + 1));
        var faults = new List<string>();
        var valid = 0;
        for (var i = 0; i < s_queries / 3; i++)
        {
            var sql = generator.Write();
            await _server.RunAsync("BEGIN");
            var answer = await _server.RunAsync(sql);
            var lineage = _server.One(sql);
            CheckMessages(sql, answer, lineage, faults);
            if (answer.Error is null)
            {
                valid++;
                if (answer.Columns is not null)
                    CheckColumns(sql, answer, lineage, faults);
                await CheckStored(sql, lineage, faults);
            }
            await _server.RunAsync("ROLLBACK");
        }
        TestContext.Out.WriteLine($"{valid} of {s_queries / 3} statements were valid");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(faults, Is.Empty, string.Join("\n", faults.Take(5)));
            Assert.That(valid, Is.GreaterThan(s_queries / 6), "the generator makes too few valid statements to mean anything");
        }
    }

    void CheckColumns(string sql, ServerAnswer answer, StatementLineage lineage, List<string> faults)
    {
        if (lineage.Shape != ResultShape.Columns || lineage.Columns.Length != answer.Columns!.Count)
        {
            faults.Add($"{lineage.Shape} of {lineage.Columns.Length} columns, the server has {answer.Columns!.Count} ({string.Join("; ", lineage.Reasons)}): {sql}");
            return;
        }
        for (var i = 0; i < lineage.Columns.Length; i++)
        {
            var (name, table, number) = answer.Columns[i];
            var column = lineage.Columns[i];
            if (column.Name is not null && column.Name != name)
                faults.Add($"column {i} is called {column.Name}, by the server {name}: {sql}");
            if (table != 0 && column.Origin != new SourceColumn(table, number))
                faults.Add($"column {name} has origin {column.Origin}, by the server {_server.NameOf(new(table, number))}: {sql}");
            foreach (var home in answer.Cells[i].SelectMany(Hospital.Find).Distinct())
                if (!column.Sources.Contains(_server.Column($"{home.Relation}.{home.Column}")))
                    faults.Add($"column {name} shows {home.Relation}.{home.Column} and has the sources {_server.Words(column.Sources)}: {sql}");
        }
    }

    void CheckMessages(string sql, ServerAnswer answer, StatementLineage lineage, List<string> faults)
    {
        foreach (var home in answer.Notices.SelectMany(Hospital.Find).Distinct())
            if (!lineage.Messages.Contains(_server.Column($"{home.Relation}.{home.Column}")))
                faults.Add($"a notice shows {home.Relation}.{home.Column}, the lineage knows of {_server.Words(lineage.Messages)}: {sql}");
        foreach (var home in Hospital.Find(answer.Error ?? "").Distinct())
            if (!lineage.ReachesEverything && lineage.UsesOf(_server.Column($"{home.Relation}.{home.Column}")) == ColumnUses.None)
                faults.Add($"an error shows {home.Relation}.{home.Column}, which is not touched: {sql}");
    }

    /// <summary>Looks for tokens away from home.</summary>
    async Task CheckStored(string sql, StatementLineage lineage, List<string> faults)
    {
        foreach (var (relation, columns) in Hospital.Stored)
        {
            var rows = await _server.RunAsync($"SELECT {string.Join(", ", columns)} FROM ONLY h.{relation}");
            for (var i = 0; i < columns.Length; i++)
            {
                var target = _server.Column($"{relation}.{columns[i]}");
                foreach (var home in rows.Cells[i].SelectMany(Hospital.Find).Distinct())
                    if (home != (relation, columns[i]) && !lineage.Writes.Any(w => (w.Kind == WriteKind.Anywhere || w.Target == target
                            || w.Target == new SourceColumn(target.Relation, 0)) && w.Sources.Contains(_server.Column($"{home.Relation}.{home.Column}"))))
                        faults.Add($"{home.Relation}.{home.Column} was put into {relation}.{columns[i]}, which the lineage does not say: {sql}");
            }
        }
    }
}
