using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Sessions;

/// <summary>Values are streamed, not buffered, where nothing has to be inspected.</summary>
[NonParallelizable]
public sealed class LargeValueTests
{
    private const int Megabytes = 512;
    private const long Growth = 96L << 20;

    [TestCase(Through.Transparent)]
    [TestCase(Through.Guarded)]
    public async Task A_value_of_half_a_gigabyte_comes_through_in_little_memory(Through through)
    {
        var gateway = await Clinic.GatewayAsync(through);
        await gateway.Psql().QueryAsync("SELECT repeat('x', 1048576)");
        var before = gateway.ResidentBytes;

        var psql = gateway.Psql() with { Timeout = TimeSpan.FromMinutes(3) };
        using var directory = new TemporaryDirectory();
        var reading = psql.ScriptAsync($"\\o /dev/null\nSELECT repeat('0123456789abcdef', {Megabytes} * 65536);\n", "-A", "-t");
        var most = await MostAsync(gateway, reading);

        Assert.That((await reading).ExitCode, Is.Zero, (await reading).ToString());
        Assert.That(most - before, Is.LessThan(Growth));
    }

    [Test]
    public async Task A_parameter_of_half_a_gigabyte_goes_through_in_little_memory()
    {
        var gateway = await Clinic.GatewayAsync(Through.Transparent);
        await using var client = await WireClient.LogInAsync(gateway.Port);
        var before = gateway.ResidentBytes;
        const int length = Megabytes << 20;
        var head = Join(Text(""), Text(""), Int16(0), Int16(1), Int32(length));
        var tail = Join(Int16(1), Int16(0));
        await client.SendAsync(Parse("SELECT octet_length($1::bytea)", "", 17));
        await client.SendAsync([(byte)'B'], Int32(4 + head.Length + length + tail.Length), head);

        var sending = SendValueAsync(client, length, tail);
        var most = await MostAsync(gateway, sending);
        await sending;

        // As text of the bytea type it has no backslash, so that its length is the number of its characters.
        Assert.That((await client.ReadUntilAsync('Z')).Single(message => message.Type == 'D').Texts[0], Is.EqualTo($"{length}"));
        Assert.That(most - before, Is.LessThan(Growth));
    }

    private static async Task SendValueAsync(WireClient client, int length, byte[] tail)
    {
        var block = new byte[1 << 20];
        Array.Fill(block, (byte)'x');
        for (var sent = 0; sent < length; sent += block.Length)
            await client.SendAsync(block);
        await client.SendAsync(tail, Execute(), Sync);
    }

    private static async Task<long> MostAsync(GatewayProcess gateway, Task working)
    {
        var most = 0L;
        while (!working.IsCompleted)
        {
            most = Math.Max(most, gateway.ResidentBytes);
            await Task.WhenAny(working, Task.Delay(50));
        }
        return most;
    }
}
