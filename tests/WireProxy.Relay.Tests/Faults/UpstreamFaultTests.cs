using System.Text;
using WireProxy.Relay.Tests.Leaks;
using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.Relay.Tests.Faults;

/// <summary>An upstream that breaks the protocol ends the session with a clear error, and nothing of what it said gets through unmasked.</summary>
public sealed class UpstreamFaultTests
{
    private const int Patients = 20_000;

    private static readonly byte[] PathAnswer = Join(
        Message('T', Int16(0)), Cells("pg_catalog"), Cells("public"), Message('C', Text("SELECT 2")), ScriptedServer.Ready);

    private static readonly byte[] Done = Message('C', Text("SELECT 1"));

    private static readonly byte[] CatalogAnswer = Join(
        Message('T', Int16(0)),
        Cells("d", null, "150000", "postgres", null, null), Cells("r", $"{Patients}", "r", "clinic", "patients", null),
        Cells("c", $"{Patients}", "1", "full_name", "25", "f"), Done, ScriptedServer.Ready);

    private static IEnumerable<TestCaseData> Faults()
    {
        byte[] description = Message('T', Int16(1), Text("n"), Int32(Patients), Int16(1), Int32(25), Int16(-1), Int32(-1), Int16(0));
        yield return Case("an unknown type", Message('~', "CANNAME"u8.ToArray()));
        yield return Case("a length that is negative", MessageOfLength('D', -5, "CANNAME"u8.ToArray()));
        yield return Case("a length of nothing", MessageOfLength('T', 0, "CANNAME"u8.ToArray()));
        yield return Case("rows without a description", Cells("CANNAME"));
        yield return Case("a row of another width", Join(description, Cells("1", "CANNAME")));
        yield return Case("a row that ends in a value", Join(description, Message('D', Int16(1), Int32(500), "CANNAME"u8.ToArray())));
        yield return Case("a row with bytes left over", Join(description, Message('D', Int16(1), Int32(1), "xCANNAME"u8.ToArray())));
        yield return Case("copied data that nobody began", Message('d', "CANNAME"u8.ToArray()));
        yield return Case("a description that ends in a column", Message('T', Int16(3), Text("CANNAME")));
        yield return Case("an error without an end", Message('E', "SERROR\0MCANNAME"u8.ToArray()));
        yield return Case("a ready before anything is answered", Join(ScriptedServer.Ready, Cells("CANNAME")));
        yield return Case("a message of the extended protocol", Join(Message('1'), Cells("CANNAME")));
    }

    [TestCaseSource(nameof(Faults))]
    public async Task It_ends_the_session_with_an_error(byte[] fault)
    {
        int queries = 0;
        await using var server = new ScriptedServer(type => type != 'Q' ? [] : queries++ switch { 0 => CatalogAnswer, 1 => PathAnswer, _ => fault });
        await using LocalGateway gateway = LocalGateway.Start(server.Port, TestPolicies.Protecting);
        await using TappedClient client = await TappedClient.LogInAsync(gateway.Port);
        await client.SendAsync(Query("SELECT full_name FROM clinic.patients"));

        IReadOnlyList<WireMessage> end = await client.EndAsync();

        Assert.That(client.IsClosed);
        Assert.That(end, Is.Not.Empty);
        Assert.That(end[^1].SqlState, Is.EqualTo("08P01").Or.EqualTo("XX000"), string.Join(' ', end));
        Assert.That(Canaries.FoundIn(client.Received), Is.Empty);
        Assert.That(client.Received, Has.Length.EqualTo(Whole(client.Received)), "every frame is whole");
    }

    [Test]
    public async Task A_ready_that_nobody_asked_for_ends_the_session()
    {
        await using var server = new ScriptedServer(type => type == 'Q' ? Join(Done, ScriptedServer.Ready, ScriptedServer.Ready) : []);
        await using LocalGateway gateway = LocalGateway.Start(server.Port, TestPolicies.Judging);
        await using TappedClient client = await TappedClient.LogInAsync(gateway.Port);
        await client.SendAsync(Query("SELECT 1"));

        Assert.That((await client.EndAsync())[^1].SqlState, Is.EqualTo("08P01"));
    }

    [Test]
    public async Task An_upstream_that_closes_in_the_middle_of_a_row_ends_the_session_without_a_made_up_message()
    {
        byte[] row = Cells(new string('x', 100));
        byte[] description = Message('T', Int16(1), Text("n"), Int32(0), Int16(0), Int32(25), Int16(-1), Int32(-1), Int16(0));
        bool sent = false;
        await using var server = new ScriptedServer(type => sent ? null : (sent = type == 'Q') ? Join(description, row[..50]) : []);
        await using LocalGateway gateway = LocalGateway.Start(server.Port, TestPolicies.Judging);
        await using TappedClient client = await TappedClient.LogInAsync(gateway.Port);
        int before = client.Received.Length;
        await client.SendAsync(Query("SELECT 1"));
        await client.UntilAsync('T');
        await client.SendAsync(Query("SELECT 2"));
        await client.EndAsync();

        Assert.That(client.Received[before..], Is.EqualTo(Join(description, row[..50])));
    }

    [Test]
    public async Task An_upstream_that_never_answers_holds_its_own_session_and_no_other()
    {
        await using var server = new ScriptedServer(type => type == 'Q' ? [] : null);
        await using LocalGateway gateway = LocalGateway.Start(server.Port, TestPolicies.Judging);
        await using TappedClient client = await TappedClient.LogInAsync(gateway.Port);
        await client.SendAsync(Query("SELECT 1"));
        await using TappedClient other = await TappedClient.LogInAsync(gateway.Port);
        Assert.That(gateway.SessionCount, Is.EqualTo(2));
        client.Reset();
        await Until.TrueAsync(() => gateway.SessionCount == 1, TimeSpan.FromSeconds(20), () => "the session stays");
    }

    [Test]
    public async Task An_upstream_that_speaks_no_postgresql_is_named_in_the_error()
    {
        await using var server = new ScriptedServer(_ => []);
        await using LocalGateway inner = LocalGateway.Start(server.Port, TestPolicies.Judging, limits: new ListenerLimits { Connections = 0 });
        await using LocalGateway gateway = LocalGateway.Start(inner.Port, TestPolicies.Judging);
        await using TappedClient client = await TappedClient.ConnectAsync(gateway.Port);
        await client.SendAsync(Startup("postgres", "postgres"));

        Assert.That((await client.EndAsync())[^1].SqlState, Is.EqualTo("53300"), "an upstream's refusal comes as it is");
    }

    private static TestCaseData Case(string name, byte[] fault) => new TestCaseData(fault).SetArgDisplayNames(name);

    /// <summary>Bytes up to the end of the last whole frame.</summary>
    private static int Whole(byte[] bytes)
    {
        int end = 0;
        while (Protocols.Postgres.Frame.TryReadHeader(bytes.AsSpan(end), out _, out int length) && end + length <= bytes.Length)
            end += length;
        return end;
    }

    private static byte[] Cells(params string?[] values) => Message('D', [Int16(values.Length), .. values.Select(value =>
        value is null ? Int32(-1) : Join(Int32(value.Length), Encoding.ASCII.GetBytes(value)))]);
}
