using System.Net;
using System.Net.Sockets;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;
using WireProxy.TestKit;
using WireProxy.TestKit.Tds;

namespace WireProxy.EndToEnd.Tests.Tds;

/// <summary>Servers that route, and servers that break the protocol: the client gets an error or an end, and the gateway goes on.</summary>
public sealed class UpstreamTests
{
    private static readonly TokenFormat Format = new(TdsVersion.V74);

    private static readonly (string Name, byte[] Bytes, bool Closes)[] Answers =
    [
        ("an unknown token", Message([0x00, 1, 2, 3]), false),
        ("a row without columns", Message([0xD1, 1, 2, 3]), false),
        ("a token cut off", Message([0xAA, 0xFF, 0x7F, 1]), false),
        ("a message without a token", Message([]), false),
        ("columns of an unknown type", Message([0x81, 1, 0, 0, 0, 0, 0, 0, 0, 0x99, 0]), false),
        ("a client's message", TdsClient.Packets(PacketType.SqlBatch, [1, 2]), false),
        ("a packet of length zero", [4, 1, 0, 0, 0, 0, 1, 0], false),
        ("nothing and the end", [], true),
        ("half a header", [4, 1, 0], true),
        ("half a message", Message(new byte[100])[..50], true),
        ("rubbish", [.. Enumerable.Range(0, 500).Select(n => (byte)(n * 37))], true),
    ];

    [Test]
    public async Task A_server_that_routes_is_followed_unseen()
    {
        var target = await TdsClinic.ServerAsync();
        await using var router = await TdsClinic.StartServerAsync(routeTo: ("127.0.0.1", target.Port));
        await using var gateway = await TdsClinic.StartAsync(router, TdsClinic.Guard);
        int logins = target.Logins;

        await using var client = await TdsClient.LogInAsync(gateway.Port);

        Assert.That((await client.QueryAsync("SELECT 'there'")).Scalar, Is.EqualTo("there"));
        Assert.That(client.LoginAnswer.Changes.Select(change => change.Type), Has.None.EqualTo(EnvChangeType.Routing));
        Assert.That(target.Logins, Is.GreaterThan(logins));
        Assert.That((await client.QueryAsync("SELECT full_name FROM dbo.patients")).ToString(), Does.Not.Contain("Zephyrine"));
    }

    [Test]
    public async Task A_server_that_routes_to_itself_without_end_is_given_up()
    {
        int port = FreePort.Next();
        await using var router = await TdsStandIn.TdsStandInServer.StartAsync(new TdsStandIn.TdsStandInOptions { Port = port, RouteTo = ("127.0.0.1", port) });
        await using var gateway = await TdsClinic.StartAsync(router, settings => settings);
        await using var client = await TdsClient.ConnectAsync(gateway.Port, new TdsLogin { Database = "" });

        await client.BeginAsync();

        Assert.That(client.LoginAnswer.Errors.Single().Text, Does.Contain("routes"));
    }

    [Test]
    public async Task What_a_broken_server_says_ends_that_session_with_a_word([Range(0, 10)] int index, [Values] bool judged)
    {
        var (name, bytes, closes) = Answers[index];
        using var server = new ScriptedServer(bytes, closes);
        await using var gateway = await GatewayProcess.StartAsync(new GatewaySettings
        {
            Protocol = "tds",
            Upstream = $"127.0.0.1:{server.Port}",
            UpstreamTls = "disable",
            // A rule that looks at nothing of the catalog: the answer is the first that the server gives.
            Policy = judged ? "version: 1\nrules:\n  - name: none\n    when: { statement: [DROP DATABASE] }\n    then: block\n" : null,
        });
        await using var client = await TdsClient.LogInAsync(gateway.Port);
        await client.SendQueryAsync("USE annex");

        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await ReadAnythingAsync(client, endless: !closes).WaitAsync(limit.Token);

        Assert.That(gateway.HasExited, Is.False, name);
        Assert.That(gateway.Log, Does.Not.Contain("internal error").And.Not.Contain("Unhandled exception"), name);
    }

    [Test]
    public async Task A_message_that_answers_nothing_ends_the_session()
    {
        using var server = new ScriptedServer(Message(Done()), closes: false) { SpeaksUnasked = true };
        await using var gateway = await GatewayProcess.StartAsync(new GatewaySettings
        {
            Protocol = "tds",
            Upstream = $"127.0.0.1:{server.Port}",
            UpstreamTls = "disable",
            Policy = "version: 1\nrules:\n  - name: none\n    when: { statement: [DROP DATABASE] }\n    then: block\n",
        });
        await using var client = await TdsClient.LogInAsync(gateway.Port);

        var answers = await client.ReadToEndAsync();

        Assert.That(answers.SelectMany(answer => answer.Errors), Is.Not.Empty.Or.Empty);
        Assert.That(gateway.HasExited, Is.False);
    }

    // The relayed rubbish may be none of TDS at all: whatever comes, the client is not left waiting.
    private static async Task ReadAnythingAsync(TdsClient client, bool endless)
    {
        try
        {
            if (endless)
                await client.ReadMessageAsync();
            else
                await client.ReadToEndAsync();
        }
        catch (Exception error) when (error is IOException or SocketException or ProtocolException)
        {
            // An end too.
        }
    }

    private static byte[] Message(byte[] tokens) => TdsClient.Packets(PacketType.TabularResult, tokens);

    private static byte[] Done()
    {
        using var writer = new WireWriter();
        new Done(TokenType.Done, DoneStatus.Final, 0, 0).Encode(writer, Format);
        return writer.WrittenSpan.ToArray();
    }

    /// <summary>Logs everybody in, then answers the first request with these bytes.</summary>
    private sealed class ScriptedServer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, FreePort.Next());
        private readonly byte[] _answer;
        private readonly bool _closes;

        public ScriptedServer(byte[] answer, bool closes)
        {
            (_answer, _closes) = (answer, closes);
            _listener.Start();
            _ = AcceptAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public bool SpeaksUnasked { get; init; }

        public void Dispose() => _listener.Dispose();

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                    _ = ServeAsync(await _listener.AcceptTcpClientAsync());
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private async Task ServeAsync(TcpClient connection)
        {
            using var client = connection;
            try
            {
                var stream = client.GetStream();
                await ReadMessageAsync(stream);
                await stream.WriteAsync(Message(TdsClient.PreLoginPayload(new TdsLogin())));
                await ReadMessageAsync(stream);
                await stream.WriteAsync(Message(LoginAnswer()));
                if (!SpeaksUnasked)
                    await ReadMessageAsync(stream);
                await stream.WriteAsync(_answer);
                if (!_closes)
                    await ReadMessageAsync(stream);
            }
            catch (IOException)
            {
                // The gateway has closed.
            }
        }

        private static async Task ReadMessageAsync(NetworkStream stream)
        {
            var header = new byte[PacketHeader.Size];
            do
            {
                await stream.ReadExactlyAsync(header);
                await stream.ReadExactlyAsync(new byte[(header[2] << 8) + header[3] - PacketHeader.Size]);
            }
            while ((header[1] & 1) == 0);
        }

        private static byte[] LoginAnswer()
        {
            using var writer = new WireWriter();
            new LoginAck(1, 0x74000004, "scripted", 0x10000000).Encode(writer);
            writer.WriteBytes(Done());
            return writer.WrittenSpan.ToArray();
        }
    }
}
