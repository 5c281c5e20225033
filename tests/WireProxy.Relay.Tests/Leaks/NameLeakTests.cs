using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.Relay.Tests.Leaks;

/// <summary>Names of statements and portals that come to mean something else than the gateway may believe.</summary>
public sealed class NameLeakTests(string? catalogUser) : LeakFixture(catalogUser)
{
    private const string Harmless = "SELECT ward FROM clinic.patients";
    private const string Protected = "SELECT full_name FROM clinic.patients";
    private const string Derived = "SELECT full_name || '' FROM clinic.patients";

    [TestCase(Protected)]
    [TestCase(Derived)]
    public async Task A_name_that_exists_keeps_its_first_statement_when_a_second_parse_of_it_fails(string sql)
    {
        TappedClient client = await LogInAsync();
        await client.SendAsync(Parse(sql, "s"), Sync, Parse(Harmless, "s"), Sync, Parse("SELECT 1", "s"), Describe('S', "s"), Sync);
        await client.ReadyAsync(3);
        await client.SendAsync(Bind("", "s"), Execute(), Sync, Bind("", "s"), Describe('P'), Execute(), Sync, Query("EXECUTE s"));

        IReadOnlyList<WireMessage> answer = await client.ReadyAsync(3);

        Assert.That(Rows(answer), Has.Count.EqualTo(6), Told(answer));
    }

    [Test]
    public async Task A_harmless_name_that_a_failed_parse_wants_for_a_protected_text_is_not_confused()
    {
        TappedClient client = await LogInAsync();
        await client.SendAsync(
            Parse(Harmless, "s"), Describe('S', "s"), Sync, Parse(Protected, "s"), Describe('S', "s"), Bind("", "s"), Execute(), Sync,
            Bind("", "s"), Execute(), Sync);

        IReadOnlyList<WireMessage> answer = await client.ReadyAsync(3);

        Assert.That(Rows(answer), Is.EqualTo((string[])["north", "south"]));
    }

    [Test]
    public async Task Names_that_are_equal_in_their_first_63_bytes_are_one_name()
    {
        string stem = new('n', 63);
        TappedClient client = await LogInAsync();
        await client.SendAsync(
            Parse(Harmless, stem + "first"), Describe('S', stem + "first"), Sync, Close('S', stem + "second"), Parse(Derived, stem + "third"), Sync,
            Bind(stem + "p", stem + "first"), Execute(stem + "q"), Sync, Query($"EXECUTE \"{stem}other\""));

        IReadOnlyList<WireMessage> answer = await client.ReadyAsync(4);

        Assert.That(Rows(answer), Has.Count.EqualTo(4).And.None.EqualTo("north"), Told(answer));
    }

    [Test]
    public async Task Deallocate_and_prepare_under_a_described_name_is_seen()
    {
        TappedClient client = await LogInAsync();
        await client.SendAsync(Parse(Harmless, "s"), Describe('S', "s"), Bind("", "s"), Execute(), Sync);
        await client.ReadyAsync();
        await client.QueryAsync("DEALLOCATE s");
        await client.QueryAsync($"PREPARE s AS {Protected}");
        await client.SendAsync(Bind("", "s"), Execute(), Sync);
        IReadOnlyList<WireMessage> answer = await client.ReadyAsync();
        Assert.That(Rows(answer), Has.Count.EqualTo(2).And.None.EqualTo("north"));

        await client.SendAsync(Query($"DEALLOCATE s; PREPARE s AS {Harmless}"), Query($"DEALLOCATE ALL; PREPARE s AS {Derived}"), Bind("", "s"), Execute(), Sync);

        Assert.That(Rows(await client.ReadyAsync(3)), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Execute_of_a_statement_that_the_protocol_prepared_under_a_name_once_used_in_sql_is_masked()
    {
        TappedClient client = await LogInAsync();
        await client.QueryAsync("PREPARE p AS SELECT 'harmless'::text");
        await client.QueryAsync("DEALLOCATE p");
        await client.SendAsync(Parse(Derived, "p"), Sync);
        await client.ReadyAsync();

        Assert.That(Rows(await client.QueryAsync("EXECUTE p")), Has.Count.EqualTo(2));
    }

    [TestCase("p")]
    [TestCase("pé")]
    public async Task A_prepare_that_fails_does_not_speak_for_the_statement_that_has_the_name(string name)
    {
        TappedClient client = await LogInAsync();
        await client.SendAsync(Parse(Derived, name), Sync);
        await client.ReadyAsync();
        IReadOnlyList<WireMessage> failed = await client.QueryAsync($"PREPARE \"{name}\" AS SELECT 'harmless'::text");
        Assert.That(failed[0].SqlState, Is.EqualTo("42P05"));

        Assert.That(Rows(await client.QueryAsync($"EXECUTE \"{name}\"")), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Fetch_from_a_portal_of_the_protocol_under_a_cursors_name_is_masked()
    {
        TappedClient client = await LogInAsync();
        await client.QueryAsync("BEGIN");
        await client.QueryAsync("DECLARE c CURSOR FOR SELECT 'harmless'::text");
        await client.QueryAsync("CLOSE c");
        await client.SendAsync(Parse(Derived), Bind("c"), Sync);
        await client.ReadyAsync();

        Assert.That(Rows(await client.QueryAsync("FETCH ALL FROM c")), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_cursor_declared_again_under_its_name_is_masked_when_the_protocol_executes_it()
    {
        TappedClient client = await LogInAsync();
        await client.QueryAsync("BEGIN");
        await client.QueryAsync($"DECLARE c CURSOR FOR {Harmless}");
        await client.SendAsync(Describe('P', "c"), Execute("c", 1), Sync);
        Assert.That(Rows(await client.ReadyAsync()), Is.EqualTo((string[])["north"]).Or.Not.Empty);
        await client.SendAsync(Query("CLOSE c"), Query($"DECLARE c CURSOR FOR {Protected}"), Execute("c", 1), Sync, Execute("c"), Sync);

        Assert.That(Rows(await client.ReadyAsync(4)), Has.Count.EqualTo(2).And.None.EqualTo("north"));
    }

    [Test]
    public async Task A_held_cursor_stays_masked_after_its_transaction()
    {
        TappedClient client = await LogInAsync();
        await client.QueryAsync($"BEGIN; DECLARE h CURSOR WITH HOLD FOR {Derived}; COMMIT");
        await client.SendAsync(Execute("h", 1), Sync, Query("FETCH 1 FROM h"), Query("CLOSE h"));

        Assert.That(Rows(await client.ReadyAsync(3)), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_prepared_statement_is_judged_anew_after_a_view_in_it_was_replaced()
    {
        string decoy = await DecoyAsync();
        TappedClient client = await LogInAsync();
        await client.QueryAsync($"PREPARE p AS SELECT x || '' FROM {decoy}");
        await client.SendAsync(Parse($"SELECT x || '' FROM {decoy}", "s"), Describe('S', "s"), Sync);
        await client.ReadyAsync();
        await client.QueryAsync(Turned(decoy));
        await client.SendAsync(Query("EXECUTE p"), Bind("", "s"), Execute(), Sync);

        Assert.That(Rows(await client.ReadyAsync(2)), Has.Count.EqualTo(4));
    }

    [Test]
    public async Task A_pipeline_with_errors_in_between_never_lays_rows_to_the_wrong_description()
    {
        TappedClient client = await LogInAsync();
        await client.SendAsync(
            Parse(Harmless, "a"), Parse(Protected, "b"), Sync,
            Parse("SELECT nothing", "c"), Describe('S', "a"), Bind("", "a"), Execute(), Sync,
            Bind("p", "b"), Execute("p", 1), Parse("no sql", "a"), Execute("p"), Sync,
            Describe('S', "a"), Bind("", "b"), Execute("", 1), Bind("", "a"), Execute("", 1), Sync,
            Close('S', "a"), Parse(Protected, "a"), Bind("", "a"), Bind("q", "missing"), Execute(), Sync,
            Bind("", "a"), Execute(), Sync, Terminate);

        IReadOnlyList<WireMessage> answer = await client.ReadyAsync(6);

        Assert.That(Rows(answer), Has.Count.EqualTo(1 + 2 + 2), Told(answer));
        Assert.That(Rows(answer).Count(row => row == "north"), Is.EqualTo(1));
    }

    [Test]
    public async Task Execute_with_row_limits_and_mixed_formats_stays_masked_when_resumed()
    {
        TappedClient client = await LogInAsync();
        byte[] bind = Message('B', Text("p"), Text("s"), Int16(0), Int16(0), Int16(3), Int16(1), Int16(0), Int16(1));
        await client.SendAsync(
            Query("BEGIN"), Parse("SELECT full_name, ssn, ward FROM clinic.patients", "s"), Describe('S', "s"), bind, Execute("p", 1), Flush);
        await client.UntilAsync('s');
        await client.SendAsync(Sync, Execute("p", 1), Execute("p"), Sync);

        IReadOnlyList<WireMessage> answer = await client.ReadyAsync(2);

        Assert.That(answer.Where(message => message.Type == 'D').Select(row => row.Texts[2]), Is.EqualTo((string[])["south"]));
        Assert.That(answer.First(message => message.Type == 'D').Texts[1], Does.EndWith("5678"));
    }

    [Test]
    public async Task A_prepared_set_that_runs_again_makes_earlier_descriptions_void()
    {
        TappedClient client = await LogInAsync();
        await client.SendAsync(
            Parse("SET search_path = clinic", "go"), Sync, Query("SET search_path = quiet"), Parse("SELECT full_name FROM patients", "s"), Describe('S', "s"),
            Bind("", "s"), Execute(), Sync);
        Assert.That(Rows(await client.ReadyAsync(3)), Is.EqualTo((string[])["harmless"]));
        await client.SendAsync(Bind("", "go"), Execute(), Bind("", "s"), Execute(), Sync);

        Assert.That(Rows(await client.ReadyAsync()), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_prepared_change_of_the_catalog_that_runs_later_is_noticed()
    {
        string decoy = await DecoyAsync();
        TappedClient client = await LogInAsync();
        await client.SendAsync(Parse(Turned(decoy), "turn"), Sync);
        await client.ReadyAsync();
        Assert.That(Rows(await client.QueryAsync($"SELECT x FROM {decoy}")), Is.EqualTo((string[])["harmless"]));
        await client.SendAsync(Bind("", "turn"), Execute(), Sync);
        await client.ReadyAsync();

        Assert.That(Rows(await client.QueryAsync($"SELECT x FROM {decoy}")), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_set_inside_what_execute_runs_makes_earlier_descriptions_void()
    {
        TappedClient client = await LogInAsync();
        await client.QueryAsync("PREPARE go AS SELECT set_config('search_path', 'clinic', false)");
        await client.QueryAsync("SET search_path = quiet");
        await client.SendAsync(Parse("SELECT full_name FROM patients", "s"), Describe('S', "s"), Bind("", "s"), Execute(), Sync);
        Assert.That(Rows(await client.ReadyAsync()), Is.EqualTo((string[])["harmless"]));
        await client.SendAsync(Query("EXECUTE go"), Bind("", "s"), Execute(), Sync);

        Assert.That(Rows(await client.ReadyAsync(2)), Has.Count.EqualTo(1 + 2));
    }

    [Test]
    public async Task A_cursor_that_cannot_be_declared_does_not_speak_for_the_portal_that_has_the_name()
    {
        TappedClient client = await LogInAsync();
        await client.QueryAsync("BEGIN");
        await client.SendAsync(Parse(Derived), Bind("c"), Sync, Query("SAVEPOINT s"), Query("DECLARE c CURSOR FOR SELECT 'harmless'::text"), Query("ROLLBACK TO s"));
        IReadOnlyList<WireMessage> answer = await client.ReadyAsync(4);
        Assert.That(answer.Count(message => message.Type == 'E'), Is.EqualTo(1));

        Assert.That(Rows(await client.QueryAsync("FETCH ALL FROM c")), Has.Count.EqualTo(2));
    }
}
