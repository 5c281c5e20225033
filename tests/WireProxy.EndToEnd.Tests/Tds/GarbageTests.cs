using System.Net.Sockets;
using System.Text;
using WireProxy.EndToEnd.Tests.Robustness;
using WireProxy.Protocols.Tds;
using WireProxy.TestKit;
using WireProxy.TestKit.Tds;

namespace WireProxy.EndToEnd.Tests.Tds;

/// <summary>Garbage towards the port: an error or a closed connection for who sends it, nothing for anybody else.</summary>
[TestFixture(Through.Transparent)]
[TestFixture(Through.Guarded)]
public sealed class GarbageTests(Through through)
{
    private static readonly byte[] Hello = TdsClient.Packets(PacketType.PreLogin, TdsClient.PreLoginPayload(new TdsLogin()));
    private static readonly byte[] LogIn = TdsClient.Packets(PacketType.Login7, TdsClient.LoginPayload(new TdsLogin()));

    private static readonly (string Name, byte[] Bytes)[] BeforeLogin =
    [
        ("nothing but zeros", new byte[64]),
        ("a PRELOGIN of length zero", [18, 1, 0, 0, 0, 0, 0, 0]),
        ("a PRELOGIN of length seven", [18, 1, 0, 7, 0, 0, 0, 0]),
        ("a PRELOGIN without data", [18, 1, 0, 8, 0, 0, 1, 0]),
        ("a PRELOGIN of the largest length", [18, 1, 0xFF, 0xFF, 0, 0, 1, 0]),
        ("an option that points behind the end", [18, 1, 0, 14, 0, 0, 1, 0, 0, 0, 200, 0, 6, 0xFF]),
        ("options without an end", [18, 1, 0, 13, 0, 0, 1, 0, 0, 0, 6, 0, 6]),
        ("a PRELOGIN in thousand packets", [.. Enumerable.Range(0, 1_000).SelectMany(_ => (byte[])[18, 0, 0, 9, 0, 0, 1, 0, 1])]),
        ("half a PRELOGIN", Hello[..^3]),
        ("two PRELOGINs", [.. Hello, .. Hello]),
        ("PRELOGIN and login in one", [.. Hello, .. LogIn]),
        ("PRELOGIN and a batch", [.. Hello, .. TdsClient.Packets(PacketType.SqlBatch, Encoding.Unicode.GetBytes("SELECT 1"))]),
        ("half a login", [.. Hello, .. LogIn[..^20]]),
        ("a login without data", [16, 1, 0, 8, 0, 0, 1, 0]),
        ("a login whose lengths lie", [.. LogIn[..44], 0xFF, 0xFF, 0xFF, 0xFF, .. LogIn[48..]]),
        ("a login of ones", TdsClient.Packets(PacketType.Login7, [.. Enumerable.Repeat((byte)0xFF, 300)])),
        ("a login of 600 KB", TdsClient.Packets(PacketType.Login7, new byte[600_000])),
        ("a batch before the login", TdsClient.Packets(PacketType.SqlBatch, Encoding.Unicode.GetBytes("SELECT 1"))),
        ("an attention before the login", [6, 1, 0, 8, 0, 0, 1, 0]),
        ("a server's message", [4, 1, 0, 9, 0, 0, 1, 0, 0xFD]),
        ("an HTTP request", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray()),
        ("a TLS record of rubbish", [0x16, 0x03, 0x01, 0x40, 0x00, .. new byte[300]]),
        ("a TLS hello cut off", [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
        ("TLS rubbish inside of PRELOGIN", [.. Wanting(1), .. TdsClient.Packets(PacketType.PreLogin, [0x16, 3, 1, 0x40, 0, .. new byte[300]])]),
        ("TLS wanted and none begun", [.. Wanting(1), .. LogIn]),
    ];

    private static readonly (string Name, byte[] Bytes)[] AfterLogin =
    [
        ("an unknown type", [99, 1, 0, 9, 0, 0, 1, 0, 1]),
        ("a length of zero", [1, 1, 0, 0, 0, 0, 1, 0]),
        ("a length of seven", [1, 1, 0, 7, 0, 0, 1, 0]),
        ("a length of 32768", [1, 1, 0x80, 0, 0, 0, 1, 0]),
        ("a batch without data", [1, 1, 0, 8, 0, 0, 1, 0]),
        ("a batch without headers", TdsClient.Packets(PacketType.SqlBatch, [1, 0])),
        ("headers of a length of zero", TdsClient.Packets(PacketType.SqlBatch, [0, 0, 0, 0, 65, 0])),
        ("headers longer than the message", TdsClient.Packets(PacketType.SqlBatch, [0xFF, 0xFF, 0xFF, 0x7F, 65, 0])),
        ("a header within of a length of zero", TdsClient.Packets(PacketType.SqlBatch, [22, 0, 0, 0, 0, 0, 0, 0, .. new byte[14]])),
        ("a batch of an odd number of bytes", TdsClient.Packets(PacketType.SqlBatch, [4, 0, 0, 0, 65, 0, 66])),
        ("a call without data", TdsClient.Packets(PacketType.Rpc, [4, 0, 0, 0])),
        ("a call of a number without options", TdsClient.Packets(PacketType.Rpc, [4, 0, 0, 0, 0xFF, 0xFF, 10, 0])),
        ("a call of a name longer than the message", TdsClient.Packets(PacketType.Rpc, [4, 0, 0, 0, 0xF0, 0xFF, 10, 0])),
        ("a parameter of an unknown type", TdsClient.Packets(PacketType.Rpc, [4, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 0, 0, 0, 0x99, 1, 2, 3])),
        ("a parameter cut off", TdsClient.Packets(PacketType.Rpc, [4, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 0, 0, 0, 0xE7, 0x40, 0x1F])),
        ("a parameter longer than the message", TdsClient.Packets(PacketType.Rpc, [4, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 0, 0, 0, 0xE7, 0x40, 0x1F, 9, 4, 0, 0, 0, 0xFF, 0x1F, 1])),
        ("a bulk load out of place", TdsClient.Packets(PacketType.BulkLoad, [0x81, 1, 0, 0xFF])),
        ("an attention with data", [6, 1, 0, 9, 0, 0, 1, 0, 1]),
        ("an attention in two packets", [6, 0, 0, 8, 0, 0, 1, 0, 6, 1, 0, 8, 0, 0, 2, 0]),
        ("a transaction request cut off", TdsClient.Packets(PacketType.TransactionManagerRequest, [4, 0, 0, 0, 5])),
        ("a transaction request of an unknown type", TdsClient.Packets(PacketType.TransactionManagerRequest, [4, 0, 0, 0, 99, 0, 0, 0])),
        ("a PRELOGIN in a session", Hello),
        ("a login in a session", LogIn),
        ("a server's message", [4, 1, 0, 9, 0, 0, 1, 0, 0xFD]),
        ("a packet of SMP", [0x53, 1, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0]),
        ("a message that changes its type", [1, 0, 0, 9, 0, 0, 1, 0, 1, 3, 1, 0, 9, 0, 0, 2, 0, 1]),
    ];

    private GatewayProcess _gateway = null!;
    private TdsClient _witness = null!;

    [OneTimeSetUp]
    public async Task StartGateway()
    {
        _gateway = await TdsClinic.StartAsync(settings => (through == Through.Guarded ? TdsClinic.Guard(settings) : settings) with
        {
            ClientTls = "prefer",
            Limits = new Dictionary<string, string> { ["handshake_timeout"] = "6s" },
        });
        _witness = await TdsClient.LogInAsync(_gateway.Port);
        await _witness.QueryAsync("CREATE TABLE #witness (n int IDENTITY, t nvarchar(20))");
    }

    [OneTimeTearDown]
    public async Task StopGateway()
    {
        if (_witness is not null)
            await _witness.DisposeAsync();
        if (_gateway is not null)
            await _gateway.DisposeAsync();
    }

    [TearDown]
    public async Task The_session_beside_it_works_on()
    {
        Assert.That(_gateway.HasExited, Is.False, () => _gateway.Log);
        Assert.That((await _witness.QueryAsync("INSERT INTO #witness (t) VALUES (N'still'); SELECT TOP 1 t FROM #witness")).Scalar, Is.EqualTo("still"));
        Assert.That(_gateway.Log, Does.Not.Contain("internal error").And.Not.Contain("Unhandled exception"));
    }

    [Test]
    public async Task Garbage_instead_of_a_login_ends_that_connection_only([Range(0, 24)] int index)
    {
        var (name, bytes) = BeforeLogin[index];
        await using var client = await RawConnection.ConnectAsync(_gateway.Port);
        await SendAsync(client, bytes);
        client.FinishSendingQuietly();

        byte[] answer = await client.ReadEverythingAsync();

        Assert.That(answer.Length, Is.LessThan(2_000), name);
        if (name != "PRELOGIN and login in one")
            Assert.That(Encoding.Unicode.GetString(answer), Does.Not.Contain("Changed database"), name + " logged in");
    }

    [Test]
    public async Task Garbage_in_a_session_ends_at_most_that_session([Range(0, 25)] int index)
    {
        var (name, bytes) = AfterLogin[index];
        await using var client = await TdsClient.LogInAsync(_gateway.Port);
        try
        {
            await client.SendRawAsync(bytes);
            client.FinishSending();
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            // It may have been closed already.
        }

        var answers = await client.ReadToEndAsync();

        Assert.That(answers.SelectMany(answer => answer.Results), Is.Empty, name);
    }

    [Test]
    public async Task Three_hundred_connections_of_random_bytes_disturb_nobody()
    {
        var random = new Random(20260803);
        for (int round = 0; round < 300; round++)
        {
            var bytes = new byte[random.Next(1, 600)];
            random.NextBytes(bytes);
            if (round % 2 == 0 && bytes.Length > 8)
                (bytes[0], bytes[1], bytes[2], bytes[3]) = (round % 4 == 0 ? (byte)18 : (byte)16, 1, (byte)(bytes.Length >> 8), (byte)bytes.Length);
            await using var client = await RawConnection.ConnectAsync(_gateway.Port);
            await SendAsync(client, bytes);
            client.FinishSendingQuietly();
            await client.ReadEverythingAsync();
        }
    }

    [Test]
    public async Task Two_hundred_sessions_of_random_messages_disturb_nobody()
    {
        var random = new Random(20260804);
        PacketType[] types = [PacketType.SqlBatch, PacketType.Rpc, PacketType.BulkLoad, PacketType.TransactionManagerRequest, PacketType.Attention];
        for (int round = 0; round < 200; round++)
        {
            await using var client = await TdsClient.LogInAsync(_gateway.Port);
            try
            {
                for (int n = 0; n < 10; n++)
                {
                    var body = new byte[random.Next(0, 64)];
                    random.NextBytes(body);
                    byte[] headed = [.. client.BatchPayload(""), .. body];
                    await client.SendAsync(types[random.Next(types.Length)], n % 2 == 0 ? body : headed);
                }
                client.FinishSending();
                await client.ReadToEndAsync();
            }
            catch (Exception error) when (error is IOException or SocketException)
            {
                // Closed in the middle: one of the two things that may happen.
            }
        }
    }

    [Test]
    public async Task A_login_of_a_byte_a_time_is_a_login()
    {
        await using var client = await TdsClient.ConnectAsync(_gateway.Port);
        await SlowlyAsync(client, Hello);
        await client.ReadMessageAsync();
        await SlowlyAsync(client, LogIn);
        Assert.That((await client.ReadAsync()).Error, Is.Null);
        await SlowlyAsync(client, TdsClient.Packets(PacketType.SqlBatch, client.BatchPayload("SELECT 'slowly'")));

        Assert.That((await client.ReadAsync()).Scalar, Is.EqualTo("slowly"));
    }

    [Test]
    public async Task Fifty_clients_of_a_byte_a_second_are_let_go_when_their_time_is_over()
    {
        int before = _gateway.OpenFiles;
        var clients = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => RawConnection.ConnectAsync(_gateway.Port)));
        for (int n = 0; n < 4; n++)
        {
            foreach (var client in clients)
                await SendAsync(client, Hello[n..(n + 1)]);
            await Task.Delay(1_000);
        }

        foreach (var client in clients)
        {
            await client.ReadEverythingAsync();
            await client.DisposeAsync();
        }
        await Until.TrueAsync(() => _gateway.OpenFiles <= before + 5, TimeSpan.FromSeconds(20), () => "connections are kept");
    }

    [Test]
    public async Task Half_a_message_and_then_nothing_is_noticed_by_nobody_else()
    {
        await using var client = await TdsClient.LogInAsync(_gateway.Port);
        await client.SendRawAsync(TdsClient.Packets(PacketType.SqlBatch, client.BatchPayload(new string(' ', 100_000))).AsMemory(0, 50_000));

        await The_session_beside_it_works_on();
        client.Reset();
    }

    [Test]
    public async Task A_client_that_reads_nothing_holds_up_nobody()
    {
        await using var client = await TdsClient.LogInAsync(_gateway.Port);
        long before = _gateway.ResidentBytes;
        await client.SendQueryAsync("SELECT REPLICATE(CAST('x' AS varchar(max)), 200000000)");
        await Task.Delay(1_500);

        await The_session_beside_it_works_on();
        Assert.That(_gateway.ResidentBytes - before, Is.LessThan(64L << 20), "what is not read is not kept");
    }

    private static byte[] Wanting(byte encryption) =>
        TdsClient.Packets(PacketType.PreLogin, TdsClient.PreLoginPayload(new TdsLogin { Encryption = encryption }));

    private static async Task SlowlyAsync(TdsClient client, byte[] bytes)
    {
        foreach (byte one in bytes)
        {
            await client.SendRawAsync(new[] { one });
            await Task.Delay(1);
        }
    }

    private static async Task SendAsync(RawConnection client, byte[] bytes)
    {
        try
        {
            await client.SendAsync(bytes);
        }
        catch (SocketException)
        {
            // It may have been closed already.
        }
    }
}
