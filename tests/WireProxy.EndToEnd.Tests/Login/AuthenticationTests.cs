using Npgsql;
using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Login;

/// <summary>The client's own login is relayed, and the server's answer to it.</summary>
[TestFixture(Through.Transparent)]
[TestFixture(Through.Guarded)]
public sealed class AuthenticationTests(Through through) : ThroughGateway(through)
{
    [TestCase("trusted", null)]
    [TestCase("clear", PostgresServer.Password)]
    [TestCase("md5", PostgresServer.Password)]
    [TestCase("scram", PostgresServer.Password)]
    public async Task A_user_logs_in_by_the_method_that_the_server_asks_for(string user, string? password)
    {
        var result = await (Gateway.Psql(user) with { Password = password }).QueryAsync("SELECT session_user");

        Assert.That(result.Output, Is.EqualTo(user + "\n"), result.ToString());
    }

    [TestCase("clear")]
    [TestCase("md5")]
    [TestCase("scram")]
    public async Task A_wrong_password_keeps_the_servers_code(string user)
    {
        var settings = Clinic.ConnectionString(Port, user);
        settings.Password = "wrong";
        await using var connection = new NpgsqlConnection(settings.ConnectionString);

        var error = await Assert.ThrowsAsync<PostgresException>(() => connection.OpenAsync());

        Assert.That(error!.SqlState, Is.EqualTo("28P01"));
        Assert.That(error.MessageText, Is.EqualTo($"password authentication failed for user \"{user}\""));
    }

    [Test]
    public async Task A_database_that_does_not_exist_keeps_the_servers_code()
    {
        await using var connection = new NpgsqlConnection(Clinic.ConnectionString(Port, database: "nowhere").ConnectionString);

        var error = await Assert.ThrowsAsync<PostgresException>(() => connection.OpenAsync());

        Assert.That(error!.SqlState, Is.EqualTo("3D000"));
    }

    [Test]
    public async Task A_role_that_does_not_exist_keeps_the_servers_code()
    {
        var settings = Clinic.ConnectionString(Port, user: "nobody");
        settings.Password = "any";
        await using var connection = new NpgsqlConnection(settings.ConnectionString);

        var error = await Assert.ThrowsAsync<PostgresException>(() => connection.OpenAsync());

        Assert.That(error!.SqlState, Is.EqualTo("28P01"));
    }

    [Test]
    public async Task An_unknown_setting_in_options_keeps_the_servers_code()
    {
        await using var client = await WireClient.ConnectAsync(Port);
        await client.SendAsync(WireBuilder.Startup("postgres", "postgres", WireBuilder.Version30, ("options", "-c no_such_setting=1")));

        var answer = await client.ReadUntilAsync('E', 'Z');

        Assert.That(answer[^1].SqlState, Is.EqualTo("42704"));
        Assert.That(await client.ReadAsync(), Is.Null);
    }

    [Test]
    public async Task Options_and_settings_of_the_start_up_packet_reach_the_server()
    {
        var psql = Psql with { Parameters = "sslmode=disable application_name='a b' options='-c work_mem=7MB -c search_path=clinic'" };

        var result = await psql.QueryAsync("SHOW work_mem", "SHOW search_path", "SHOW application_name");

        Assert.That(result.Output, Is.EqualTo("7MB\nclinic\na b\n"), result.ToString());
    }

    [Test]
    public async Task Channel_binding_is_not_offered_where_it_could_not_hold()
    {
        await using var client = await WireClient.ConnectAsync(Port);
        await client.SendAsync(WireBuilder.Startup("scram", "postgres"));

        var offer = (await client.ReadAsync())!;

        Assert.That(offer.Type, Is.EqualTo('R'));
        Assert.That(offer.Body, Is.EqualTo(WireBuilder.Join(WireBuilder.Int32(10), WireBuilder.Text("SCRAM-SHA-256"), [0])));
    }

    [Test]
    public async Task A_client_that_gives_up_during_the_login_disturbs_nobody()
    {
        var client = await WireClient.ConnectAsync(Port);
        await client.SendAsync(WireBuilder.Startup("scram", "postgres"));
        await client.ReadAsync();
        await client.DisposeAsync();

        Assert.That((await Psql.QueryAsync("SELECT 1")).Output, Is.EqualTo("1\n"));
    }

    [Test]
    public async Task A_client_that_takes_its_leave_before_it_logs_in_is_let_go_in_silence()
    {
        // node-postgres does so when a client is ended while it connects. The server takes the message for a startup packet of an
        // impossible length, and closes.
        await using var client = await WireClient.ConnectAsync(Port);
        await client.SendAsync(WireBuilder.Terminate);

        Assert.That(await client.ReadByteAsync(), Is.EqualTo(-1));
    }

    [Test]
    public async Task A_password_of_the_wrong_kind_of_message_is_refused()
    {
        await using var client = await WireClient.ConnectAsync(Port);
        await client.SendAsync(WireBuilder.Startup("clear", "postgres"));
        await client.ReadAsync();
        await client.SendAsync(WireBuilder.Query("SELECT 1"));

        var rest = await client.ReadToEndAsync();

        Assert.That(rest, Has.None.Matches<WireMessage>(message => message?.Type is 'T' or 'D' or 'Z'));
        Assert.That(rest.Select(message => message.SqlState), Does.Contain("08P01"));
    }
}
