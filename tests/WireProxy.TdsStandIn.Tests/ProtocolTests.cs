using System.Net.Sockets;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;

namespace WireProxy.TdsStandIn.Tests;

/// <summary>What no driver asks for: features, routing, ORDER, classifications, and what comes over the wire as bytes.</summary>
internal sealed class ProtocolTests
{
    [Test]
    public async Task A_column_with_a_label_is_classified_for_a_client_that_asks()
    {
        await using var server = await TdsStandInServer.StartAsync(new TdsStandInOptions
        {
            Script = Clinic.Script,
            DefaultDatabase = "clinic",
            DataClassification = 2,
            Labels = [new TdsColumnLabel("clinic.dbo.patients.ssn", "Confidential", "National ID", 30)],
        });
        using var client = await RawClient.LogInAsync(server.Port, new FeatureExtensions([new FeatureExtension(FeatureId.DataClassification, new ByteString([2]))]));
        var tokens = await client.RunAsync("SELECT id, number AS n FROM v_patients ORDER BY 1");
        var classification = tokens.OfType<DataClassification>().Single();
        Assert.That(classification.Columns.Select(column => column.Properties.Count), Is.EqualTo(new[] { 0, 1 }));
        Assert.That(classification.Labels[0].Name, Is.EqualTo("Confidential"));
        Assert.That(classification.Columns[1].Properties[0].Rank, Is.EqualTo(30));
        Assert.That(tokens.OfType<Order>().Single().Columns[0], Is.EqualTo(1));
        Assert.That(await client.RunAsync("SELECT id FROM patients"), Has.None.InstanceOf<DataClassification>());
    }

    [Test]
    public async Task Nothing_is_classified_for_a_client_that_does_not_ask()
    {
        await using var server = await TdsStandInServer.StartAsync(new TdsStandInOptions
        {
            Script = Clinic.Script,
            DefaultDatabase = "clinic",
            DataClassification = 2,
            Labels = [new TdsColumnLabel("clinic.dbo.patients.ssn", "Confidential", "National ID")],
        });
        using var client = await RawClient.LogInAsync(server.Port, null);
        Assert.That(await client.RunAsync("SELECT ssn FROM patients"), Has.None.InstanceOf<DataClassification>());
    }

    [Test]
    public async Task Classifications_are_added_dropped_and_rolled_back()
    {
        await using var server = await TdsStandInServer.StartAsync(new TdsStandInOptions { Script = Clinic.Script, DefaultDatabase = "clinic", DataClassification = 2 });
        using var client = await RawClient.LogInAsync(server.Port, new FeatureExtensions([new FeatureExtension(FeatureId.DataClassification, new ByteString([2]))]));
        async Task<string> LabelsAsync() => string.Join(' ', (await client.RunAsync("SELECT * FROM patients")).OfType<DataClassification>()
            .SelectMany(found => found.Labels.Select(label => label.Name).Append($"{found.Rank}")));

        await client.RunAsync("ADD SENSITIVITY CLASSIFICATION TO dbo.patients.ssn WITH (LABEL = 'Confidential', INFORMATION_TYPE = 'National ID', RANK = HIGH)");
        string added = await LabelsAsync();
        await client.RunAsync("BEGIN TRANSACTION; ADD SENSITIVITY CLASSIFICATION TO patients.ssn WITH (LABEL = 'Public'); DROP SENSITIVITY CLASSIFICATION FROM patients.ssn");
        string dropped = await LabelsAsync();
        await client.RunAsync("ROLLBACK");
        Assert.That((added, dropped, await LabelsAsync()), Is.EqualTo(("Confidential 30", "", "Confidential 30")));
        await client.RunAsync("DROP SENSITIVITY CLASSIFICATION FROM dbo.patients.ssn");
        Assert.That(await LabelsAsync(), Is.Empty);
    }

    [Test]
    public async Task A_login_is_sent_elsewhere()
    {
        await using var server = await TdsStandInServer.StartAsync(new TdsStandInOptions { RouteTo = ("elsewhere", 1433) });
        using var client = await RawClient.LogInAsync(server.Port, null);
        var target = RoutingTarget.Decode(client.Login.OfType<EnvChange>().Single(change => change.Type == EnvChangeType.Routing));
        Assert.That((target.Server, target.Port), Is.EqualTo(("elsewhere", (ushort)1433)));
    }

    [Test]
    public async Task An_idle_attention_is_answered()
    {
        await using var server = await Clinic.StartAsync();
        using var client = await RawClient.LogInAsync(server.Port, null);
        var tokens = await client.SendAsync(PacketType.Attention, []);
        Assert.That(((Done)tokens.Single()).Status, Is.EqualTo(DoneStatus.Attention));
        Assert.That(await client.RunAsync("SELECT 1"), Has.Some.InstanceOf<ColMetadata>());
    }

    [Test]
    public async Task A_statement_that_never_came_is_not_counted()
    {
        await using var server = await Clinic.StartAsync();
        using var client = await RawClient.LogInAsync(server.Port, null);
        await client.RunAsync("SELECT id FROM patients");
        Assert.That((server.CountSeen("from PATIENTS"), server.CountSeen("DROP TABLE"), server.Logins), Is.EqualTo((1, 0, 1)));
    }

    [Test]
    public async Task Garbage_ends_its_own_connection_and_no_other()
    {
        await using var server = await Clinic.StartAsync();
        using var good = await RawClient.LogInAsync(server.Port, null);
        foreach (byte[] garbage in new byte[][] { [0xFF, 1, 2, 3, 4, 5, 6, 7, 8], [0x12, 1, 0, 8, 0, 0, 0, 0], [0x10, 1, 0xFF, 0xFF, 0, 0, 0, 0], "GET / HTTP/1.1\r\n\r\n"u8.ToArray() })
        {
            using var bad = new TcpClient();
            await bad.ConnectAsync("127.0.0.1", server.Port);
            var stream = bad.GetStream();
            await stream.WriteAsync(garbage);
            bad.Client.Shutdown(SocketShutdown.Send);
            Assert.That(await EndsAsync(stream), Is.True);
        }
        Assert.That(await good.RunAsync("SELECT 1"), Has.Some.InstanceOf<ColMetadata>());
    }

    [Test]
    public void A_script_that_fails_says_where() =>
        Assert.That(async () => await TdsStandInServer.StartAsync(new TdsStandInOptions { Script = "SELECT 1\nGO\nSELECT nosuch" }),
            Throws.InvalidOperationException.With.Message.Contains("line 3").And.Message.Contains("207"));

    /// <summary>The server closes without an answer, by a reset where it did not read all that came.</summary>
    private static async Task<bool> EndsAsync(NetworkStream stream)
    {
        try
        {
            return await stream.ReadAsync(new byte[1]) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>A client that shows tokens.</summary>
    private sealed class RawClient : IDisposable
    {
        private static readonly TokenFormat Format = new(TdsVersion.V74, DataClassification: 2);

        private readonly TcpClient _client = new();
        private readonly TokenReader _tokens = new(Format);

        public IReadOnlyList<object> Login { get; private set; } = [];

        public static async Task<RawClient> LogInAsync(int port, FeatureExtensions? features)
        {
            var client = new RawClient();
            await client._client.ConnectAsync("127.0.0.1", port);
            using var payload = new WireWriter();
            new Login7 { VersionCode = TdsVersionCode.ForLogin(TdsVersion.V74), UserName = Clinic.User, Password = new LoginSecret(Clinic.Password), Features = features }.Encode(payload);
            client.Login = await client.SendAsync(PacketType.Login7, payload.WrittenSpan.ToArray());
            return client;
        }

        public async Task<IReadOnlyList<object>> RunAsync(string text)
        {
            using var payload = new WireWriter();
            SqlBatch.Encode(payload, TdsVersion.V74, text);
            return await SendAsync(PacketType.SqlBatch, payload.WrittenSpan.ToArray());
        }

        public async Task<IReadOnlyList<object>> SendAsync(PacketType type, byte[] payload)
        {
            using var output = new WireWriter();
            using var packets = new MessageWriter();
            packets.WriteMessage(output, type, payload);
            await _client.GetStream().WriteAsync(output.WrittenMemory);
            return Decode(await ReadAsync());
        }

        public void Dispose() => _client.Dispose();

        private async Task<byte[]> ReadAsync()
        {
            var answer = new List<byte>();
            byte[] header = new byte[PacketHeader.Size];
            PacketHeader packet;
            do
            {
                await _client.GetStream().ReadExactlyAsync(header);
                PacketHeader.TryRead(header, out packet);
                byte[] part = new byte[packet.PayloadLength];
                await _client.GetStream().ReadExactlyAsync(part);
                answer.AddRange(part);
            }
            while (!packet.EndsMessage);
            return [.. answer];
        }

        private List<object> Decode(ReadOnlySpan<byte> bytes)
        {
            var tokens = new List<object>();
            while (TokenReader.TryPeek(bytes, out var type))
            {
                if (TokenReader.IsRow(type))
                {
                    Assert.That(_tokens.TryReadRow(bytes, out _, out int length), Is.True);
                    bytes = bytes[length..];
                    continue;
                }
                Assert.That(_tokens.TryRead(bytes, out var token), Is.True, $"{type}");
                bytes = bytes[token.Bytes.Length..];
                tokens.Add(type switch
                {
                    TokenType.DataClassification => DataClassification.Decode(token.Bytes, Format),
                    TokenType.Order => Order.Decode(token.Bytes),
                    TokenType.EnvChange => EnvChange.Decode(token.Bytes),
                    TokenType.ColMetadata => ColMetadata.Decode(token.Bytes, Format),
                    TokenType.Done => Done.Decode(token.Bytes, Format),
                    _ => type,
                });
            }
            return tokens;
        }
    }
}
