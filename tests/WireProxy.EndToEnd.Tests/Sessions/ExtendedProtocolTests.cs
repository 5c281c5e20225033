using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Sessions;

/// <summary>Message by message, what the extended protocol promises.</summary>
[TestFixture(Through.Transparent)]
[TestFixture(Through.Guarded)]
public sealed class ExtendedProtocolTests(Through through) : ThroughGateway(through)
{
    [Test]
    public async Task A_portal_with_a_row_limit_is_suspended_and_resumed()
    {
        await using var client = await LogInAsync();
        await client.SendAsync(Parse("SELECT n FROM generate_series(1, 5) n"), Bind("p"), Execute("p", 2), Flush);
        Assert.That(Types(await client.ReadUntilAsync('s')), Is.EqualTo("12DDs"));

        await client.SendAsync(Execute("p", 2), Flush);
        Assert.That(Types(await client.ReadUntilAsync('s')), Is.EqualTo("DDs"));

        await client.SendAsync(Execute("p", 2), Sync);
        var rest = await client.ReadUntilAsync('Z');
        Assert.That(Types(rest), Is.EqualTo("DCZ"));
        Assert.That(rest[1].Tag, Is.EqualTo("SELECT 1"));
    }

    [Test]
    public async Task A_large_portal_is_read_in_parts_beside_another_one()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("BEGIN");
        await client.SendAsync(
            Parse("SELECT n FROM generate_series(1, 100000) n", "many"), Bind("a", "many"), Bind("b", "many"), Flush);
        var seen = new Dictionary<string, int> { ["a"] = 0, ["b"] = 0 };
        foreach (var type in "122")
            Assert.That((await client.ReadAsync())!.Type, Is.EqualTo(type));

        for (var round = 0; round < 20; round++)
        {
            foreach (var portal in (string[])["a", "b"])
            {
                await client.SendAsync(Execute(portal, 5_000), Flush);
                var rows = await client.ReadUntilAsync('s', 'C');
                Assert.That(rows[0].Texts[0], Is.EqualTo($"{seen[portal] + 1}"));
                seen[portal] += rows.Count - 1;
            }
        }

        Assert.That(seen.Values, Is.All.EqualTo(100_000));
        await client.SendAsync(Sync);
        await client.ReadUntilAsync('Z');
    }

    [Test]
    public async Task An_error_in_a_pipeline_skips_up_to_its_sync_and_no_further()
    {
        await using var client = await LogInAsync();
        await client.SendAsync(
            Parse("SELECT 1"), Bind(), Execute(), Sync,
            Parse("SELECT 1/(n-1) FROM generate_series(1, 1) n"), Bind(), Describe('P'), Execute(), Parse("SELECT 'skipped'"), Bind(), Execute(), Sync,
            Parse("SELECT 3"), Bind(), Execute(), Sync);

        var answers = new[] { await client.ReadUntilAsync('Z'), await client.ReadUntilAsync('Z'), await client.ReadUntilAsync('Z') };

        Assert.That(answers.Select(Types), Is.EqualTo((string[])["12DCZ", "12TEZ", "12DCZ"]));
        Assert.That(answers[1][3].SqlState, Is.EqualTo("22012"));
    }

    [TestCase("CREATE TABLE never_made (n int)")]
    [TestCase("SET search_path = clinic")]
    [TestCase("SELECT 1")]
    public async Task A_pipeline_that_failed_before_its_end_was_sent_still_ends(string second)
    {
        // What follows the error is never answered before the Sync, so that nothing may wait for those answers.
        await using var client = await LogInAsync();
        await client.SendAsync(Parse("SELECT no_such_column"), Bind(), Execute(), Parse(second), Bind(), Execute());
        Assert.That(Types(await client.ReadUntilAsync('E')), Is.EqualTo("E"));

        await client.SendAsync(Parse("COMMIT"), Bind(), Execute(), Parse("SELECT 1"), Bind(), Execute(), Sync);

        Assert.That(Types(await client.ReadUntilAsync('Z')), Is.EqualTo("Z"));
        Assert.That((await client.QueryAsync("SELECT 'usable'"))[1].Texts[0], Is.EqualTo("usable"));
    }

    [Test]
    public async Task Messages_of_a_failed_pipeline_have_no_effect()
    {
        await using var client = await LogInAsync();
        await client.SendAsync(
            Parse("SELECT 'kept'", "named"), Sync,
            Parse("no sql at all", "other"), Close('S', "named"), Parse("SELECT 'replaced'", "other"), Sync,
            Bind("", "named"), Execute(), Sync,
            Bind("", "other"), Sync);

        Assert.That(Types(await client.ReadUntilAsync('Z')), Is.EqualTo("1Z"));
        var failed = await client.ReadUntilAsync('Z');
        Assert.That(Types(failed), Is.EqualTo("EZ"));
        Assert.That(failed[0].SqlState, Is.EqualTo("42601"));
        Assert.That((await client.ReadUntilAsync('Z'))[1].Texts[0], Is.EqualTo("kept"));
        Assert.That((await client.ReadUntilAsync('Z'))[0].SqlState, Is.EqualTo("26000"));
    }

    [Test]
    public async Task A_thousand_pipelined_statements_are_answered_in_order()
    {
        await using var client = await LogInAsync();
        await client.SendAsync([.. Enumerable.Range(0, 1_000).SelectMany(
            n => (byte[][])[Parse("SELECT $1::text || ''"), Bind("", "", 0, $"{n}"), Execute(), n % 10 == 9 ? Sync : Flush])]);

        var values = new List<string?>();
        for (var n = 0; n < 100; n++)
            values.AddRange((await client.ReadUntilAsync('Z')).Where(message => message.Type == 'D').Select(row => row.Texts[0]));

        Assert.That(values, Is.EqualTo(Enumerable.Range(0, 1_000).Select(n => $"{n}")));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_cursor_declared_and_fetched_by_the_extended_protocol_gives_its_rows(bool described)
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("BEGIN");
        await client.SendAsync(
            Parse("DECLARE c CURSOR FOR SELECT n, n * 2, $1::text FROM generate_series(1, 2) n"), Bind("", "", 0, "given"), Execute(), Sync);
        await client.ReadUntilAsync('Z');
        if (described)
        {
            // As psycopg does: the cursor is a portal for the protocol, too.
            await client.SendAsync(Describe('P', "c"), Sync);
            Assert.That(Types(await client.ReadUntilAsync('Z')), Is.EqualTo("TZ"));
        }

        await client.SendAsync(Parse("FETCH FORWARD ALL FROM c"), Bind(), Describe('P'), Execute(), Sync);

        var rows = (await client.ReadUntilAsync('Z')).Where(message => message.Type == 'D').Select(row => string.Join(' ', row.Texts));
        Assert.That(rows, Is.EqualTo((string[])["1 2 given", "2 4 given"]));
    }

    [Test]
    public async Task A_prepared_statement_stays_itself_when_other_things_are_defined()
    {
        await using var client = await LogInAsync();
        await client.SendAsync(Parse("SHOW work_mem", "kept"), Sync);
        await client.ReadUntilAsync('Z');

        await client.QueryAsync("CREATE TYPE clinic.made_here AS ENUM ('a'); DROP TYPE clinic.made_here");
        await client.SendAsync(Bind("", "kept"), Describe('P'), Execute(), Sync);

        var answer = await client.ReadUntilAsync('Z');
        Assert.That(answer.Single(message => message.Type == 'D').Texts, Is.EqualTo((string[])["4MB"]));
    }

    [Test]
    public async Task A_statement_without_rows_or_without_text_is_answered_so()
    {
        await using var client = await LogInAsync();
        await client.SendAsync(Parse("SET work_mem = '4MB'", "s"), Describe('S', "s"), Bind("", "s"), Describe('P'), Execute(), Sync);
        Assert.That(Types(await client.ReadUntilAsync('Z')), Is.EqualTo("1tn2nCZ"));

        await client.SendAsync(Parse(""), Bind(), Execute(), Sync);
        Assert.That(Types(await client.ReadUntilAsync('Z')), Is.EqualTo("12IZ"));

        Assert.That(Types(await client.QueryAsync("")), Is.EqualTo("IZ"));
        Assert.That(Types(await client.QueryAsync(" ; -- nothing")), Is.EqualTo("IZ"));
    }

    [Test]
    public async Task Copy_in_by_the_extended_protocol_ends_with_the_next_sync()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("CREATE TEMP TABLE t (n int)");
        await client.SendAsync(Parse("COPY t FROM STDIN"), Bind(), Execute(), Sync);
        Assert.That(Types(await client.ReadUntilAsync('G')), Is.EqualTo("12G"));

        await client.SendAsync(CopyData("1\n2\n"u8.ToArray()), CopyDone, Sync);
        Assert.That(Types(await client.ReadUntilAsync('Z')), Is.EqualTo("CZ"));

        await client.SendAsync(Query("COPY t FROM STDIN"));
        await client.ReadUntilAsync('G');
        await client.SendAsync(CopyData("3\n"u8.ToArray()), CopyFail("no more"), Query("SELECT count(*) FROM t"));
        var failed = await client.ReadUntilAsync('Z');
        Assert.That(failed[0].SqlState, Is.EqualTo("57014"));
        Assert.That((await client.ReadUntilAsync('Z'))[1].Texts[0], Is.EqualTo("2"));
    }

    [Test]
    public async Task Binary_and_text_results_are_as_asked()
    {
        await using var client = await LogInAsync();
        await client.SendAsync(Parse("SELECT 258, 'ab'::bytea", "s"), Bind("", "s", 1), Execute(), Bind("", "s"), Execute(), Sync);

        var rows = (await client.ReadUntilAsync('Z')).Where(message => message.Type == 'D').ToList();

        Assert.That(rows[0].Columns[0], Is.EqualTo((byte[])[0, 0, 1, 2]));
        Assert.That(rows[0].Columns[1], Is.EqualTo("ab"u8.ToArray()));
        Assert.That(rows[1].Texts, Is.EqualTo((string[])["258", "\\x6162"]));
    }

    private static string Types(IEnumerable<WireMessage> messages) => string.Concat(messages.Select(message => message.Type));
}
