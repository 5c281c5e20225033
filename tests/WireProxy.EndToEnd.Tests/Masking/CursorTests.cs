using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Masking;

/// <summary>One name for many cursors, one after the other, as psql has with FETCH_COUNT.</summary>
public sealed class CursorTests() : ThroughGateway(Through.Guarded)
{
    [Test]
    public async Task A_name_that_is_used_again_is_of_the_last_query()
    {
        await using var client = await LogInAsync();
        for (var i = 0; i < 12; i++)
        {
            await client.QueryAsync("BEGIN");
            await client.QueryAsync($"DECLARE c CURSOR FOR SELECT name, beds + {i} FROM clinic.wards WHERE name = 'north'");
            Assert.That(Row(await client.QueryAsync("FETCH c")), Is.EqualTo(["north", (12 + i).ToString()]));
            await client.QueryAsync("COMMIT");
        }
        await client.QueryAsync("BEGIN");
        await client.QueryAsync("DECLARE c CURSOR FOR SELECT full_name, full_name || '' FROM clinic.patients");
        Assert.That(string.Concat(Row(await client.QueryAsync("FETCH c"))), Does.Not.Contain("Zephyrine").And.Not.Contain("Umberhart"));
    }

    [Test]
    public async Task One_that_is_held_is_not_forgotten()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("DECLARE c CURSOR WITH HOLD FOR SELECT full_name, full_name || '' FROM clinic.patients");
        await client.QueryAsync("SELECT 1");
        await client.QueryAsync("BEGIN");
        await client.QueryAsync("DECLARE c CURSOR FOR SELECT name, name || '' FROM clinic.wards");
        await client.QueryAsync("ROLLBACK");

        Assert.That(string.Concat(Row(await client.QueryAsync("FETCH c"))), Does.Not.Contain("Zephyrine").And.Not.Contain("Umberhart"));
    }

    private static string?[] Row(IEnumerable<WireMessage> answer) => [.. answer.Single(message => message.Type == 'D').Texts];
}
