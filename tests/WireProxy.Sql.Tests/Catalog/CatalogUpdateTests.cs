using System.Text;
using WireProxy.Protocols.Postgres;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Tests.Lineage;
using WireProxy.TestKit;

namespace WireProxy.Sql.Tests.Catalog;

/// <summary>A catalog that is brought up to date says the same as one that is read whole, whatever has happened meanwhile.</summary>
[Category("Server")]
public sealed class CatalogUpdateTests
{
    PostgresServer _server = null!;
    SystemCatalog _system = null!;
    WireClient _worker = null!;
    WireClient _reader = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        try
        {
            _server = await PostgresServer.StartAsync(new() { Tls = false, Script = Hospital.Schema + Hospital.Objects });
        }
        catch (UnavailableException reason)
        {
            Assert.Ignore(reason.Message);
        }
        _worker = await WireClient.LogInAsync(_server.Port);
        _reader = await WireClient.LogInAsync(_server.Port);
        await RunAsync(_worker, "SET allow_system_table_mods = on");
        var builder = new CatalogBuilder();
        await FillAsync(_worker, PostgresCatalogQuery.SystemText, builder.Add);
        _system = builder.BuildSystem();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await (_worker?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_reader?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [TestCase("CREATE TABLE public.one (a int PRIMARY KEY, b text DEFAULT 'x', c text GENERATED ALWAYS AS (upper(b)) STORED, CHECK (a > 0))")]
    [TestCase("ALTER TABLE h.doctors RENAME COLUMN unit TO ward", TestName = "A_view_is_worded_anew_when_a_column_below_it_is_renamed")]
    [TestCase("ALTER TABLE h.doctors RENAME TO physicians")]
    [TestCase("ALTER FUNCTION h.ssn_of(int) RENAME TO number_of", TestName = "A_default_is_worded_anew_when_its_function_is_renamed")]
    [TestCase("ALTER TYPE h.contact RENAME ATTRIBUTE phone TO mobile")]
    [TestCase("ALTER DOMAIN h.code ADD CHECK (VALUE <> 'x')")]
    [TestCase("DROP TRIGGER pad_log ON h.pad", TestName = "A_trigger_that_is_dropped_shows_in_the_count")]
    [TestCase("ALTER TABLE h.pad DROP CONSTRAINT pad_pkey")]
    [TestCase("DROP TABLE h.doctors CASCADE")]
    [TestCase("ALTER TABLE h.visits DETACH PARTITION h.visits_b")]
    [TestCase("ALTER TABLE h.vips NO INHERIT h.patients")]
    [TestCase("CREATE OR REPLACE VIEW h.v_names AS SELECT id, ssn::text AS label, city FROM h.patients")]
    [TestCase("ALTER SEQUENCE h.log_id_seq OWNED BY NONE", TestName = "A_dependency_alone_that_is_gone_shows_in_the_count")]
    [TestCase("COMMENT ON COLUMN h.pad.a IS 'wireproxy: redact'")]
    [TestCase("COMMENT ON SCHEMA h IS 'wireproxy: redact'")]
    [TestCase("CREATE POLICY mine ON h.pad USING (a = 'x') WITH CHECK (b = 'y')")]
    [TestCase("CREATE FUNCTION h.ssn_of(text) RETURNS text LANGUAGE sql AS 'SELECT $1'")]
    [TestCase("CREATE FUNCTION public.upper(text) RETURNS text LANGUAGE sql AS 'SELECT $1'")]
    [TestCase("ALTER SCHEMA h RENAME TO i")]
    [TestCase("CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION h.ended()")]
    [TestCase("CREATE PUBLICATION told FOR TABLE h.pad")]
    [TestCase("UPDATE pg_catalog.pg_class SET relname = 'renamed' WHERE oid = 'h.doctors'::regclass")]
    [TestCase("UPDATE pg_catalog.pg_attribute SET attname = 'renamed' WHERE attrelid = 'h.doctors'::regclass AND attname = 'unit'")]
    [TestCase("DROP TABLE h.pad; CREATE TABLE h.pad (a int)", TestName = "What_is_made_anew_under_the_same_name_takes_its_place")]
    [TestCase("DELETE FROM pg_catalog.pg_trigger WHERE tgname = 'pad_log'")]
    public async Task What_has_changed_is_read(string sql)
    {
        await RunAsync(_worker, "BEGIN; CREATE FUNCTION h.ended() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'");
        try
        {
            var before = await WholeAsync(_worker);
            Assert.That(await RunAsync(_worker, sql), Is.Null);

            var updated = await UpdatedAsync(_worker, before, isCommitted: false);

            var whole = CatalogWords.Of(await WholeAsync(_worker));
            Assert.That(whole, Is.Not.EqualTo(CatalogWords.Of(before)));
            if (updated is not null)
                Assert.That(CatalogWords.Of(updated), Is.EqualTo(whole));
        }
        finally
        {
            await RunAsync(_worker, "ROLLBACK");
        }
    }

    [Test]
    public async Task Where_nothing_has_changed_one_query_is_asked()
    {
        var before = await WholeAsync(_reader);

        var update = new CatalogUpdate(before, isCommitted: true, 2);
        await AskAsync(_reader, update);

        Assert.That(update.Query, Is.Null);
        Assert.That(CatalogWords.Of(update.Result!), Is.EqualTo(CatalogWords.Of(before)));
    }

    /// <summary>WIREPROXY_DDL=seed,steps looks longer and elsewhere.</summary>
    static IEnumerable<TestCaseData> Runs()
    {
        var wanted = (Environment.GetEnvironmentVariable("WIREPROXY_DDL") ?? "1,60").Split(',').Select(int.Parse).ToArray();
        yield return new(wanted[0], wanted[1]);
    }

    [TestCaseSource(nameof(Runs))]
    public async Task Whatever_is_done_the_update_says_the_same_as_the_whole(int seed, int steps)
    {
        await RunAsync(_worker, "ROLLBACK");
        var ddl = new RandomDdl(seed);
        var chance = new Random(seed);
        var (shared, own) = (await WholeAsync(_reader), await WholeAsync(_worker));
        List<string> done = [];
        var updates = 0;
        for (var i = 0; i < steps; i++)
        {
            var wasInTransaction = ddl.IsInTransaction;
            var sql = ddl.Next();
            if (wasInTransaction && ddl.IsInTransaction)
                await RunAsync(_worker, "SAVEPOINT before");
            var error = await RunAsync(_worker, sql);
            done.Add($"{sql}; -- {error}");
            if (error is not null && ddl.IsInTransaction)
                await RunAsync(_worker, "ROLLBACK TO before");
            // Several statements may lie between two reads.
            if (chance.Next(3) == 0)
                continue;
            own = await ComparedAsync(_worker, ddl.IsInTransaction ? own : shared, !ddl.IsInTransaction);
            // The server takes locks for the definitions of views.
            if (!ddl.IsInTransaction)
                shared = await ComparedAsync(_reader, shared, true);
        }
        TestContext.Out.WriteLine($"{updates} updates in {steps} steps");
        Assert.That(updates, Is.GreaterThan(steps / 3));

        async Task<CatalogSnapshot> ComparedAsync(WireClient client, CatalogSnapshot basis, bool isCommitted)
        {
            var updated = CatalogUpdate.IsBasis(basis) ? await UpdatedAsync(client, basis, isCommitted) : null;
            var whole = await WholeAsync(client, isCommitted);
            if (updated is null)
                return whole;
            updates++;
            Assert.That(CatalogWords.Of(updated), Is.EqualTo(CatalogWords.Of(whole)), () => string.Join('\n', done.TakeLast(40)));
            return updated;
        }
    }

    async Task<CatalogSnapshot> WholeAsync(WireClient client, bool isCommitted = true)
    {
        var builder = new CatalogBuilder(_system);
        await FillAsync(client, PostgresCatalogQuery.UserText, builder.Add);
        if (builder.IsSystemStale)
        {
            builder = new CatalogBuilder();
            await FillAsync(client, PostgresCatalogQuery.SystemText, builder.Add);
            _system = builder.BuildSystem();
            return await WholeAsync(client, isCommitted);
        }
        return builder.Build(1, isCommitted);
    }

    static async Task<CatalogSnapshot?> UpdatedAsync(WireClient client, CatalogSnapshot basis, bool isCommitted)
    {
        var update = new CatalogUpdate(basis, isCommitted, 2);
        while (update.Query is not null)
            await AskAsync(client, update);
        return update.Result;
    }

    static async Task AskAsync(WireClient client, CatalogUpdate update)
    {
        await FillAsync(client, update.Query!.Text, update.Add);
        update.Answered();
    }

    static async Task<string?> RunAsync(WireClient client, string sql)
    {
        string? error = null;
        foreach (var message in await client.QueryAsync(sql))
            if (message.Type == 'E')
                error ??= ErrorFields.Decode(message.Body)[ErrorFieldCode.Message]?.Text;
        return error;
    }

    static async Task FillAsync(WireClient client, string query, Action<IReadOnlyList<string?>> add)
    {
        foreach (var message in await client.QueryAsync(query))
        {
            if (message.Type == 'E')
                throw new InvalidOperationException(ErrorFields.Decode(message.Body)[ErrorFieldCode.Message]?.Text);
            if (message.Type != 'D')
                continue;
            List<string?> cells = [];
            foreach (var cell in DataRow.Decode(message.Body).Values)
                cells.Add(cell.IsNull ? null : Encoding.UTF8.GetString(cell.Bytes));
            add(cells);
        }
    }
}
