using System.Text;
using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Review;

/// <summary>Migrations in one text or block: what is open goes on, and what is protected goes nowhere.</summary>
public sealed class ChangesInTextTests() : ThroughGateway(Through.Guarded)
{
    private const string Grown = "ALTER TABLE grown_@ ADD COLUMN k text; ";
    private string _id = "";

    [SetUp]
    public async Task Make_a_table_that_may_grow()
    {
        _id = Guid.NewGuid().ToString("N");
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE TABLE grown_{_id} (id int, x text)");
        await client.QueryAsync($"INSERT INTO grown_{_id} VALUES (1, 'was there')");
        await client.QueryAsync($"CREATE TABLE kept_{_id} (id int, a text, b text, c text)");
    }

    [TestCase(Grown + "UPDATE grown_@ SET k = 'new ' || id; SELECT * FROM grown_@", "new 1")]
    [TestCase("DROP TABLE IF EXISTS none_@; CREATE TABLE none_@ (a text); INSERT INTO none_@ VALUES ('seen'); SELECT * FROM none_@", "seen")]
    [TestCase("DROP TABLE grown_@; CREATE TABLE grown_@ (a text); INSERT INTO grown_@ VALUES ('seen'); SELECT * FROM grown_@", "seen")]
    [TestCase("CREATE TABLE none_@ AS SELECT * FROM clinic.wards; CREATE INDEX ON none_@ (beds); ANALYZE none_@; SELECT name FROM none_@ WHERE beds = 12", "north")]
    [TestCase("SET search_path = clinic; SELECT name FROM wards", "north")]
    [TestCase("DO $$ BEGIN ALTER TABLE grown_@ ADD COLUMN IF NOT EXISTS k text; UPDATE grown_@ SET k = 'seen'; END $$; SELECT id FROM kept_@", "")]
    [TestCase("DO $$ BEGIN CREATE TABLE none_@ (a text); INSERT INTO none_@ VALUES ('seen'); CREATE INDEX ON none_@ (a); END $$", "")]
    public async Task What_is_open_goes_on_behind_a_change(string text, string shown)
    {
        await using var client = await LogInAsync();
        var answer = await client.QueryAsync(Own(text));
        Assert.That(answer.Where(message => message.Type == 'E'), Is.Empty);
        Assert.That(Shown(answer), Does.Contain(shown));
    }

    [TestCase(Grown + "UPDATE grown_@ SET k = (SELECT max(full_name) FROM clinic.patients); SELECT k FROM grown_@")]
    [TestCase(Grown + "INSERT INTO kept_@ SELECT g.*, p.full_name FROM grown_@ g, clinic.patients p; SELECT * FROM kept_@")]
    [TestCase("ALTER TABLE grown_@ ADD COLUMN k text DEFAULT clinic.tell(); SELECT k FROM grown_@")]
    [TestCase("ALTER TABLE grown_@ ADD COLUMN k text; SELECT p.full_name || g.k FROM grown_@ g, clinic.patients p; SELECT g.*, p.full_name || '' FROM grown_@ g, clinic.patients p")]
    [TestCase("DROP TABLE grown_@; CREATE VIEW grown_@ AS SELECT 1 AS id, full_name || '' AS x FROM clinic.patients; SELECT x FROM grown_@")]
    [TestCase("DROP TABLE grown_@; CREATE TABLE grown_@ AS SELECT full_name AS x FROM clinic.patients; SELECT x FROM grown_@")]
    [TestCase("DROP TABLE grown_@; ALTER TABLE clinic.patients RENAME TO grown_@; SELECT full_name || '' FROM public.grown_@")]
    [TestCase("SET search_path = clinic; SELECT full_name || '' FROM patients; INSERT INTO public.kept_@ (a) SELECT full_name FROM patients; SELECT a FROM public.kept_@")]
    [TestCase("DO $$ BEGIN ALTER TABLE grown_@ ADD COLUMN k text; INSERT INTO kept_@ SELECT g.*, p.full_name FROM grown_@ g, clinic.patients p; END $$; SELECT * FROM kept_@")]
    [TestCase("DO $$ DECLARE v text; BEGIN SELECT max(full_name) INTO v FROM clinic.patients; CREATE TABLE none_@ (a text); INSERT INTO none_@ VALUES (v); END $$; SELECT * FROM none_@")]
    [TestCase("DO $$ BEGIN DROP TABLE grown_@; CREATE TABLE grown_@ AS SELECT full_name AS x FROM clinic.patients; END $$; SELECT x FROM grown_@")]
    public async Task What_is_protected_goes_nowhere_behind_a_change(string text)
    {
        await using var client = await LogInAsync();
        AssertNothingShown(await client.QueryAsync(Own(text)));
        foreach (var left in new[] { "SELECT * FROM kept_@", "SELECT * FROM grown_@", "SELECT * FROM none_@" })
            AssertNothingShown(await client.QueryAsync(Own(left)));
    }

    /// <summary>The child's column becomes the parent's, with its values.</summary>
    [TestCase("ALTER TABLE grown_@ ADD COLUMN name text; SELECT name FROM grown_@")]
    [TestCase("ALTER TABLE grown_@ ADD COLUMN name text; SELECT name FROM grown_@", true)]
    [TestCase("ALTER TABLE grown_@ ADD COLUMN name text; CREATE TABLE none_@ AS SELECT name FROM grown_@")]
    [TestCase("ALTER TABLE grown_@ ADD COLUMN name text; CREATE TABLE none_@ AS SELECT name FROM grown_@", true)]
    [TestCase("ALTER TABLE grown_@ ADD COLUMN name text; INSERT INTO kept_@ (a) SELECT name FROM grown_@", true)]
    [TestCase("ALTER TABLE grown_@ ADD COLUMN IF NOT EXISTS name text; SELECT max(name || '') FROM grown_@")]
    [TestCase("DO $$ BEGIN ALTER TABLE grown_@ ADD COLUMN name text; INSERT INTO kept_@ (a) SELECT name FROM grown_@; END $$")]
    public async Task A_column_that_a_child_has_already_is_not_new(string text, bool isPipelined = false)
    {
        await DirectPsql.QueryAsync(Own("""
            CREATE TABLE child_@ (id int, x text, name text); ALTER TABLE child_@ INHERIT grown_@;
            COMMENT ON COLUMN child_@.name IS '[wireproxy: redact]'; INSERT INTO child_@ VALUES (2, '', 'Quillfeather');
            """));
        await using var client = await LogInAsync();
        await client.QueryAsync(Own("CREATE TABLE news_@ ()"));
        if (isPipelined)
            await client.SendAsync([.. Own(text).Split("; ").SelectMany(one => new[] { Parse(one), Bind(), Execute() }), Sync]);
        AssertNothingShown(isPipelined ? await client.ReadUntilAsync('Z') : await client.QueryAsync(Own(text)));
        foreach (var left in new[] { "SELECT a FROM kept_@", "SELECT * FROM grown_@", "SELECT * FROM none_@" })
            AssertNothingShown(await client.QueryAsync(Own(left)));
    }

    [Test]
    public async Task What_was_prepared_is_looked_up_again_where_a_text_moves_the_path()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE SCHEMA s_{_id}");
        await client.QueryAsync($"CREATE VIEW s_{_id}.grown_{_id} AS SELECT 1 AS id, full_name || '' AS x FROM clinic.patients");
        await client.QueryAsync($"PREPARE p AS SELECT x || '' FROM grown_{_id}");
        AssertNothingShown(await client.QueryAsync($"SET search_path = s_{_id}; EXECUTE p"));
    }

    private string Own(string text) => text.Replace("@", _id, StringComparison.Ordinal);

    private static void AssertNothingShown(IReadOnlyList<WireMessage> answer)
    {
        foreach (var secret in Clinic.Secrets)
            Assert.That(Shown(answer), Does.Not.Contain(secret));
    }

    private static string Shown(IEnumerable<WireMessage> answer) =>
        string.Join('\n', answer.Where(message => message.Type is 'D' or 'E' or 'N').Select(message => Encoding.UTF8.GetString(message.Body)));
}
