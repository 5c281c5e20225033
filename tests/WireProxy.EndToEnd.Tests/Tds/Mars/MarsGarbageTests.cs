using WireProxy.Protocols.Tds.Smp;
using WireProxy.TestKit.Tds;

namespace WireProxy.EndToEnd.Tests.Tds.Mars;

/// <summary>Packets that MC-SMP forbids: the connection ends, every session is told why, and other connections do not notice.</summary>
public sealed class MarsGarbageTests() : ThroughTds(Through.Guarded)
{
    private static readonly (string Name, SmpHeader Header, byte[] Payload)[] Illegal =
    [
        ("data of a session that was not opened", new SmpHeader(SmpFlags.Data, 99, 24, 1, 4), new byte[8]),
        ("an acknowledgement of a session that was not opened", new SmpHeader(SmpFlags.Ack, 99, 16, 0, 4), []),
        ("the end of a session that was not opened", new SmpHeader(SmpFlags.Fin, 99, 16, 0, 4), []),
        ("a session opened twice", new SmpHeader(SmpFlags.Syn, 0, 16, 0, 4), []),
        ("data out of sequence", new SmpHeader(SmpFlags.Data, 0, 24, 7, 8), new byte[8]),
        ("data again", new SmpHeader(SmpFlags.Data, 0, 24, 1, 8), new byte[8]),
        ("an acknowledgement out of sequence", new SmpHeader(SmpFlags.Ack, 0, 16, 9, 12), []),
        ("a window that shrinks", new SmpHeader(SmpFlags.Ack, 0, 16, 1, 1), []),
        ("a packet too long", new SmpHeader(SmpFlags.Data, 0, 1 << 20, 2, 8), []),
        ("a header that is too long for its kind", new SmpHeader(SmpFlags.Ack, 0, 20, 1, 8), new byte[4]),
        ("two flags at once", new SmpHeader(SmpFlags.Data | SmpFlags.Fin, 0, 16, 2, 8), []),
        ("no TDS inside", new SmpHeader(SmpFlags.Data, 0, 24, 2, 8), [0x53, 1, 0, 8, 0, 0, 0, 0]),
    ];

    private static IEnumerable<TestCaseData> Cases => Illegal.Select(one => new TestCaseData(one.Header, one.Payload).SetArgDisplayNames(one.Name));

    [TestCaseSource(nameof(Cases))]
    public async Task Ends_the_connection_with_a_clear_error(SmpHeader header, byte[] payload)
    {
        await using var client = await MarsClient.LogInAsync(Port);
        var session = await client.OpenAsync(0);
        var other = await client.OpenAsync(1);
        await session.QueryAsync("SELECT 1");

        await client.SendAsync(header, payload);

        var told = await other.ReadAsync();
        Assert.That((told.Errors.Single().Number, told.Errors.Single().Class), Is.EqualTo((4002, (byte)20)), told.ToString());
        Assert.That(told.Errors.Single().Text, Does.Contain("protocol violation by the client"));
        await client.DisposeAsync();
        await using var next = await MarsClient.LogInAsync(Port);
        Assert.That((await (await next.OpenAsync(0)).QueryAsync("SELECT 2")).Scalar, Is.EqualTo(2));
    }

    [TestCase(new byte[] { 0x01, 0x01, 0x00, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 })]
    [TestCase(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF })]
    public async Task What_is_no_SMP_ends_the_connection(byte[] bytes)
    {
        await using var client = await MarsClient.LogInAsync(Port);
        var session = await client.OpenAsync(0);

        await client.SendRawAsync(bytes);

        Assert.That((await session.ReadAsync()).Error, Is.EqualTo(4002));
    }

    [Test]
    public async Task Data_behind_the_end_of_a_session_ends_the_connection()
    {
        await using var client = await MarsClient.LogInAsync(Port);
        var busy = await client.OpenAsync(0);
        await busy.SendQueryAsync("WAITFOR DELAY '00:00:05'");
        await busy.FinishAsync();
        await client.SendAsync(new SmpHeader(SmpFlags.Data, 0, 24, 2, 8), new byte[8]);
        await client.Ended;
    }

    [Test]
    public async Task A_connection_that_breaks_off_in_a_header_is_forgotten()
    {
        for (int length = 1; length < SmpHeader.Size; length++)
        {
            await using var client = await MarsClient.LogInAsync(Port);
            await client.SendRawAsync(new byte[] { 0x53, 1, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0 }.AsMemory(0, length));
            client.Connection.Reset();
        }
    }
}
