using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Review;

/// <summary>What was prepared, bound or declared is judged again when it runs: what it rests on may be another by then.</summary>
public sealed class JudgedAgainTests : ThroughChanges
{
    [Test]
    public async Task A_copy_prepared_by_the_protocol_is_refused_once_its_view_reads_what_is_protected()
    {
        await using var client = await LogInAsync();
        await client.SendAsync(Parse(Copy, "s"), Sync);
        await client.ReadUntilAsync('Z');
        await client.QueryAsync(Replace);
        await client.SendAsync(Bind("", "s"), Execute(), Sync);

        AssertRefused(await client.ReadUntilAsync('Z'));
        await AssertNothingCopiedAsync();
    }

    [Test]
    public async Task A_copy_prepared_in_sql_is_refused_once_its_view_reads_what_is_protected()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"PREPARE s AS {Copy}");
        await client.QueryAsync(Replace);

        AssertRefused(await client.QueryAsync("EXECUTE s"));
        await AssertNothingCopiedAsync();
    }

    [Test]
    public async Task A_copy_prepared_by_the_protocol_is_refused_once_another_session_has_replaced_its_view()
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await client.SendAsync(Parse(Copy, "s"), Sync);
        await client.ReadUntilAsync('Z');
        await other.QueryAsync(Replace);
        await client.SendAsync(Bind("", "s"), Execute(), Sync);

        AssertRefused(await client.ReadUntilAsync('Z'));
        await AssertNothingCopiedAsync();
    }

    [Test]
    public async Task A_bound_copy_is_refused_once_the_name_of_its_table_stands_for_a_protected_one()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE TABLE plain_{Id} (full_name text)");
        await client.SendAsync(Parse($"INSERT INTO {Open} SELECT full_name FROM plain_{Id}", "s"), Sync);
        await client.ReadUntilAsync('Z');
        await client.QueryAsync($"CREATE TABLE born_{Id} () INHERITS (clinic.patients)");
        await client.QueryAsync($"INSERT INTO born_{Id} SELECT * FROM clinic.patients");
        await client.QueryAsync($"DROP TABLE plain_{Id}");
        await client.QueryAsync($"ALTER TABLE born_{Id} RENAME TO plain_{Id}");
        await client.SendAsync(Bind("", "s"), Execute(), Sync);

        AssertRefused(await client.ReadUntilAsync('Z'));
        await AssertNothingCopiedAsync();
        await client.QueryAsync($"DROP TABLE plain_{Id}");
    }

    [Test]
    public async Task A_copy_prepared_in_sql_and_run_by_the_protocol_is_refused_once_its_view_reads_what_is_protected()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"PREPARE s AS {Copy}");
        await client.QueryAsync(Replace);
        await client.SendAsync(Bind("", "s"), Execute(), Sync);

        AssertRefused(await client.ReadUntilAsync('Z'));
        await AssertNothingCopiedAsync();
    }

    [Test]
    public async Task A_prepared_execute_of_a_copy_is_refused_once_its_view_reads_what_is_protected()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"PREPARE s AS {Copy}");
        await client.SendAsync(Parse("EXECUTE s", "outer"), Sync);
        await client.ReadUntilAsync('Z');
        await client.QueryAsync(Replace);
        await client.SendAsync(Bind("", "outer"), Execute(), Sync);

        AssertRefused(await client.ReadUntilAsync('Z'));
        await AssertNothingCopiedAsync();
    }

    [Test]
    public async Task A_prepared_copy_goes_on_after_changes_that_leave_it_harmless()
    {
        await using var client = await LogInAsync();
        await client.SendAsync(Parse(Copy, "s"), Sync);
        await client.ReadUntilAsync('Z');
        await client.QueryAsync($"PREPARE t AS {Copy}");
        await client.QueryAsync($"CREATE OR REPLACE VIEW {View} AS SELECT ward AS x FROM clinic.patients");
        await client.SendAsync(Bind("", "s"), Execute(), Sync);

        Assert.That((await client.ReadUntilAsync('Z')).Select(message => message.Type), Does.Contain('C'));
        Assert.That((await client.QueryAsync("EXECUTE t")).Select(message => message.Type), Does.Contain('C'));
        Assert.That((await DirectPsql.QueryAsync($"SELECT count(*) FROM {Open}")).Output.Trim(), Is.EqualTo("6"));
    }

    [Test]
    public async Task A_bound_copy_of_many_bytes_is_refused_once_its_view_reads_what_is_protected()
    {
        await using var client = await LogInAsync();
        await client.SendAsync(Parse($"INSERT INTO {Open} SELECT x FROM {View} WHERE $1::text IS NOT NULL", "s"), Sync);
        await client.ReadUntilAsync('Z');
        await client.QueryAsync(Replace);
        await client.SendAsync(Bind("", "s", 0, new string('a', 200_000)), Execute(), Sync);

        AssertRefused(await client.ReadUntilAsync('Z'));
        await AssertNothingCopiedAsync();
    }

    [TestCase("")]
    [TestCase("WITH HOLD ")]
    public async Task A_cursor_over_a_view_that_is_clear_since_shows_what_it_was_declared_with_masked(string hold)
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE VIEW shut_{Id} AS SELECT full_name AS x FROM clinic.patients");
        await client.QueryAsync("BEGIN");
        await client.QueryAsync($"DECLARE c CURSOR {hold}FOR SELECT x, x || '' FROM shut_{Id}");
        if (hold.Length > 0)
            await client.QueryAsync("COMMIT");
        await client.QueryAsync($"CREATE OR REPLACE VIEW shut_{Id} AS SELECT name AS x FROM clinic.wards");

        AssertNothingShown(await client.QueryAsync("FETCH 1 FROM c"));
        await client.SendAsync(Describe('P', "c"), Execute("c", 1), Sync);
        AssertNothingShown(await client.ReadUntilAsync('Z'));
        await client.SendAsync(Execute("c", 1), Sync);
        AssertNothingShown(await client.ReadUntilAsync('Z'));
    }

    [Test]
    public async Task A_cursor_over_a_protected_table_that_is_gone_since_stays_masked()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE TABLE born_{Id} () INHERITS (clinic.patients)");
        await client.QueryAsync($"INSERT INTO born_{Id} SELECT * FROM clinic.patients");
        await client.QueryAsync($"BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT full_name, full_name || '' FROM born_{Id}; COMMIT");
        await client.QueryAsync($"DROP TABLE born_{Id}");

        AssertNothingShown(await client.QueryAsync("FETCH ALL FROM c"));
    }

    [Test]
    public async Task A_cursor_over_unprotected_tables_stays_clear_while_tables_are_made()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("BEGIN");
        await client.QueryAsync("DECLARE c CURSOR FOR SELECT name, upper(name) FROM clinic.wards");
        await client.QueryAsync("CREATE TEMP TABLE mine (a int) ON COMMIT DROP");

        Assert.That(Shown(await client.QueryAsync("FETCH ALL FROM c")), Does.Contain("north").And.Contain("NORTH"));
    }

    [Test]
    public async Task A_cursor_that_a_function_has_opened_is_masked_when_its_view_is_clear_since()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE VIEW shut_{Id} AS SELECT full_name AS x FROM clinic.patients");
        await client.QueryAsync(
            $"CREATE FUNCTION opens_{Id}(c refcursor) RETURNS refcursor LANGUAGE plpgsql AS 'BEGIN OPEN c FOR SELECT x, x || '''' FROM shut_{Id}; RETURN c; END'");
        await client.QueryAsync("BEGIN");
        await client.QueryAsync($"SELECT opens_{Id}('c')");
        await client.QueryAsync($"CREATE OR REPLACE VIEW shut_{Id} AS SELECT name AS x FROM clinic.wards");

        AssertNothingShown(await client.QueryAsync("FETCH ALL FROM c"));
    }
}
