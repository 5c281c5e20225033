using System.Text;
using Npgsql;
using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Masking;

/// <summary>Masking where the client is a driver and not psql: binary values, and messages in an order that psql never sends.</summary>
public sealed class WireMaskingTests() : ThroughGateway(Through.Guarded)
{
    private const string Everything =
        "SELECT full_name, ssn, born, postcode, weight, visits, email, external, history, photo, allergies, ward FROM clinic.patients ORDER BY id";

    [TestCase(0)]
    [TestCase(1)]
    public async Task Rows_are_masked_although_nobody_described_them(int format)
    {
        await using var client = await LogInAsync();
        await client.SendAsync(Parse(Everything), Bind("", "", format), Execute(), Sync);

        var answer = await client.ReadUntilAsync('Z');

        Assert.That(string.Concat(answer.Select(message => message.Type)), Is.EqualTo("12DDDCZ"));
        AssertMasked(answer, format);
    }

    [TestCase(0)]
    [TestCase(1)]
    public async Task A_portal_resumed_without_a_description_stays_masked(int format)
    {
        await using var client = await LogInAsync();
        await client.SendAsync(Parse(Everything, "s"), Bind("p", "s", format), Execute("p", 1), Flush);
        var rows = new List<WireMessage>(await client.ReadUntilAsync('s'));
        await client.SendAsync(Execute("p", 1), Flush);
        rows.AddRange(await client.ReadUntilAsync('s'));
        await client.SendAsync(Execute("p", 0), Sync);
        rows.AddRange(await client.ReadUntilAsync('Z'));

        Assert.That(rows.Count(message => message.Type == 'D'), Is.EqualTo(3));
        AssertMasked(rows, format);
    }

    [Test]
    public async Task A_name_that_gets_another_statement_gets_its_masks()
    {
        await using var client = await LogInAsync();
        await client.SendAsync(
            Parse("SELECT ward FROM clinic.patients ORDER BY id", "s"), Describe('S', "s"), Bind("p", "s"), Execute("p"), Close('P', "p"),
            Close('S', "s"), Parse("SELECT full_name FROM clinic.patients", "s"), Bind("p", "s"), Execute("p"), Sync);

        var rows = (await client.ReadUntilAsync('Z')).Where(message => message.Type == 'D').Select(row => row.Texts[0]).ToList();

        Assert.That(rows[..3], Is.EqualTo((string?[])["north", "south", "north"]));
        Assert.That(rows[3..], Has.Count.EqualTo(3).And.None.Contains("Zephyrine"));
    }

    [Test]
    public async Task A_cursor_fetched_by_the_extended_protocol_is_masked()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("BEGIN");
        await client.QueryAsync("DECLARE c CURSOR FOR SELECT full_name FROM clinic.patients");
        await client.SendAsync(Parse("FETCH 2 FROM c"), Bind(), Execute(), Bind("", "", 1), Execute(), Sync);

        var answer = await client.ReadUntilAsync('Z');

        Assert.That(answer.Count(message => message.Type == 'D'), Is.EqualTo(3));
        AssertMasked(answer, 0);
    }

    [Test]
    public async Task A_portal_fetched_by_sql_and_a_cursor_executed_as_a_portal_are_masked()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("BEGIN");
        await client.SendAsync(Parse("SELECT full_name FROM clinic.patients"), Bind("portal"), Sync);
        await client.ReadUntilAsync('Z');
        var fetched = await client.QueryAsync("FETCH 1 FROM portal");
        await client.QueryAsync("DECLARE cursor_a CURSOR FOR SELECT full_name FROM clinic.patients");
        await client.SendAsync(Execute("cursor_a"), Sync);
        var executed = await client.ReadUntilAsync('Z');

        AssertMasked([.. fetched, .. executed], 0);
    }

    [Test]
    public async Task Every_masked_column_keeps_its_type_in_binary()
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(Everything, connection);
        await using var reader = await command.ExecuteReaderAsync();

        Assert.That(await reader.ReadAsync());
        Assert.That(reader.GetString(1), Does.EndWith("1234"));
        Assert.That(reader.GetFieldValue<DateOnly>(2), Is.EqualTo(new DateOnly(1987, 1, 1)));
        Assert.That(reader.IsDBNull(4));
        Assert.That(reader.IsDBNull(5) ? 0 : reader.GetInt32(5), Is.Not.EqualTo(7717));
        Assert.That(reader.IsDBNull(7) ? Guid.Empty : reader.GetGuid(7), Is.Not.EqualTo(Guid.Parse("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")));
        Assert.That(reader.IsDBNull(8) ? "" : reader.GetString(8), Does.Not.Contain("diagnosis"));
        Assert.That(reader.IsDBNull(9) ? [] : reader.GetFieldValue<byte[]>(9), Is.Not.EqualTo((byte[])[0xca, 0xfe, 0xba, 0xbe, 1]));
        Assert.That(reader.IsDBNull(10) ? [] : reader.GetFieldValue<string[]>(10), Has.None.EqualTo("penicillin-zx"));
        Assert.That(reader.GetString(11), Is.EqualTo("north"));
    }

    [Test]
    public async Task Equal_values_stay_equal_under_a_hash()
    {
        await using var connection = await OpenAsync();
        var seen = new List<object>();
        for (var round = 0; round < 2; round++)
        {
            await using var command = new NpgsqlCommand("SELECT external FROM clinic.patients WHERE id IN (1, 2) ORDER BY id", connection);
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                seen.Add(reader.GetValue(0));
        }

        var (first, again) = (seen.Take(2), seen.Skip(2));
        Assert.That(again, Is.EqualTo(first));
        Assert.That(first, Is.Unique);
    }

    private static void AssertMasked(IReadOnlyList<WireMessage> messages, int format)
    {
        foreach (var row in messages.Where(message => message.Type == 'D'))
        {
            var text = Encoding.Latin1.GetString(row.Body);
            Assert.That(Clinic.Secrets.Where(secret => text.Contains(secret, StringComparison.Ordinal)), Is.Empty);
            // 1987-06-05 as PostgreSQL's binary date: days since 2000-01-01.
            Assert.That(format == 1 && row.Columns.Any(value => value is not null && value.AsSpan().SequenceEqual(Int32(-4593))), Is.False);
        }
    }
}
