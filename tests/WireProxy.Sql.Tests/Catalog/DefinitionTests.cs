using WireProxy.Sql.Catalog;
using WireProxy.TestKit;

namespace WireProxy.Sql.Tests.Catalog;

/// <summary>What the catalog query says of how things are made, against a real server.</summary>
[Category("Server")]
public sealed class DefinitionTests
{
    const string Objects = """
        CREATE SCHEMA d;
        CREATE TYPE d.pair AS (x int, "Y y" text);
        CREATE DOMAIN d.code AS text DEFAULT 'none' CHECK (VALUE <> '') CHECK (length(VALUE) < 9);
        CREATE TABLE d.t (id serial PRIMARY KEY, a text DEFAULT upper('x'), b text GENERATED ALWAYS AS (a || 'ü') STORED, c d.code, p d.pair,
            CONSTRAINT short CHECK (length(a) < 100));
        CREATE TABLE d.u (t int REFERENCES d.t ON DELETE CASCADE);
        CREATE INDEX t_lower ON d.t (lower(a)) WHERE id > 0;
        CREATE VIEW d.v AS SELECT a AS "Größe" FROM d.t;
        CREATE FUNCTION d.f(i int, "N" text DEFAULT 'x,y', OUT o text, VARIADIC r int[] DEFAULT '{}') LANGUAGE sql STABLE SECURITY DEFINER
            SET search_path = d, pg_temp AS 'SELECT a FROM d.t';
        CREATE FUNCTION d.atomic() RETURNS int LANGUAGE sql RETURN (SELECT max(id) FROM d.t);
        CREATE FUNCTION d.trg() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
        CREATE TRIGGER loud BEFORE UPDATE OR DELETE ON d.t FOR EACH ROW WHEN (OLD.id > 1) EXECUTE FUNCTION d.trg();
        CREATE TRIGGER quiet AFTER INSERT ON d.t EXECUTE FUNCTION d.trg();
        ALTER TABLE d.t DISABLE TRIGGER quiet;
        CREATE RULE r AS ON DELETE TO d.u DO INSTEAD NOTHING;
        CREATE OPERATOR d.<~> (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl);
        CREATE FUNCTION d.as_pair(int) RETURNS d.pair LANGUAGE sql AS 'SELECT ROW($1, '''')::d.pair';
        CREATE CAST (int AS d.pair) WITH FUNCTION d.as_pair(int) AS ASSIGNMENT;
        CREATE AGGREGATE d.total (int) (SFUNC = int4pl, STYPE = int);
        CREATE FUNCTION d.evt() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
        CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION d.evt();
        CREATE PUBLICATION pub FOR TABLE d.t;
        CREATE PUBLICATION every FOR ALL TABLES;
        COMMENT ON COLUMN d.t.a IS 'wireproxy: protect';
        COMMENT ON COLUMN d.t.b IS 'the usual';
        ALTER TABLE d.u ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own ON d.u USING (t > 0) WITH CHECK (t > 1);
        """;

    PostgresServer _server = null!;
    CatalogSnapshot _catalog = null!;

    CatalogDefinitions Definitions => _catalog.Definitions;
    CatalogRelation T => _catalog.Relation("d", "t")!;
    CatalogRelation U => _catalog.Relation("d", "u")!;

    [OneTimeSetUp]
    public async Task Start()
    {
        try
        {
            _server = await PostgresServer.StartAsync(new() { Script = Objects, Tls = false });
        }
        catch (UnavailableException reason)
        {
            Assert.Ignore(reason.Message);
        }
        _catalog = await CatalogReader.ReadAsync(_server.Psql());
    }

    [OneTimeTearDown]
    public async Task Stop() => await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);

    CatalogRoutine Routine(string name) => Definitions.Routines.Values.Single(r => r.Schema == "d" && r.Name == name);

    [Test]
    public void A_function_is_described_whole()
    {
        var f = Routine("f");
        using (Assert.EnterMultipleScope())
        {
            Assert.That((f.Language, f.Kind, f.Volatility, f.ReturnsSet, f.IsSecurityDefiner, f.IsVariadic), Is.EqualTo(('s', 'f', 's', false, true, true)));
            Assert.That((f.ArgumentCount, f.DefaultCount, f.ReturnType, f.IsBuiltIn), Is.EqualTo((3, 2, 25u, false)));
            Assert.That(f.ArgumentTypes, Is.EqualTo([23u, 25u, 1007u]));
            Assert.That(f.Modes, Is.EqualTo("iiov"));
            Assert.That(f.Names, Is.EqualTo(["i", "N", "o", "r"]));
            Assert.That(f.Body, Is.EqualTo("SELECT a FROM d.t"));
            Assert.That(f.Defaults, Does.StartWith("'x,y'::text, "));
            Assert.That(f.Settings, Is.EqualTo(["search_path=d, pg_temp"]));
            Assert.That(f.Extension, Is.Null);
        }
    }

    [Test]
    public void A_body_that_is_no_text_is_written_out()
    {
        Assert.That(Routine("atomic").Body, Does.StartWith("CREATE OR REPLACE FUNCTION d.atomic()").And.Contains("max(t.id)"));
        Assert.That(Routine("trg").Language, Is.EqualTo('p'));
        Assert.That(Routine("total").Runs, Is.EqualTo([_catalog.System.Routines.Single(r => r.IsBuiltIn && r.Name == "int4pl").Id]));
    }

    [Test]
    public void Built_in_functions_say_their_columns_and_habits()
    {
        var each = _catalog.System.Routines.Single(r => r.IsBuiltIn && r.Name == "jsonb_each");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(each.Modes, Is.EqualTo("ioo"));
            Assert.That(each.Names, Is.EqualTo(["from_json", "key", "value"]));
            Assert.That(_catalog.System.Routines.Single(r => r.IsBuiltIn && r.Name == "set_config").Volatility, Is.EqualTo('v'));
        }
    }

    [Test]
    public void Columns_say_what_computes_them()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Definitions.Defaults[(T.Id, 2)], Is.EqualTo("upper('x'::text)"));
            Assert.That(Definitions.Generated[(T.Id, 3)], Is.EqualTo("(a || 'ü'::text)"));
            Assert.That(T.Columns[3].DomainId, Is.EqualTo(Definitions.Types.Values.Single(t => t.Schema == "d" && t.Name == "code").Id));
            Assert.That(T.Columns[3].TypeId, Is.EqualTo(25));
            Assert.That(Definitions.Checks[T.Id], Is.EqualTo(["(length(a) < 100)"]));
            Assert.That(Definitions.SequenceOwners[_catalog.Relation("d", "t_id_seq")!.Id], Is.EqualTo((T.Id, (short)1)));
        }
    }

    [Test]
    public void Types_say_what_they_are_made_of()
    {
        var code = Definitions.Types.Values.Single(t => t.Schema == "d" && t.Name == "code");
        var pair = Definitions.Types.Values.Single(t => t.Schema == "d" && t.Name == "pair");
        using (Assert.EnterMultipleScope())
        {
            Assert.That((code.Kind, code.BaseId, code.Default), Is.EqualTo(('d', 25u, "'none'::text")));
            Assert.That(code.Checks, Has.Length.EqualTo(2));
            Assert.That(pair.Fields.Select(f => (f.Number, f.Name, f.TypeId)), Is.EqualTo(new[] { ((short)1, "x", 23u), ((short)2, "Y y", 25u) }));
        }
    }

    [Test]
    public void What_runs_beside_a_statement_is_listed()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Definitions.Triggers[T.Id].Select(t => (t.Name, t.Events & 60, t.IsEnabled, t.Definition is not null)).Order(),
                Is.EqualTo(new[] { ("loud", 24, true, true), ("quiet", 4, false, false) }));
            Assert.That(Definitions.Rules[U.Id].Single().Event, Is.EqualTo('4'));
            Assert.That(Definitions.Cascades.Select(c => (c.Relation, c.Referring, c.OnDelete, c.OnUpdate)), Is.EqualTo([(T.Id, U.Id, 'c', 'a')]));
            Assert.That(Definitions.Cascades[0].ReferringColumns, Has.Length.EqualTo(1));
            Assert.That(Definitions.Cascades[0].Columns, Has.Length.EqualTo(1));
            Assert.That(Definitions.Indexes[T.Id].Single(i => !i.IsUnique).Expressions, Is.EqualTo("lower(a)"));
            Assert.That(Definitions.Indexes[T.Id].Single(i => !i.IsUnique).Predicate, Is.EqualTo("(id > 0)"));
            Assert.That(Definitions.Policies[U.Id], Is.EquivalentTo(["(t > 0)", "(t > 1)"]));
            Assert.That(Definitions.EventTriggers, Is.EqualTo([Routine("evt").Id]));
            Assert.That(Definitions.Operators.Single().Function, Is.EqualTo(_catalog.System.Routines.Single(r => r.IsBuiltIn && r.Name == "int4pl").Id));
            Assert.That(Definitions.Casts.Single() is var cast ? (cast.Function, cast.Source, cast.Context) : default, Is.EqualTo((Routine("as_pair").Id, 23u, 'a')));
        }
    }

    [Test]
    public void Views_labels_and_publications_are_listed()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Definitions.Views[_catalog.Relation("d", "v")!.Id], Does.Contain("AS \"Größe\""));
            Assert.That(Definitions.Labels, Is.EqualTo([new CatalogLabel(T.Id, 2, null, "wireproxy: protect")]));
            Assert.That(Definitions.Publications.Select(p => (p.Name, p.AllTables, p.Relations.Length)).Order(), Is.EqualTo(new[] { ("every", true, 0), ("pub", false, 1) }));
            Assert.That(Definitions.Extensions.Select(e => e.Name), Is.EqualTo(["plpgsql"]));
            Assert.That(Definitions.ReadPath, Is.EqualTo(["pg_catalog", "public"]));
        }
    }

    [Test]
    public void System_relations_have_all_their_columns() => Assert.That(
        _catalog.Relation("pg_catalog", "pg_class")!.AllColumns.Take(2).Select(c => (c.Number, c.Name)), Is.EqualTo(new[] { ((short)1, "oid"), ((short)2, "relname") }));
}
