using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.TestKit.Tds;
using static WireProxy.TestKit.Tds.TdsParameter;

namespace WireProxy.EndToEnd.Tests.Tds;

/// <summary>A session's course: the answer through the gateway is the direct one, whether it only relays or analyses every statement.</summary>
[TestFixture(Through.Transparent)]
[TestFixture(Through.Guarded)]
public sealed class SessionTests(Through through) : ThroughTds(through)
{
    private static readonly string[] Script =
    [
        "SELECT 1 AS one; SELECT N'two' AS two, NULL AS three",
        "SELECT * FROM dbo.alltypes",
        "EXEC dbo.p_multi 4",
        "EXEC dbo.p_msg",
        "PRINT N'printed'; RAISERROR(N'note %d', 10, 1, 7)",
        "SELECT 1/0",
        "SELECT CAST('abc' AS int)",
        "INSERT INTO dbo.wards VALUES (N'north', 1)",
        "BEGIN TRAN; INSERT INTO dbo.loads (client, id) VALUES ('script', 1); SELECT @@TRANCOUNT; ROLLBACK",
        "SELECT COUNT(*) FROM dbo.loads WHERE client = 'script'",
        "CREATE TABLE #t (a int PRIMARY KEY, b nvarchar(20)); INSERT INTO #t VALUES (1, N'x'), (2, NULL); SELECT * FROM #t ORDER BY a",
        "UPDATE #t SET b = N'y' WHERE a = 2; SELECT @@ROWCOUNT; DELETE FROM #t; DROP TABLE #t",
        "DECLARE @i int = 0; WHILE @i < 3 BEGIN SELECT @i AS i; SET @i += 1 END",
        "BEGIN TRY SELECT 1/0 END TRY BEGIN CATCH SELECT ERROR_NUMBER() AS n, ERROR_MESSAGE() AS m END CATCH",
        "SET NOCOUNT ON; SELECT name FROM dbo.wards ORDER BY name; SET NOCOUNT OFF",
        "USE annex; SELECT DB_NAME(); USE clinic",
        "SELECT name, beds FROM dbo.wards ORDER BY beds FOR XML RAW",
        "SELECT TOP 0 * FROM dbo.wards",
        "",
        "   ",
        "-- nothing but a comment",
    ];

    [TestCase(512u), TestCase(4096u), TestCase(32767u)]
    public async Task Every_answer_is_the_direct_one(uint packetSize)
    {
        await using var direct = await LogInDirectlyAsync(new TdsLogin { PacketSize = packetSize });
        await using var client = await LogInAsync(new TdsLogin { PacketSize = packetSize });
        Assert.That(client.PacketSize, Is.EqualTo(packetSize));

        foreach (string sql in Script)
            Assert.That((await client.QueryAsync(sql)).ToString(), Is.EqualTo((await direct.QueryAsync(sql)).ToString()), sql);

        Assert.That(client.LongestPacket, Is.LessThanOrEqualTo((int)packetSize));
    }

    [TestCase(0x71000001u), TestCase(0x72090002u), TestCase(0x730B0003u), TestCase(0x74000004u)]
    public async Task Every_version_of_the_protocol_passes(uint version)
    {
        await using var direct = await LogInDirectlyAsync(new TdsLogin { VersionCode = version });
        await using var client = await LogInAsync(new TdsLogin { VersionCode = version });
        Assert.That(client.Version, Is.EqualTo(direct.Version));

        foreach (string sql in Script)
            Assert.That((await client.QueryAsync(sql)).ToString(), Is.EqualTo((await direct.QueryAsync(sql)).ToString()), sql);
    }

    [Test]
    public async Task An_object_that_is_not_there_has_the_servers_own_number()
    {
        await using var client = await LogInAsync();

        var answer = await client.QueryAsync("SELECT * FROM dbo.nosuch");

        Assert.That(answer.Error, Is.EqualTo(208));
        Assert.That(answer.Errors.Single().Text, Does.StartWith("Invalid object name"));
    }

    [Test]
    public async Task A_login_without_PRELOGIN_is_answered()
    {
        await using var client = await LogInAsync(new TdsLogin { SendsPreLogin = false });

        Assert.That((await client.QueryAsync("SELECT 'here'")).Scalar, Is.EqualTo("here"));
    }

    [Test]
    public async Task A_wrong_password_is_the_servers_own_error()
    {
        await using var client = await TdsClient.ConnectAsync(Port, new TdsLogin { Password = "wrong" });
        await client.BeginAsync();

        Assert.That(client.LoginAnswer.Error, Is.EqualTo(18456));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
    }

    [Test]
    public async Task A_connection_that_is_reset_is_like_new([Values] bool keepsTransaction)
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("CREATE TABLE #t (a int); USE annex; BEGIN TRAN");
        var prepared = await client.CallAsync(TdsCall.Of(ProcedureId.Prepare, IntOut(), Text(""), Text("SELECT 1"), Int(1)));

        var first = await client.QueryAsync(
            "SELECT DB_NAME(), @@TRANCOUNT, OBJECT_ID('tempdb..#t')", keepsTransaction ? PacketStatus.ResetConnectionSkipTran : PacketStatus.ResetConnection);

        Assert.That(first.Results[0].Rows[0], Is.EqualTo(new object?[] { "clinic", keepsTransaction ? 1L : 0L, null }), first.ToString());
        Assert.That((await client.CallAsync(TdsCall.Of(ProcedureId.Execute, Int(prepared.Handle)))).Error, Is.Not.Null);
    }

    [Test]
    public async Task Transactions_can_be_asked_for_by_the_protocol_itself()
    {
        await using var client = await LogInAsync();
        await client.SendAsync(PacketType.TransactionManagerRequest, Transaction(client, 5, 2, 0));
        var begun = await client.ReadAsync();
        await client.QueryAsync("INSERT INTO dbo.executed (id) VALUES (9001)");
        var within = await client.QueryAsync("SELECT @@TRANCOUNT");
        await client.SendAsync(PacketType.TransactionManagerRequest, Transaction(client, 8, 0, 0));
        var ended = await client.ReadAsync();

        Assert.That(begun.Changes.Select(change => change.Type), Does.Contain(EnvChangeType.BeginTransaction), begun.ToString());
        Assert.That(within.Scalar, Is.EqualTo(1));
        Assert.That(ended.Changes.Select(change => change.Type), Does.Contain(EnvChangeType.RollbackTransaction), ended.ToString());
        Assert.That((await client.QueryAsync("SELECT COUNT(*) FROM dbo.executed WHERE id = 9001")).Scalar, Is.Zero);
    }

    [Test]
    public async Task An_attention_stops_a_statement_under_way()
    {
        await using var client = await LogInAsync();
        string marked = $"WAITFOR DELAY '00:05:00' /* {Guid.NewGuid()} */";
        await client.SendQueryAsync(marked);
        await TestKit.Until.TrueAsync(() => Server.CountSeen(marked) > 0, TimeSpan.FromSeconds(10), () => "it never ran");

        await client.SendAttentionAsync();
        var answer = await client.ReadAsync();
        while (!answer.IsAttention)
            answer = await client.ReadAsync();

        Assert.That((await client.QueryAsync("SELECT 'alive'")).Scalar, Is.EqualTo("alive"));
    }

    [Test]
    public async Task An_attention_behind_a_request_that_is_already_answered_is_acknowledged()
    {
        await using var client = await LogInAsync();
        for (int i = 0; i < 50; i++)
        {
            await client.SendQueryAsync("SELECT 1 AS one");
            await client.SendAttentionAsync();
            var answer = await client.ReadAsync();
            while (!answer.IsAttention)
                answer = await client.ReadAsync();
            Assert.That((await client.QueryAsync($"SELECT {i}")).Scalar, Is.EqualTo(i));
        }
    }

    [Test]
    public async Task A_request_that_the_client_gives_up_while_sending_does_not_run()
    {
        await using var client = await LogInAsync();
        byte[] batch = client.BatchPayload("INSERT INTO dbo.executed (id) VALUES (9002)");
        byte[] packet = TdsClient.Packets(PacketType.SqlBatch, batch);
        packet[1] = (byte)(PacketStatus.EndOfMessage | PacketStatus.Ignore);

        await client.SendRawAsync(packet);
        await client.SendAttentionAsync();
        while (!(await client.ReadAsync()).IsAttention)
        {
            // Whether the request has an answer of its own is the server's to say.
        }

        Assert.That((await client.QueryAsync("SELECT COUNT(*) FROM dbo.executed WHERE id = 9002")).Scalar, Is.Zero);
    }

    [Test]
    public async Task A_hundred_sessions_at_once_do_not_mix()
    {
        await Task.WhenAll(Enumerable.Range(0, 100).Select(async n =>
        {
            await using var client = await LogInAsync();
            for (int i = 0; i < 5; i++)
                Assert.That((await client.QueryAsync($"SELECT {n} * 1000 + {i}")).Scalar, Is.EqualTo((n * 1000) + i));
        }));
    }

    // The headers of a batch are those of any request.
    private static byte[] Transaction(TdsClient client, byte type, params byte[] rest) => [.. client.BatchPayload(""), type, 0, .. rest];
}
