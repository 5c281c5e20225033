using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Sql.Tests.Lineage;

/// <summary>SQL that a function puts together from literals: its own, and those of its call.</summary>
public sealed class DynamicTextTests() : LineageFixture(Objects)
{
    const string Objects = """
        CREATE FUNCTION h.run(q text) RETURNS SETOF text LANGUAGE plpgsql AS $$ DECLARE r text; BEGIN FOR r IN EXECUTE q LOOP RETURN NEXT r; END LOOP; END $$;
        CREATE FUNCTION h.run_first(text) RETURNS text LANGUAGE plpgsql AS $$ DECLARE r text; BEGIN EXECUTE $1 INTO r; RETURN r; END $$;
        CREATE FUNCTION h.top(col text, tab text) RETURNS text LANGUAGE plpgsql AS
            $$ DECLARE r text; BEGIN EXECUTE format('SELECT max(%I) FROM h.%2$I WHERE %L <> ''%%''', col, tab, 'it''s') INTO r; RETURN r; END $$;
        CREATE FUNCTION h.glued(col text) RETURNS text LANGUAGE plpgsql AS
            $$ DECLARE r text; BEGIN EXECUTE 'SELECT max(' || quote_ident(col) || ') FROM h.doctors' INTO r; RETURN r; END $$;
        CREATE FUNCTION h.explains(q text) RETURNS SETOF text LANGUAGE plpgsql AS
            $$ DECLARE r text; BEGIN FOR r IN EXECUTE format('EXPLAIN (COSTS OFF) %s', q) LOOP RETURN NEXT r; END LOOP; END $$;
        CREATE FUNCTION h.puts(q text) RETURNS void LANGUAGE plpgsql AS
            $$ DECLARE r text; BEGIN EXECUTE q INTO r; INSERT INTO h.log (what) VALUES (r); END $$;
        CREATE FUNCTION h.says(q text) RETURNS void LANGUAGE plpgsql AS $$ DECLARE r text; BEGIN EXECUTE q INTO r; RAISE NOTICE '%', r; END $$;
        CREATE FUNCTION h.changed(q text) RETURNS text LANGUAGE plpgsql AS
            $$ DECLARE r text; BEGIN q := replace(q, 'city', 'ssn'); EXECUTE q INTO r; RETURN r; END $$;
        CREATE FUNCTION h.aliased(q text) RETURNS text LANGUAGE plpgsql AS
            $$ DECLARE r text; s ALIAS FOR $1; BEGIN s := replace(s, 'city', 'ssn'); EXECUTE q INTO r; RETURN r; END $$;
        CREATE FUNCTION h.shadowed(q text) RETURNS text LANGUAGE plpgsql AS
            $$ DECLARE r text; q text := 'SELECT max(ssn) FROM h.patients'; BEGIN EXECUTE q INTO r; RETURN r; END $$;
        CREATE FUNCTION h.cut(q name) RETURNS text LANGUAGE plpgsql AS $$ DECLARE r text; BEGIN EXECUTE q INTO r; RETURN r; END $$;
        CREATE FUNCTION h.called(INOUT q text) LANGUAGE plpgsql AS $$ DECLARE r text; BEGIN EXECUTE q INTO r; q := r; END $$;
        CREATE FUNCTION h.nested(q text) RETURNS text LANGUAGE plpgsql AS $$ DECLARE r text; BEGIN EXECUTE q INTO r;
            IF r <> 'last' THEN RETURN h.nested('SELECT ''last'' || 0 * length(max(unit)) FROM h.doctors'); END IF; RETURN r; END $$;
        CREATE TABLE h.doctors_all (unit text);
        """;

    [TestCase("SELECT h.run_first('SELECT max(unit) FROM h.doctors')", "doctors.unit")]
    [TestCase("SELECT r FROM h.run('SELECT unit FROM h.doctors') r", "doctors.unit")]
    [TestCase("SELECT r FROM h.run(q => 'SELECT unit FROM h.doctors'::text) r", "doctors.unit")]
    [TestCase("SELECT h.top('unit', 'doctors')", "doctors.unit")]
    [TestCase("SELECT h.glued('full_name')", "doctors.full_name")]
    [TestCase("SELECT h.explains('SELECT unit FROM h.doctors')", "")]
    [TestCase("SELECT h.run_first('SELECT h.run_first(''SELECT max(unit) FROM h.doctors'')')", "doctors.unit")]
    public async Task What_a_literal_gives_is_known(string sql, string sources)
    {
        var witness = new Witness(Server);
        var (answer, lineage) = await witness.RunAsync(sql, looksAtTables: true);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(answer.Error, Is.Null);
            Assert.That(witness.Faults, Is.Empty);
            Assert.That(lineage.ReachesEverything, Is.False);
            Assert.That(Server.Words(lineage.Columns[0].Sources), Is.EqualTo(sources));
        }
    }

    [TestCase("SELECT h.puts('SELECT max(unit) FROM h.doctors')")]
    [TestCase("SELECT h.says('SELECT max(unit) FROM h.doctors')")]
    public async Task What_a_literal_gives_is_followed_on(string sql)
    {
        var witness = new Witness(Server);
        var (_, lineage) = await witness.RunAsync(sql, looksAtTables: true);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(witness.Faults, Is.Empty);
            Assert.That(lineage.Messages.Union(SourceSet.OfAll(lineage.Writes.SelectMany(w => w.Sources.Columns))).Contains(Server.Column("doctors.unit")), Is.True);
            Assert.That(lineage.ReachesEverything, Is.False);
        }
    }

    [TestCase("SELECT h.run_first('SELECT max(unit) ' || 'FROM h.doctors')")]
    [TestCase("SELECT h.run_first(what) FROM h.log")]
    [TestCase("SELECT h.run_first($1)")]
    [TestCase("SELECT h.nested('SELECT 1')")]
    [TestCase("SELECT h.changed('SELECT max(city) FROM h.patients')")]
    [TestCase("SELECT h.aliased('SELECT max(city) FROM h.patients')")]
    [TestCase("SELECT h.shadowed('SELECT max(city) FROM h.patients')")]
    [TestCase("SELECT h.called('SELECT max(city) FROM h.patients')")]
    // Cut short after 63 bytes, the name of the table is another one.
    [TestCase("SELECT h.cut('SELECT                                 max(unit) FROM h.doctors_all')")]
    [TestCase("SELECT h.run_first('SELECT                                 max(unit) FROM h.doctors_all'::name)")]
    [TestCase("SELECT query_to_xml('SELECT                                      unit FROM h.doctors_all'::name, true, false, '')")]
    public async Task What_is_no_literal_reaches_everything(string sql)
    {
        Assert.That(Server.One(sql).ReachesEverything, Is.True);
        if (!sql.Contains("h.doctors_all", StringComparison.Ordinal))
            return;
        var witness = new Witness(Server);
        await witness.RunAsync(sql, looksAtTables: true);
        Assert.That(witness.Seen, Is.GreaterThan(0), "the attack does not work, and so shows nothing");
    }

    [Test]
    public void A_call_by_number_says_no_literal()
    {
        var routine = Server.Catalog.Definitions.Routines.Values.Single(r => r.Name == "run_first");
        Assert.That(PostgresLineage.OfFunctionCall(routine.Id, Server.Catalog, Server.Path).ReachesEverything, Is.True);
    }
}
