using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.TestKit.Tds;
using static WireProxy.TestKit.Tds.TdsParameter;

namespace WireProxy.EndToEnd.Tests.Tds.Mars;

/// <summary>Sessions that share a connection, each judged and masked on its own.</summary>
public sealed class MarsTests() : ThroughTds(Through.Guarded)
{
    private const string ManyRows =
        "SELECT p.full_name, REPLICATE('x', 200) AS filler FROM dbo.patients AS p CROSS JOIN dbo.alltypes AS a CROSS JOIN " +
        "dbo.patients AS q CROSS JOIN dbo.patients AS r CROSS JOIN dbo.patients AS s CROSS JOIN dbo.patients AS t CROSS JOIN dbo.patients AS u";

    [Test]
    public async Task A_refusal_leaves_its_neighbours_usable()
    {
        await using var client = await MarsClient.LogInAsync(Port);
        var reading = await client.OpenAsync(0);
        var refused = await client.OpenAsync(1);
        await reading.SendQueryAsync(ManyRows);

        for (int i = 0; i < 3; i++)
            IsRefused(await refused.QueryAsync("DELETE FROM dbo.wards"));
        var rows = await reading.ReadAsync();

        HoldsNoSecret(rows);
        Assert.That(rows.Results[0].Rows, Has.Count.GreaterThan(500));
        Assert.That((await refused.QueryAsync("SELECT 'usable'")).Scalar, Is.EqualTo("usable"));
    }

    [Test]
    public async Task Each_session_is_masked()
    {
        await using var client = await MarsClient.LogInAsync(Port);
        var sessions = new List<MarsChannel>();
        for (ushort id = 10; id < 18; id++)
            sessions.Add(await client.OpenAsync(id));
        foreach (var session in sessions)
            await session.SendQueryAsync("SELECT id, ssn, full_name FROM dbo.patients ORDER BY id");
        foreach (var session in sessions)
        {
            var answer = await session.ReadAsync();
            HoldsNoSecret(answer);
            Assert.That(answer.Results[0]["ssn"][0], Does.StartWith("****1234"));
        }
    }

    [Test]
    public async Task A_session_that_is_not_read_gets_no_more_than_its_window()
    {
        await using var client = await MarsClient.LogInAsync(Port);
        var unread = await client.OpenAsync(0);
        var other = await client.OpenAsync(1);
        await unread.SendQueryAsync(ManyRows);

        for (int i = 0; i < 50; i++)
            Assert.That((await other.QueryAsync($"SELECT {i}")).Scalar, Is.EqualTo(i));

        Assert.That(unread.Unread, Is.LessThanOrEqualTo(4));
        HoldsNoSecret(await unread.ReadAsync());
    }

    [Test]
    public async Task An_Attention_is_for_its_own_session()
    {
        await using var client = await MarsClient.LogInAsync(Port);
        var kept = await client.OpenAsync(0);
        var given = await client.OpenAsync(1);
        await kept.SendQueryAsync(ManyRows);
        await given.SendQueryAsync(ManyRows);
        await given.SendAttentionAsync();

        for (var answer = await given.ReadAsync(); !answer.IsAttention;)
            answer = await given.ReadAsync();
        var whole = await kept.ReadAsync();

        Assert.That(whole.IsAttention, Is.False);
        Assert.That(whole.Results[0].Rows, Has.Count.GreaterThan(500));
        Assert.That((await given.QueryAsync("SELECT 1")).Scalar, Is.EqualTo(1));
    }

    [Test]
    public async Task A_handle_of_one_session_serves_the_others_and_is_masked_there()
    {
        await using var client = await MarsClient.LogInAsync(Port);
        var first = await client.OpenAsync(0);
        var second = await client.OpenAsync(1);
        int handle = (await first.CallAsync(TdsCall.Prepare("SELECT full_name FROM dbo.patients WHERE id = @i", "@i int"))).Handle;

        var answer = await second.CallAsync(TdsCall.Execute(handle, Int(1, "@i")));

        HoldsNoSecret(answer);
        Assert.That(answer.Results[0].Rows, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Transactions_are_named_by_their_descriptor()
    {
        await using var client = await MarsClient.LogInAsync(Port);
        var first = await client.OpenAsync(0);
        var second = await client.OpenAsync(1);
        ulong transaction = await BeginAsync(first);
        first.Transaction = second.Transaction = transaction;

        IsRefused(await second.QueryAsync("DELETE FROM dbo.wards"));
        var answer = await first.QueryAsync("SELECT full_name FROM dbo.patients");

        Assert.That(answer.InTransaction);
        HoldsNoSecret(answer);
        Assert.That((await second.QueryAsync("ROLLBACK")).InTransaction, Is.False);
    }

    [Test]
    public async Task A_session_that_is_closed_leaves_its_number_free()
    {
        await using var client = await MarsClient.LogInAsync(Port);
        var kept = await client.OpenAsync(7);
        for (int i = 0; i < 20; i++)
        {
            var brief = await client.OpenAsync(3);
            Assert.That((await brief.QueryAsync($"SELECT {i}")).Scalar, Is.EqualTo(i));
            await brief.FinishAsync();
            await brief.Finished;
        }
        Assert.That((await kept.QueryAsync("SELECT 'kept'")).Scalar, Is.EqualTo("kept"));
    }

    [Test]
    public async Task A_session_closed_in_the_middle_of_its_answer_holds_up_no_other()
    {
        await using var client = await MarsClient.LogInAsync(Port);
        var kept = await client.OpenAsync(0);
        for (ushort id = 1; id < 10; id++)
        {
            var left = await client.OpenAsync(id);
            await left.SendQueryAsync(ManyRows);
            await left.ReadPacketAsync();
            await left.FinishAsync();
            Assert.That((await kept.QueryAsync($"SELECT {(int)id}")).Scalar, Is.EqualTo((int)id));
        }
    }

    [TestCase(PacketStatus.ResetConnection)]
    [TestCase(PacketStatus.ResetConnectionSkipTran)]
    public async Task A_reset_is_of_the_connection(PacketStatus reset)
    {
        await using var client = await MarsClient.LogInAsync(Port);
        var first = await client.OpenAsync(0);
        var second = await client.OpenAsync(1);
        await first.QueryAsync("USE annex");
        await first.QueryAsync("SELECT 1 AS a INTO #t");
        int handle = (await first.CallAsync(TdsCall.Prepare("SELECT 1", null))).Handle;

        var answer = await second.QueryAsync("SELECT DB_NAME()", reset);

        Assert.That(answer.Scalar, Is.EqualTo("clinic"));
        Assert.That(answer.Changes.Select(change => change.Type), Does.Contain(EnvChangeType.ResetCompletion));
        Assert.That((await first.QueryAsync("SELECT DB_NAME()")).Scalar, Is.EqualTo("clinic"));
        IsRefused(await first.CallAsync(TdsCall.Execute(handle)));
        HoldsNoSecret(await first.QueryAsync("SELECT full_name FROM dbo.patients"));
    }

    [Test]
    public async Task A_reset_waits_for_what_other_sessions_run()
    {
        await using var client = await MarsClient.LogInAsync(Port);
        var running = await client.OpenAsync(0);
        var resetting = await client.OpenAsync(1);
        await running.SendQueryAsync(ManyRows);
        await running.ReadPacketAsync();
        await resetting.SendQueryAsync("SELECT 'reset'", PacketStatus.ResetConnection);

        while (await running.ReadPacketAsync() is { } packet && (packet[1] & 1) == 0)
        {
        }
        Assert.That((await resetting.ReadAsync()).Scalar, Is.EqualTo("reset"));
    }

    private static async Task<ulong> BeginAsync(MarsChannel session)
    {
        // TM_BEGIN_XACT without isolation level and name, behind ALL_HEADERS (MS-TDS 2.2.6.9).
        byte[] request = [22, 0, 0, 0, 18, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0];
        await session.SendAsync(PacketType.TransactionManagerRequest, request);
        var answer = await session.ReadAsync();
        var begun = answer.Changes.Single(change => change.Type == EnvChangeType.BeginTransaction);
        return BitConverter.ToUInt64(begun.NewValue.Span);
    }
}
