using System.Text;
using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Review;

/// <summary>A materialized view keeps the rows that it was filled with, and goes by its definition.</summary>
public sealed class MaterializedViewTests() : ThroughGateway(Through.Guarded)
{
    private string _id = "", _parent = "", _child = "", _view = "";

    [SetUp]
    public async Task Make_a_parent_with_a_protected_child()
    {
        _id = Guid.NewGuid().ToString("N");
        (_parent, _child, _view) = ($"parent_{_id}", $"s_{_id}.child", $"filled_{_id}");
        await DirectPsql.QueryAsync($"""
            CREATE SCHEMA s_{_id};
            CREATE TABLE {_parent} (name text, n int);
            CREATE TABLE {_child} (name text, n int);
            ALTER TABLE {_child} INHERIT {_parent};
            COMMENT ON COLUMN {_child}.name IS '[wireproxy: redact]';
            INSERT INTO {_child} VALUES ('Quillfeather', 4711);
            """);
        await using var client = await LogInAsync();
        Assert.That(Shown(await client.QueryAsync($"CREATE MATERIALIZED VIEW {_view} AS SELECT name, n FROM {_parent}")), Is.Empty);
    }

    [Test]
    public async Task Its_columns_are_masked_one_by_one()
    {
        await using var client = await LogInAsync();
        Assert.That(Shown(await client.QueryAsync($"SELECT n, name FROM {_view}")), Does.Contain("4711").And.Not.Contain("Quill"));
        Assert.That(Shown(await client.QueryAsync($"SELECT sum(n), count(*) FROM {_view}")), Does.Contain("4711"));
        Assert.That(Shown(await client.QueryAsync($"CREATE VIEW over_{_id} AS SELECT upper(name) AS u, n + 1 AS m FROM {_view}")), Is.Empty);
        Assert.That(Shown(await client.QueryAsync($"SELECT * FROM over_{_id}")), Does.Contain("4712").And.Not.Contain("QUILL"));
    }

    [TestCase("SELECT n FROM {0} GROUP BY name, n")]
    [TestCase("SELECT n FROM {0} ORDER BY name")]
    [TestCase("SELECT n FROM {0} WHERE name < 'X'")]
    [TestCase("SELECT n FROM (SELECT DISTINCT name, n FROM {0}) x")]
    public async Task One_that_is_ordered_by_protected_columns_is_masked_as_a_whole(string definition)
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE MATERIALIZED VIEW ordered_{_id} AS {string.Format(null, definition, _parent)}");
        Assert.That(Shown(await client.QueryAsync($"SELECT n FROM ordered_{_id}")), Is.Not.Empty.And.Not.Contain("4711"));
    }

    [TestCase("ALTER TABLE {1} NO INHERIT {0}")]
    [TestCase("DROP TABLE {1}")]
    [TestCase("DROP SCHEMA s_{2} CASCADE")]
    [TestCase("DO $$ BEGIN ALTER TABLE {1} NO INHERIT {0}; END $$")]
    public async Task A_child_that_alone_protects_its_rows_does_not_leave_them_there(string change)
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("BEGIN");
        var answer = await client.QueryAsync(string.Format(null, change.Replace("$$", "$x$", StringComparison.Ordinal), _parent, _child, _id));
        Assert.That(Shown(answer), Does.Contain($"public.{_view} would keep rows of s_{_id}.child.name"));
        await client.QueryAsync("COMMIT");
        Assert.That(Shown(await client.QueryAsync($"SELECT name FROM {_view}")), Is.Not.Empty.And.Not.Contain("Quill"));
    }

    [Test]
    public async Task A_partition_that_alone_protects_its_rows_is_not_detached()
    {
        await DirectPsql.QueryAsync($"""
            CREATE TABLE parts_{_id} (name text, n int) PARTITION BY RANGE (n);
            CREATE TABLE part_{_id} PARTITION OF parts_{_id} FOR VALUES FROM (0) TO (9999);
            COMMENT ON COLUMN part_{_id}.name IS '[wireproxy: redact]';
            """);
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE MATERIALIZED VIEW of_parts_{_id} AS SELECT upper(name) AS name FROM (SELECT * FROM parts_{_id}) p");
        Assert.That(Shown(await client.QueryAsync($"ALTER TABLE parts_{_id} DETACH PARTITION part_{_id}")), Does.Contain($"public.of_parts_{_id} would keep rows"));
    }

    [Test]
    public async Task What_the_parent_protects_by_itself_may_lose_its_child()
    {
        await DirectPsql.QueryAsync($"COMMENT ON COLUMN {_parent}.name IS '[wireproxy: redact]'");
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE TABLE news_{_id} ()");
        var answer = await client.QueryAsync($"ALTER TABLE {_child} NO INHERIT {_parent}");
        Assert.That(answer.Select(message => message.Type), Has.Some.EqualTo('C'), () => Shown(answer));
        Assert.That(Shown(await client.QueryAsync($"SELECT n, name FROM {_view}")), Does.Contain("4711").And.Not.Contain("Quill"));
    }

    [TestCase("ALTER TABLE {1} NO INHERIT {0}")]
    [TestCase("DROP TABLE {1}")]
    public async Task A_child_that_left_past_the_gateway_leaves_its_rows_protected(string change)
    {
        await using var client = await LogInAsync();
        Assert.That(Shown(await client.QueryAsync($"SELECT n FROM {_view}")), Does.Contain("4711"));
        await DirectPsql.QueryAsync(string.Format(null, change, _parent, _child));
        await client.QueryAsync($"CREATE TABLE news_{_id} ()");
        Assert.That(Shown(await client.QueryAsync($"SELECT n, name FROM {_view}")), Does.Contain("4711").And.Not.Contain("Quill"));
    }

    [Test]
    public async Task A_child_without_protected_columns_comes_and_goes()
    {
        await DirectPsql.QueryAsync($"CREATE TABLE open_{_id} () INHERITS ({_parent}); INSERT INTO open_{_id} VALUES ('plain', 8); REFRESH MATERIALIZED VIEW {_view}");
        await DirectPsql.QueryAsync($"COMMENT ON COLUMN {_parent}.name IS '[wireproxy: redact]'");
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE TABLE news_{_id} ()");
        Assert.That(Shown(await client.QueryAsync($"SELECT n FROM {_view} ORDER BY 1")), Does.Contain("4711"));
        var answer = await client.QueryAsync($"DROP TABLE open_{_id}");
        Assert.That(answer.Select(message => message.Type), Has.Some.EqualTo('C'), () => Shown(answer));
        Assert.That(Shown(await client.QueryAsync($"SELECT n FROM {_view} ORDER BY 1")), Does.Contain("4711"));
    }

    [Test]
    public async Task One_that_was_filled_by_a_function_shows_nothing_whatever_becomes_of_the_function()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE FUNCTION give_{_id}() RETURNS text LANGUAGE sql AS 'SELECT name FROM {_child}'");
        await client.QueryAsync($"CREATE MATERIALIZED VIEW given_{_id} AS SELECT give_{_id}() AS a");
        await client.QueryAsync($"CREATE OR REPLACE FUNCTION give_{_id}() RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$");
        Assert.That(Shown(await client.QueryAsync($"SELECT a FROM given_{_id}")), Is.Not.Empty.And.Not.Contain("Quill"));
    }

    [Test]
    public async Task What_its_refreshing_says_of_rows_is_withheld()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE UNIQUE INDEX ON {_view} (name, n)");
        await DirectPsql.QueryAsync($"INSERT INTO {_child} VALUES ('Quillfeather', 4711)");
        var answer = Shown(await client.QueryAsync($"REFRESH MATERIALIZED VIEW CONCURRENTLY {_view}"));
        Assert.That(answer, Is.Not.Empty.And.Not.Contain("Quill"));
    }

    private static string Shown(IEnumerable<WireMessage> answer) =>
        string.Join('\n', answer.Where(message => message.Type is 'D' or 'E').Select(message => Encoding.UTF8.GetString(message.Body)));
}
