using System.Text;
using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.Relay.Tests.Leaks;

/// <summary>Notifications, and settings that the server reports.</summary>
public sealed class SideMessageLeakTests(string? catalogUser) : LeakFixture(catalogUser)
{
    [TestCase("SELECT pg_notify('leak', full_name) FROM clinic.patients")]
    [TestCase("SELECT pg_notify('leak', clinic.tell())")]
    [TestCase("DO $$ BEGIN PERFORM pg_notify('leak', (SELECT ssn FROM clinic.patients LIMIT 1)); END $$")]
    public async Task A_client_cannot_notify_a_protected_value(string sql)
    {
        TappedClient listener = await LogInAsync();
        await listener.QueryAsync("LISTEN leak");
        TappedClient client = await LogInAsync();
        Assert.That((await client.QueryAsync(sql))[0].SqlState, Is.EqualTo("42501"));
        await client.QueryAsync("NOTIFY leak, 'end'");
        await listener.UntilAsync('A');
        await listener.QueryAsync("SELECT 1");
    }

    [Test]
    public async Task A_trigger_that_notifies_a_protected_value_does_not_run()
    {
        string id = Guid.NewGuid().ToString("N");
        TappedClient client = await LogInAsync();
        await client.QueryAsync($"CREATE TABLE quiet.q_{id} (n int)");
        await client.QueryAsync($"CREATE FUNCTION quiet.tell_{id}() RETURNS trigger LANGUAGE plpgsql AS " +
            "$$ BEGIN PERFORM pg_notify('leak', (SELECT ssn FROM clinic.patients LIMIT 1)); RETURN NULL; END $$");
        await client.QueryAsync($"CREATE TRIGGER t AFTER INSERT ON quiet.q_{id} FOR EACH ROW EXECUTE FUNCTION quiet.tell_{id}()");

        Assert.That((await client.QueryAsync($"INSERT INTO quiet.q_{id} VALUES (1)"))[0].SqlState, Is.EqualTo("42501"));
    }

    [Test]
    public async Task What_another_session_of_the_gateway_notifies_is_heard()
    {
        TappedClient listener = await LogInAsync();
        await listener.QueryAsync("LISTEN news");
        TappedClient client = await LogInAsync();
        await client.QueryAsync("NOTIFY news, 'ward north is open'");
        await client.SendAsync(Terminate);
        await client.EndAsync();

        Assert.That(Payload((await listener.UntilAsync('A'))[^1]), Is.EqualTo("ward north is open"));
    }

    [Test]
    public async Task What_is_notified_past_the_gateway_is_heard_without_its_payload()
    {
        TappedClient listener = await LogInAsync();
        await listener.QueryAsync("LISTEN past");
        await Server.QueryAsync("SELECT pg_notify('past', full_name) FROM clinic.patients LIMIT 1; SELECT pg_notify('past', '')");

        Assert.That((await listener.UntilAsync('A', 2)).Where(message => message.Type == 'A').Select(Payload),
            Is.EqualTo((string[])["(withheld by WireProxy)", ""]));
    }

    [TestCase("SELECT set_config('application_name', (SELECT full_name FROM clinic.patients LIMIT 1), false)")]
    [TestCase("DO $$ BEGIN PERFORM set_config('application_name', full_name, false) FROM clinic.patients; END $$")]
    [TestCase("SELECT set_config('search_path', ssn, false) FROM clinic.patients")]
    [TestCase("DO $$ BEGIN EXECUTE format('SET application_name = %L', (SELECT full_name FROM clinic.patients LIMIT 1)); END $$")]
    [TestCase("UPDATE pg_settings SET setting = (SELECT full_name FROM clinic.patients LIMIT 1) WHERE name = 'application_name'")]
    public async Task A_protected_value_gets_into_no_setting(string sql)
    {
        TappedClient client = await LogInAsync();
        Assert.That((await client.QueryAsync(sql))[0].SqlState, Is.EqualTo("42501"));

        Assert.That(Rows(await client.QueryAsync("SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()")), Is.EqualTo((string[])[""]));
    }

    [Test]
    public async Task Settings_that_a_client_sets_itself_are_reported()
    {
        TappedClient client = await LogInAsync();
        await client.QueryAsync("SELECT full_name FROM clinic.patients");
        IReadOnlyList<WireMessage> answer = await client.QueryAsync("SET application_name = 'rounds'; SET TimeZone = 'Europe/Berlin'");

        Assert.That(answer.Where(message => message.Type == 'S').Select(status => Encoding.UTF8.GetString(status.Body).Split('\0')[1]),
            Is.EquivalentTo((string[])["rounds", "Europe/Berlin"]));
    }

    private static string Payload(WireMessage notification)
    {
        int end = Array.IndexOf(notification.Body, (byte)0, 4);
        return Encoding.UTF8.GetString(notification.Body, end + 1, notification.Body.Length - end - 2);
    }
}
