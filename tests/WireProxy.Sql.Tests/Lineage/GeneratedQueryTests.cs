namespace WireProxy.Sql.Tests.Lineage;

/// <summary>Random statements on a real server: what comes back, is written or said must be where the lineage says that it comes from.</summary>
public sealed class GeneratedQueryTests : LineageFixture
{
    // LINEAGE_QUERIES in the environment runs more, LINEAGE_SEED others.
    static readonly int s_queries = int.Parse(Environment.GetEnvironmentVariable("LINEAGE_QUERIES") ?? "1500");
    static readonly int s_seed = int.Parse(Environment.GetEnvironmentVariable("LINEAGE_SEED") ?? "20260801");

    [Test]
    public async Task A_value_in_a_result_comes_from_where_its_lineage_says()
    {
        var generator = new QueryGenerator(new Random(s_seed));
        var witness = new Witness(Server);
        var (valid, columns, exact) = (0, 0, 0);
        for (var i = 0; i < s_queries; i++)
        {
            var (answer, lineage) = await witness.RunAsync(generator.Query(), looksAtTables: false);
            if (answer.Error is not null || answer.Columns is null)
                continue;
            valid++;
            columns += answer.Columns.Count;
            exact += lineage.Columns.Count(c => !c.Sources.IsEverything);
        }
        TestContext.Out.WriteLine($"{valid} of {s_queries} queries were valid; {exact} of {columns} columns are known");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(witness.Faults, Is.Empty, string.Join("\n", witness.Faults.Take(5)));
            Assert.That(valid, Is.GreaterThan(s_queries / 2), "the generator makes too few valid queries to mean anything");
            Assert.That(exact, Is.EqualTo(columns), "nothing in these queries is beyond understanding");
        }
    }

    [Test]
    public async Task A_value_is_found_where_the_lineage_says_that_it_is_written()
    {
        var generator = new QueryGenerator(new Random(s_seed + 1));
        var witness = new Witness(Server);
        var valid = 0;
        for (var i = 0; i < s_queries / 3; i++)
            valid += (await witness.RunAsync(generator.Write(), looksAtTables: true)).Answer.Error is null ? 1 : 0;
        TestContext.Out.WriteLine($"{valid} of {s_queries / 3} statements were valid");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(witness.Faults, Is.Empty, string.Join("\n", witness.Faults.Take(5)));
            Assert.That(valid, Is.GreaterThan(s_queries / 6), "the generator makes too few valid statements to mean anything");
        }
    }
}
