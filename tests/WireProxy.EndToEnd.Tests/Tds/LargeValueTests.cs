using WireProxy.TestKit;
using WireProxy.TestKit.Tds;

namespace WireProxy.EndToEnd.Tests.Tds;

/// <summary>Values of a hundred megabytes pass in the memory of a few packets, masked or not.</summary>
[NonParallelizable]
public sealed class LargeValueTests
{
    private const int Megabytes = 100;

    // The stand-in makes values of ten million characters, which are twenty megabytes.
    [TestCase(Through.Transparent, "notes")]
    [TestCase(Through.Guarded, "REPLICATE(CAST(N'x' AS nvarchar(max)), 10000000)")]
    public async Task They_are_streamed(Through through, string column)
    {
        string columns = string.Join(", ", Enumerable.Repeat(column, Megabytes / 20));
        await using var server = await TdsClinic.StartServerAsync();
        await using var gateway = await TdsClinic.StartAsync(server, settings => through == Through.Guarded ? TdsClinic.Guard(settings) : settings);
        await using (var direct = await TdsClient.LogInAsync(server.Port))
            await direct.QueryAsync("UPDATE dbo.patients SET notes = REPLICATE(CAST(N'x' AS nvarchar(max)), 100000000) WHERE id = 1");
        await using var client = await TdsClient.LogInAsync(gateway.Port, new TdsLogin { PacketSize = 32767 });
        await client.QueryAsync("SELECT 1");
        long before = gateway.ResidentBytes;

        await client.SendQueryAsync($"SELECT {columns} FROM dbo.patients WHERE id = 1");
        (long bytes, long most) = await DrainAsync(client, gateway);

        Assert.That(bytes, Is.GreaterThan(Megabytes * 1_000_000L));
        Assert.That(most - before, Is.LessThan(Megabytes * 900_000L), "the gateway has kept what it passed on");
    }

    [Test]
    public async Task A_large_value_that_is_masked_is_not_kept_either()
    {
        await using var server = await TdsClinic.StartServerAsync();
        await using var gateway = await TdsClinic.StartAsync(server, TdsClinic.Guard);
        await using (var direct = await TdsClient.LogInAsync(server.Port))
            await direct.QueryAsync("UPDATE dbo.patients SET notes = REPLICATE(CAST(N'x' AS nvarchar(max)), 100000000) WHERE id = 1");
        await using var client = await TdsClient.LogInAsync(gateway.Port, new TdsLogin { PacketSize = 32767 });
        await client.QueryAsync("SELECT 1");
        long before = gateway.ResidentBytes;

        var answer = await client.QueryAsync("SELECT id, notes, ward FROM dbo.patients WHERE id = 1");

        Assert.That(answer.Results[0]["ward"], Is.EqualTo((string[])["north"]));
        Assert.That(answer.Results[0]["notes"][0], Does.Not.Contain("x"));
        Assert.That(gateway.ResidentBytes - before, Is.LessThan(48L << 20));
    }

    private static async Task<(long Bytes, long MostResident)> DrainAsync(TdsClient client, GatewayProcess gateway)
    {
        long bytes = 0, most = 0;
        for (int packets = 0; ; packets++)
        {
            (int length, bool ends) = await client.SkipPacketAsync();
            bytes += length;
            if (packets % 200 == 0)
                most = Math.Max(most, gateway.ResidentBytes);
            if (ends)
                return (bytes, Math.Max(most, gateway.ResidentBytes));
        }
    }
}
