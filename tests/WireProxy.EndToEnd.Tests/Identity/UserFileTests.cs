using Npgsql;
using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Identity;

/// <summary>Users in a file of their own come, change and go while the gateway runs.</summary>
internal sealed class UserFileTests
{
    private const string Users = "identity: { users_file: users.yaml }";

    private GatewayProcess _gateway = null!;

    [SetUp]
    public async Task Start() => _gateway = await Clinic.StartAsync(settings => settings with
    {
        ClientTls = "require",
        Credentials = "{ username: scram, password: { env: CATALOG_PASSWORD } }",
        CatalogUser = "postgres",
        Files = new Dictionary<string, string> { ["users.yaml"] = List("alice: alice-1, staff", "bob: bob-1, staff", "carol: carol-1, staff") },
        More = Users,
    });

    [TearDown]
    public ValueTask Stop() => _gateway.DisposeAsync();

    [Test]
    public async Task Who_is_changed_or_removed_loses_their_session_in_mid_statement_and_others_keep_theirs()
    {
        await using NpgsqlConnection alice = await OpenAsync("alice", "alice-1"), bob = await OpenAsync("bob", "bob-1"), carol = await OpenAsync("carol", "carol-1");
        var sleeping = ExecuteAsync(alice, "SELECT pg_sleep(100)");

        await ReplaceAsync(List("alice: alice-2, staff", "carol: carol-1, staff", "dave: dave-1, staff"));

        var ended = await Assert.CatchAsync<PostgresException>(() => sleeping);
        Assert.That((ended!.SqlState, ended.MessageText), Is.EqualTo(("57P01", "WireProxy: terminating connection: the user's password was changed")));
        await Until.TrueAsync(async () => await FailsAsync(bob), TimeSpan.FromSeconds(10), () => _gateway.Log);
        Assert.That(await ExecuteAsync(carol, "SELECT 42"), Is.EqualTo(42), "nothing about carol has changed");
        await using (await OpenAsync("dave", "dave-1"))
            Assert.That(async () => await OpenAsync("alice", "alice-1"), Throws.InstanceOf<PostgresException>());
        await using (await OpenAsync("alice", "alice-2"))
            Assert.That(() => _gateway.Log, Does.Contain("the user was removed").After(60_000, 20));
    }

    [Test]
    public async Task A_file_with_an_error_changes_nothing_and_the_log_names_the_line()
    {
        await using NpgsqlConnection alice = await OpenAsync("alice", "alice-1");

        await ReplaceAsync("users:\n  - { name: alice, password: x, grups: [staff] }\n");

        await Until.TrueAsync(
            () => _gateway.Log.Contains("users.yaml:2: error: unknown key 'grups'", StringComparison.Ordinal), TimeSpan.FromSeconds(10), () => _gateway.Log);
        Assert.That(await ExecuteAsync(alice, "SELECT 42"), Is.EqualTo(42));
        await using (await OpenAsync("bob", "bob-1"))
            Assert.That(() => _gateway.Log, Does.Contain("Those of before stay").After(60_000, 20));
    }

    private static string List(params string[] users) => "users:\n" + string.Concat(users.Select(user =>
    {
        string[] words = user.Split([": ", ", "], StringSplitOptions.None);
        return $"  - {{ name: {words[0]}, password: {words[1]}, groups: [{words[2]}] }}\n";
    }));

    /// <summary>At once, as whoever changes such a file should.</summary>
    private async Task ReplaceAsync(string text)
    {
        await File.WriteAllTextAsync(_gateway.FileNamed("users.new"), text);
        File.Move(_gateway.FileNamed("users.new"), _gateway.FileNamed("users.yaml"), overwrite: true);
    }

    private async Task<NpgsqlConnection> OpenAsync(string user, string password)
    {
        var settings = Clinic.ConnectionString(_gateway.Port, user);
        (settings.Password, settings.SslMode) = (password, SslMode.Require);
        var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private static async Task<object?> ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 60 };
        return await command.ExecuteScalarAsync();
    }

    private static async Task<bool> FailsAsync(NpgsqlConnection connection)
    {
        try
        {
            await ExecuteAsync(connection, "SELECT 1");
            return false;
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            return true;
        }
    }
}
