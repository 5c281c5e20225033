using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Robustness;

/// <summary>
/// Garbage towards the port: an error or a closed connection for who sends it, nothing for anybody else. A session that works
/// throughout must not notice.
/// </summary>
[TestFixture(Through.Transparent)]
[TestFixture(Through.Guarded)]
public sealed class GarbageTests(Through through)
{
    private static readonly (string Name, byte[] Bytes)[] BeforeLogin =
    [
        ("nothing but zeros", new byte[64]),
        ("a length of zero", Int32(0)),
        ("a length of three", Int32(3)),
        ("a length of eight without a code", Join(Int32(8), [0])),
        ("the largest length", Join(Int32(int.MaxValue), Int32(Version30))),
        ("a negative length", Join(Int32(-5), Int32(Version30))),
        ("a startup packet of 20 MB", Untyped(Int32(Version30), new byte[20_000_000])),
        ("parameters without an end", Untyped(Int32(Version30), "user\0postgres"u8.ToArray())),
        ("a parameter without a value", Untyped(Int32(Version30), "user\0postgres\0database\0\0"u8.ToArray())),
        ("no user", Untyped(Int32(Version30), [0])),
        ("bytes behind the parameters", Untyped(Int32(Version30), "user\0postgres\0\0more"u8.ToArray())),
        ("names that are no UTF-8", Untyped(Int32(Version30), [.. "user\0"u8, 0xff, 0xfe, 0, .. "database\0"u8, 0xc0, 0x80, 0, 0])),
        ("a query before the login", Query("SELECT 1")),
        ("an HTTP request", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray()),
        ("an SSH greeting", "SSH-2.0-OpenSSH_9.2\r\n"u8.ToArray()),
        ("two TLS requests", Join(SslRequest, SslRequest)),
        ("a TLS record of rubbish", [0x16, 0x03, 0x01, 0x40, 0x00, .. new byte[300]]),
        ("a TLS alert", [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]),
        ("a TLS hello cut off", [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
        ("a cancel request without a key", Untyped(Int32(80_877_102), Int32(1))),
        ("a cancel request with a key of 300 bytes", CancelRequest(1, new byte[300])),
        ("a cancel request for nobody", CancelRequest(-1, Int32(-1))),
        ("protocol 1.0", Untyped(Int32(0x0001_0000), new byte[64])),
        ("protocol 2.0", Untyped(Int32(0x0002_0000), new byte[288])),
        ("protocol 3.99999", Untyped(Int32(0x0003_ffff), [0])),
    ];

    private static readonly (string Name, byte[] Bytes)[] AfterLogin =
    [
        ("an unknown type", Message('!', [1, 2, 3])),
        ("a type of zero", MessageOfLength('\0', 4, [])),
        ("a length of three", MessageOfLength('Q', 3, [])),
        ("a length of zero", MessageOfLength('Q', 0, [])),
        ("a negative length", MessageOfLength('Q', -1, [])),
        ("the least length", MessageOfLength('Q', int.MinValue, [])),
        ("the largest length", MessageOfLength('Q', int.MaxValue, new byte[100])),
        ("a query without an end", Message('Q', "SELECT 1"u8.ToArray())),
        ("a query with bytes behind its end", Message('Q', "SELECT 1\0more\0"u8.ToArray())),
        ("an empty query message", Message('Q')),
        ("a parse with too many types", Message('P', Text(""), Text("SELECT 1"), Int16(30_000))),
        ("a parse with a negative number of types", Message('P', Text(""), Text("SELECT 1"), Int16(-1))),
        ("a bind with a value longer than the message", Message('B', Text(""), Text(""), Int16(0), Int16(1), Int32(1_000_000), [1])),
        ("a bind with a length of -2", Message('B', Text(""), Text(""), Int16(0), Int16(1), Int32(-2), Int16(0))),
        ("a bind cut off", Message('B', Text(""))),
        ("a describe of nothing known", Message('D', "X\0"u8.ToArray())),
        ("an execute without a number", Message('E', Text(""))),
        ("a close without a name", Message('C', "S"u8.ToArray())),
        ("a function call cut off", Message('F', Int32(1), Int16(5))),
        ("a sync with a body", Message('S', [1])),
        ("copy data out of place", CopyData([1, 2, 3])),
        ("a password out of place", Password("none")),
        ("a server's message", Message('Z', "I"u8.ToArray())),
        ("a startup packet in a session", Startup("postgres", "postgres")),
        ("a TLS request in a session", SslRequest),
    ];

    private GatewayProcess _gateway = null!;
    private WireClient _witness = null!;

    [OneTimeSetUp]
    public async Task StartGateway()
    {
        _gateway = await Clinic.StartAsync(settings => (through == Through.Guarded ? Clinic.Guard(settings) : settings) with
        {
            ClientTls = "prefer",
            Limits = new Dictionary<string, string> { ["handshake_timeout"] = "6s" },
        });
        _witness = await WireClient.LogInAsync(_gateway.Port);
        await _witness.QueryAsync("CREATE TEMP TABLE witness (n serial, t text)");
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
        var answer = await _witness.QueryAsync("INSERT INTO witness (t) VALUES ('still') RETURNING t");
        Assert.That(answer[1].Texts[0], Is.EqualTo("still"));
        Assert.That(_gateway.Log, Does.Not.Contain("internal error").And.Not.Contain("Unhandled exception"));
    }

    [Test]
    public async Task Garbage_instead_of_a_login_ends_that_connection_only([Range(0, 24)] int index)
    {
        var (name, bytes) = BeforeLogin[index];
        await using var client = await ConnectAsync();
        await SendAsync(client, bytes);
        client.FinishSendingQuietly();

        var answer = await client.ReadEverythingAsync();

        Assert.That(answer.Length, Is.LessThan(2_000), name);
        Assert.That(Encoding.Latin1.GetString(answer), Does.Not.Contain("server_version"), name + " logged in");
    }

    [Test]
    public async Task Garbage_in_a_session_ends_at_most_that_session([Range(0, 24)] int index)
    {
        var (name, bytes) = AfterLogin[index];
        await using var client = await WireClient.LogInAsync(_gateway.Port);
        try
        {
            await client.SendAsync(bytes);
            client.FinishSending();
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            // It may have been closed already.
        }

        var answer = await client.ReadToEndAsync();

        Assert.That(answer, Has.All.Matches<WireMessage>(message => message!.Type is 'E' or 'Z' or 'N'), name);
    }

    [Test]
    public async Task Five_hundred_connections_of_random_bytes_disturb_nobody()
    {
        var random = new Random(20260801);
        for (var round = 0; round < 500; round++)
        {
            var bytes = new byte[random.Next(1, 600)];
            random.NextBytes(bytes);
            if (round % 2 == 0 && bytes.Length > 8)
                BinaryPrimitives.WriteInt32BigEndian(bytes, bytes.Length);
            if (round % 4 == 0 && bytes.Length > 8)
                BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4), Version30);
            await using var client = await ConnectAsync();
            await SendAsync(client, bytes);
            client.FinishSendingQuietly();
            await client.ReadEverythingAsync();
        }
    }

    [Test]
    public async Task Two_hundred_sessions_of_random_messages_disturb_nobody()
    {
        var random = new Random(20260802);
        for (var round = 0; round < 200; round++)
        {
            var client = await WireClient.LogInAsync(_gateway.Port);
            try
            {
                for (var n = 0; n < 20; n++)
                {
                    var body = new byte[random.Next(0, 64)];
                    random.NextBytes(body);
                    await client.SendAsync(Message("QPBEDCSHFdcfpX"[random.Next(14)], body));
                }
                client.FinishSending();
                await client.ReadToEndAsync();
            }
            catch (Exception error) when (error is IOException or SocketException)
            {
                // Closed in the middle: one of the two things that may happen.
            }
            finally
            {
                await client.DisposeAsync();
            }
        }
    }

    [Test]
    public async Task A_login_of_a_byte_a_time_is_a_login()
    {
        await using var client = await WireClient.ConnectAsync(_gateway.Port);
        foreach (var one in Startup("postgres", "postgres"))
        {
            await client.SendAsync([one]);
            await Task.Delay(5);
        }
        await client.FinishLogInAsync();
        foreach (var one in Query("SELECT 'slowly'"))
        {
            await client.SendAsync([one]);
            await Task.Delay(5);
        }

        Assert.That((await client.ReadUntilAsync('Z'))[1].Texts[0], Is.EqualTo("slowly"));
    }

    [Test]
    public async Task A_hundred_clients_of_a_byte_a_second_are_let_go_when_their_time_is_over()
    {
        var before = _gateway.OpenFiles;
        var clients = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => ConnectAsync()));
        for (var n = 0; n < 4; n++)
        {
            foreach (var client in clients)
                await SendAsync(client, [0]);
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
        await using var client = await WireClient.LogInAsync(_gateway.Port);
        await client.SendAsync(MessageOfLength('Q', 1_000_000, "SELECT"u8.ToArray()));

        await The_session_beside_it_works_on();
        client.Reset();
    }

    [Test]
    public async Task A_client_that_reads_nothing_holds_up_nobody()
    {
        await using var client = await WireClient.LogInAsync(_gateway.Port);
        var before = _gateway.ResidentBytes;
        await client.SendAsync(Query("SELECT repeat('x', 10000) FROM generate_series(1, 50000)"));
        await Task.Delay(1_500);

        await The_session_beside_it_works_on();
        Assert.That(_gateway.ResidentBytes - before, Is.LessThan(64L << 20), "what is not read is not kept");
    }

    private Task<RawConnection> ConnectAsync() => RawConnection.ConnectAsync(_gateway.Port);

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
