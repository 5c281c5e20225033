using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Review;

/// <summary>What a text or a transaction changes before it is answered, or before the rest of it has run.</summary>
public sealed class LaterWorkTests : ThroughChanges
{
    [Test]
    public async Task A_function_of_a_cursor_cannot_be_replaced_while_the_cursor_is_open()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("BEGIN");
        await client.QueryAsync($"DECLARE c CURSOR FOR SELECT say_{Id}() FROM clinic.wards");
        await client.QueryAsync("FETCH 1 FROM c");

        var replacing = await client.QueryAsync(ReplaceFunction);

        Assert.That(replacing.Single(message => message.Type == 'E').Field('C'), Is.EqualTo("55006"));
    }

    [Test]
    public async Task A_function_of_a_deferred_trigger_cannot_be_replaced_before_it_has_run()
    {
        await using var client = await LogInAsync();
        await BeginWithDeferredAsync(client);
        await client.QueryAsync(
            $"CREATE OR REPLACE FUNCTION later_{Id}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO {Open} SELECT full_name FROM clinic.patients; RETURN NULL; END'");
        await client.QueryAsync("COMMIT");
        await client.QueryAsync(
            $"INSERT INTO watched_{Id} VALUES ('b'); CREATE OR REPLACE FUNCTION later_{Id}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO {Open} SELECT full_name FROM clinic.patients; RETURN NULL; END'");

        await AssertNothingCopiedAsync();
    }

    [Test]
    public async Task A_table_hidden_by_a_temporary_one_is_masked_again_after_a_reset()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("SET search_path = clinic");
        await client.QueryAsync("CREATE TEMP TABLE patients AS SELECT 'open'::text AS full_name");
        Assert.That(Shown(await client.QueryAsync("SELECT full_name, full_name || '' FROM patients")), Does.Contain("open"));
        await client.QueryAsync("DISCARD TEMP");

        AssertNothingShown(await client.QueryAsync("SELECT full_name, full_name || '' FROM patients"));
        await client.QueryAsync($"INSERT INTO public.{Open} SELECT full_name FROM patients");
        await AssertNothingCopiedAsync();
    }

    [TestCase("CREATE TEMP TABLE kept (x text)")]
    [TestCase("SET search_path = other, public")]
    [TestCase("SET LOCAL search_path = other, public")]
    [TestCase("SELECT set_config('search_path', 'other, public', true)")]
    [TestCase("DO $$ BEGIN CREATE TEMP TABLE kept (x text); END $$")]
    public async Task What_a_deferred_trigger_is_still_to_run_keeps_its_meaning(string moving)
    {
        await using var client = await LogInAsync();
        // Into a protected column it may be put; into one of the same name elsewhere it may not.
        await client.QueryAsync($"CREATE SCHEMA s_{Id}");
        await client.QueryAsync($"CREATE TABLE s_{Id}.kept_{Id} () INHERITS (clinic.patients)");
        await client.QueryAsync($"CREATE SCHEMA o_{Id}");
        await client.QueryAsync($"CREATE TABLE o_{Id}.kept_{Id} (id int, full_name text)");
        await client.QueryAsync($"SET search_path = s_{Id}, public");
        await client.QueryAsync($"CREATE TABLE watched_{Id} (x text)");
        await client.QueryAsync(
            $"CREATE FUNCTION later_{Id}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO kept_{Id} (id, full_name) SELECT id, full_name FROM clinic.patients; RETURN NULL; END'");
        await client.QueryAsync(
            $"CREATE CONSTRAINT TRIGGER later AFTER INSERT ON watched_{Id} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION later_{Id}()");
        var moved = moving.Replace("other", $"o_{Id}").Replace("kept (x text)", $"kept_{Id} (id int, full_name text)");
        await client.QueryAsync("BEGIN");
        var inserted = await client.QueryAsync($"INSERT INTO watched_{Id} VALUES ('a')");
        var refused = await client.QueryAsync(moved);
        await client.QueryAsync("COMMIT");
        var text = await client.QueryAsync($"INSERT INTO watched_{Id} VALUES ('a'); {moved}");
        await client.SendAsync(Parse($"INSERT INTO watched_{Id} VALUES ('a')"), Bind(), Execute(), Parse(moved), Bind(), Execute(), Sync);
        var pipelined = await client.ReadUntilAsync('Z');

        Assert.That(inserted.Select(message => message.Type), Does.Contain('C'));
        Assert.That(refused.Single(message => message.Type == 'E').SqlState, Is.EqualTo("55006"));
        AssertRefused(text);
        AssertRefused(pipelined);
        Assert.That((await DirectPsql.QueryAsync($"SELECT count(*) FROM o_{Id}.kept_{Id}")).Output.Trim(), Is.EqualTo("0"));
        await DirectPsql.QueryAsync($"DROP TABLE s_{Id}.kept_{Id}");
    }

    [Test]
    public async Task Other_changes_go_on_beside_a_deferred_trigger()
    {
        await using var client = await LogInAsync();
        await BeginWithDeferredAsync(client);
        foreach (var change in new[] { "SET LOCAL lock_timeout = '1s'", $"CREATE TABLE made_{Id} (a int)", $"CREATE TEMP TABLE own_{Id} (a int)", $"ALTER TABLE {Open} ADD COLUMN y int" })
            Assert.That((await client.QueryAsync(change)).Select(message => message.Type), Does.Contain('C'), change);
        Assert.That((await client.QueryAsync("COMMIT")).Single(message => message.Type == 'C').Body, Is.EqualTo("COMMIT\0"u8.ToArray()));
    }

    [TestCase("CREATE OR REPLACE VIEW {view} AS SELECT full_name AS x FROM clinic.patients", "INSERT INTO {open} SELECT x FROM {view}")]
    [TestCase("CREATE TEMP TABLE patients (full_name text)", "INSERT INTO patients SELECT full_name FROM clinic.patients")]
    [TestCase("SET search_path = public", "INSERT INTO patients (full_name) SELECT full_name FROM clinic.patients")]
    [TestCase("DO $$ BEGIN CREATE TEMP TABLE patients (full_name text); END $$", "INSERT INTO patients SELECT full_name FROM clinic.patients")]
    public async Task What_is_changed_and_written_in_one_go_is_refused(string change, string write)
    {
        string Own(string sql) => sql.Replace("{view}", View).Replace("{open}", Open);
        await DirectPsql.QueryAsync("CREATE TABLE IF NOT EXISTS public.patients (full_name text)");
        await using var client = await LogInAsync();
        await client.QueryAsync("SET search_path = clinic, public");

        AssertRefused(await client.QueryAsync($"{Own(change)}; {Own(write)}"));
        await client.QueryAsync("SET search_path = clinic, public");
        await client.SendAsync(Parse(Own(change)), Bind(), Execute(), Parse(Own(write)), Bind(), Execute(), Sync);
        AssertRefused(await client.ReadUntilAsync('Z'));
        await AssertNothingCopiedAsync();
        Assert.That((await DirectPsql.QueryAsync("SELECT count(*) FROM public.patients")).Output.Trim(), Is.EqualTo("0"));
    }

    [TestCase("CREATE TEMP TABLE ward_{id} (name text, beds int); INSERT INTO ward_{id} SELECT name, beds FROM clinic.wards; SELECT count(*) FROM ward_{id}")]
    [TestCase("CREATE TABLE ward_{id} (name text, beds int); INSERT INTO ward_{id} VALUES ('a', 1); UPDATE ward_{id} SET beds = 2; DELETE FROM ward_{id}")]
    [TestCase("CREATE TEMP TABLE ward_{id} AS SELECT * FROM clinic.wards; UPDATE ward_{id} SET beds = 2 WHERE name = 'north'; INSERT INTO ward_{id} SELECT name, beds FROM ward_{id}")]
    public async Task A_table_is_made_and_filled_in_one_text(string text)
    {
        await using var client = await LogInAsync();

        Assert.That((await client.QueryAsync(text.Replace("{id}", Id))).Where(message => message.Type == 'E'), Is.Empty);
        // Without an answer between, a table that is not known may be filled, but not changed.
        if (text.Contains("UPDATE", StringComparison.Ordinal))
            return;
        var pipelined = text.Replace("{id}", Id + "2").Split("; ").SelectMany(one => new[] { Parse(one), Bind(), Execute() });
        await client.SendAsync([.. pipelined, Sync]);
        Assert.That((await client.ReadUntilAsync('Z')).Where(message => message.Type == 'E'), Is.Empty);
    }

    [TestCase("CREATE TEMP TABLE ward_{id} (name text); INSERT INTO ward_{id} SELECT full_name FROM clinic.patients")]
    [TestCase("CREATE TEMP TABLE ward_{id} (name text DEFAULT clinic.tell(), a int); INSERT INTO ward_{id} (a) VALUES (1)")]
    [TestCase("CREATE TABLE ward_{id} (LIKE clinic.patients); INSERT INTO ward_{id} SELECT * FROM clinic.patients")]
    [TestCase("CREATE TEMP TABLE called (id int, name text, ward text); INSERT INTO {open} SELECT name FROM clinic.called")]
    public async Task A_table_that_is_made_takes_nothing_protected_in_the_same_text(string text)
    {
        await using var client = await LogInAsync();

        AssertRefused(await client.QueryAsync(text.Replace("{id}", Id).Replace("{open}", Open)));
        await AssertNothingCopiedAsync();
    }
    [TestCase("CREATE TEMP TABLE junk (a int)")]
    [TestCase("ALTER TABLE {open} ADD COLUMN a int")]
    [TestCase("CREATE INDEX ON {open} (x)")]
    [TestCase("CREATE TABLE junk_{id} (a int)")]
    public async Task DDL_before_a_statement_does_not_make_its_triggers_unseen(string change)
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE TABLE fires_{Id} (x text, y text)");
        await client.QueryAsync($"CREATE FUNCTION spill_{Id}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO {Open} (x) SELECT full_name FROM clinic.patients; RETURN NEW; END'");
        await client.QueryAsync($"CREATE TRIGGER spills BEFORE INSERT OR UPDATE ON fires_{Id} FOR EACH ROW EXECUTE FUNCTION spill_{Id}()");
        string own = change.Replace("{id}", Id).Replace("{open}", Open);

        AssertRefused(await client.QueryAsync($"{own}; INSERT INTO fires_{Id} VALUES ('a')"));
        AssertRefused(await client.QueryAsync($"{own}; INSERT INTO fires_{Id} SELECT a::text FROM junk"));
        AssertRefused(await client.QueryAsync($"ALTER TABLE fires_{Id} ADD COLUMN z int; INSERT INTO fires_{Id} (z) VALUES (1)"));
        await client.SendAsync(Parse(own), Bind(), Execute(), Parse($"INSERT INTO fires_{Id} VALUES ('a')"), Bind(), Execute(), Sync);
        AssertRefused(await client.ReadUntilAsync('Z'));
        await AssertNothingCopiedAsync();
    }

    /// <summary>A transaction with a trigger that is still to run.</summary>
    private async Task BeginWithDeferredAsync(WireClient client)
    {
        await client.QueryAsync($"CREATE TABLE watched_{Id} (x text)");
        await client.QueryAsync($"CREATE FUNCTION later_{Id}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'");
        await client.QueryAsync(
            $"CREATE CONSTRAINT TRIGGER later AFTER INSERT ON watched_{Id} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION later_{Id}()");
        await client.QueryAsync("BEGIN");
        await client.QueryAsync($"INSERT INTO watched_{Id} VALUES ('a')");
    }
}
