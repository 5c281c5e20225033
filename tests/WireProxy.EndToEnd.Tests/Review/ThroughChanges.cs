using System.Text;
using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Review;

/// <summary>What fixtures have in which something clear comes to stand for something protected.</summary>
public abstract class ThroughChanges() : ThroughGateway(Through.Guarded)
{
    protected string Id { get; private set; } = "";
    protected string View { get; private set; } = "";
    protected string Open { get; private set; } = "";
    protected string Locked { get; private set; } = "";

    [SetUp]
    public async Task Make_what_is_clear()
    {
        Id = Guid.NewGuid().ToString("N");
        (View, Open, Locked) = ($"clear_{Id}", $"open_{Id}", $"lock_{Id}");
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE VIEW {View} AS SELECT name AS x FROM clinic.wards");
        await client.QueryAsync($"CREATE TABLE {Open} (x text)");
        await client.QueryAsync($"CREATE TABLE {Locked} (x text)");
        await client.QueryAsync($"CREATE FUNCTION say_{Id}() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT name FROM clinic.wards LIMIT 1); END'");
        Assert.That(Shown(await client.QueryAsync($"SELECT x FROM {View}")), Does.Contain("north"));
    }

    protected string Replace => $"CREATE OR REPLACE VIEW {View} AS SELECT full_name AS x FROM clinic.patients";

    protected string ReplaceFunction =>
        $"CREATE OR REPLACE FUNCTION say_{Id}() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT full_name FROM clinic.patients LIMIT 1); END'";

    protected string Copy => $"INSERT INTO {Open} SELECT x FROM {View}";

    protected async Task AssertNothingCopiedAsync()
    {
        var copied = await DirectPsql.QueryAsync($"SELECT x FROM {Open}");
        foreach (var secret in Clinic.Secrets)
            Assert.That(copied.Output, Does.Not.Contain(secret));
    }

    protected static void AssertRefused(IReadOnlyList<WireMessage> answer) =>
        Assert.That(answer.Any(message => message.Type == 'E'), () => string.Join(' ', answer));

    protected static void AssertNothingShown(IReadOnlyList<WireMessage> answer)
    {
        foreach (var secret in Clinic.Secrets)
            Assert.That(Shown(answer), Does.Not.Contain(secret));
    }

    protected static string Shown(IEnumerable<WireMessage> answer) =>
        string.Join('\n', answer.Where(message => message.Type is 'D' or 'E' or 'N').Select(message => Encoding.UTF8.GetString(message.Body)));
}
