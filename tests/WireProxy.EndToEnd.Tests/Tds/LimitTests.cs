using System.Data;
using WireProxy.Protocols.Tds;
using WireProxy.TdsStandIn.Tests.Clients;
using WireProxy.TestKit;
using WireProxy.TestKit.Tds;

namespace WireProxy.EndToEnd.Tests.Tds;

/// <summary>Each limit's error names it as the configuration file does.</summary>
public sealed class LimitTests
{
    [Test]
    public async Task One_connection_too_many_is_refused_and_a_place_that_frees_is_given_again()
    {
        await using var gateway = await StartAsync("connections", "2");
        await using var first = await TdsClient.LogInAsync(gateway.Port);
        var second = await TdsClient.LogInAsync(gateway.Port);
        await using (var third = await TdsClient.ConnectAsync(gateway.Port))
        {
            await third.BeginAsync();
            RefusedLoginTests.IsRefused(third.LoginAnswer, 17809, "limits.connections");
        }

        await second.DisposeAsync();

        await Until.TrueAsync(() => CanLogInAsync(gateway.Port), TimeSpan.FromSeconds(20), () => "no place is given again");
    }

    [Test]
    public async Task A_client_that_does_not_log_in_is_let_go()
    {
        await using var gateway = await StartAsync("handshake_timeout", "3s");
        await using var silent = await TdsClient.ConnectAsync(gateway.Port);
        await using var halfWay = await TdsClient.ConnectAsync(gateway.Port);
        await halfWay.SendAsync(PacketType.PreLogin, TdsClient.PreLoginPayload(halfWay.Login));
        await halfWay.ReadMessageAsync();

        var first = await silent.ReadToEndAsync();
        var second = await halfWay.ReadToEndAsync();

        Assert.That(first.SelectMany(answer => answer.Errors).Select(error => error.Text), Is.All.Contains("limits.handshake_timeout"));
        Assert.That(second.SelectMany(answer => answer.Errors).Select(error => error.Text), Is.All.Contains("limits.handshake_timeout"));
    }

    [Test]
    public async Task A_session_idle_for_too_long_is_ended_with_the_reason()
    {
        await using var gateway = await StartAsync("idle_timeout", "1s");
        await using var client = await TdsClient.LogInAsync(gateway.Port);

        var end = (await client.ReadToEndAsync()).Single();

        Assert.That(end.Errors.Single().Text, Does.Contain("limits.idle_timeout"));
        Assert.That(end.Errors.Single().Class, Is.EqualTo(20));
    }

    [Test]
    public async Task A_session_that_waits_for_a_long_statement_is_not_idle()
    {
        await using var gateway = await StartAsync("idle_timeout", "2s");
        await using var client = await TdsClient.LogInAsync(gateway.Port);

        Assert.That((await client.QueryAsync("WAITFOR DELAY '00:00:05'; SELECT 'done'")).Scalar, Is.EqualTo("done"));
    }

    [Test]
    public async Task A_request_too_large_to_inspect_is_refused_by_name_of_the_limit()
    {
        await using var gateway = await StartAsync("inspected_message", "64KiB", TdsClinic.Guard);
        await using var client = await TdsClient.LogInAsync(gateway.Port);

        var answer = await client.QueryAsync($"SELECT LEN('{new string('x', 100_000)}')");

        Assert.That(answer.Errors.Single().Text, Does.Contain("limits.inspected_message"));
        Assert.That((await client.QueryAsync("SELECT 'usable'")).Scalar, Is.EqualTo("usable"));
    }

    [Test]
    public async Task A_bulk_load_larger_than_the_limit_streams()
    {
        await using var gateway = await StartAsync("inspected_message", "64KiB", TdsClinic.Guard);
        using var rows = new DataTable();
        rows.Columns.Add("client", typeof(string));
        rows.Columns.Add("id", typeof(int));
        rows.Columns.Add("label", typeof(string));
        rows.Columns.Add("amount", typeof(decimal));
        for (int i = 0; i < 5_000; i++)
            rows.Rows.Add("stream", i, new string('x', 60), 1.5m);

        var provider = SqlClientProvider.All.First();
        await using (var connection = provider.Connect($"Server=127.0.0.1,{gateway.Port};User ID=sa;Password={TdsClinic.Password};Database=clinic;Pooling=false"))
        {
            await connection.OpenAsync();
            provider.CopyInto(connection, "dbo.loads", rows);
        }

        await using var client = await TdsClient.LogInAsync(gateway.Port);
        Assert.That((await client.QueryAsync("SELECT COUNT(*) FROM dbo.loads WHERE client = 'stream'")).Scalar, Is.EqualTo(5_000));
        await client.QueryAsync("DELETE FROM dbo.loads WHERE client = 'stream'");
    }

    private static async Task<bool> CanLogInAsync(int port)
    {
        try
        {
            await using var client = await TdsClient.LogInAsync(port);
            return true;
        }
        catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    private static Task<GatewayProcess> StartAsync(string limit, string value, Func<GatewaySettings, GatewaySettings>? change = null) =>
        TdsClinic.StartAsync(settings => (change?.Invoke(settings) ?? settings) with { Limits = new Dictionary<string, string> { [limit] = value } });
}
