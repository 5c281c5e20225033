using WireProxy.Sql.Catalog;
using WireProxy.Sql.Tests.Lineage;
using WireProxy.TestKit;

namespace WireProxy.Sql.Tests.Catalog;

/// <summary>The catalog read in two parts: what PostgreSQL itself brought, once, and the rest.</summary>
[Category("Server")]
public sealed class SystemCatalogTests
{
    PostgresServer _server = null!;

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
    }

    [OneTimeTearDown]
    public async Task Stop() => await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);

    [Test]
    public async Task Both_parts_together_are_the_whole()
    {
        var whole = (await FillAsync(new(), PostgresCatalogQuery.Text)).Build(1);
        var parts = (await FillAsync(new(await SystemAsync()), PostgresCatalogQuery.UserText)).Build(1);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Names(parts.Relations), Is.EqualTo(Names(whole.Relations)));
            Assert.That(parts.Functions.Select(f => f.ToString()).Order(), Is.EqualTo(whole.Functions.Select(f => f.ToString()).Order()));
            Assert.That(parts.System.Routines.Select(Words).Order(), Is.EqualTo(whole.System.Routines.Select(Words).Order()));
            Assert.That(parts.Definitions.Routines.Values.Select(Words).Order(), Is.EqualTo(whole.Definitions.Routines.Values.Select(Words).Order()));
            Assert.That(parts.Definitions.Types.Values.Select(t => $"{t.Id} {t.Name} {t.Kind} {t.Fields.Length}").Order(),
                Is.EqualTo(whole.Definitions.Types.Values.Select(t => $"{t.Id} {t.Name} {t.Kind} {t.Fields.Length}").Order()));
            Assert.That(parts.Definitions.Views, Is.EquivalentTo(whole.Definitions.Views));
        }
    }

    [TestCase("CREATE OR REPLACE FUNCTION pg_catalog.repeat(text, int) RETURNS text LANGUAGE sql AS 'SELECT $1'", true)]
    [TestCase("CREATE TABLE public.another (a int)", false)]
    public async Task A_change_of_the_systems_own_is_noticed(string sql, bool isStale)
    {
        var system = await SystemAsync();
        await _server.ScriptAsync(sql);

        var builder = await FillAsync(new(system), PostgresCatalogQuery.UserText);

        Assert.That(builder.IsSystemStale, Is.EqualTo(isStale));
        if (isStale)
            Assert.That(() => builder.Build(1), Throws.TypeOf<FormatException>());
    }

    async Task<SystemCatalog> SystemAsync() => (await FillAsync(new(), PostgresCatalogQuery.SystemText)).BuildSystem();

    async Task<CatalogBuilder> FillAsync(CatalogBuilder builder, string query)
    {
        foreach (var row in await CatalogReader.RowsOfAsync(query, _server.Psql()))
            builder.Add(row);
        return builder;
    }

    static string[] Names(IEnumerable<CatalogRelation> relations) =>
        [.. relations.Select(r => $"{r.Id} {r.Schema}.{r.Name} {r.Kind} {r.RowType} {string.Join(',', r.AllColumns)} {string.Join(',', r.Reads.Order())}").Order()];

    static string Words(CatalogRoutine r) => $"{r.Id} {r.Schema}.{r.Name} {r.Language}{r.Kind}{r.Volatility} {r.ReturnType} {r.Body} {string.Join(',', r.Names)} {r.Modes}";
}
