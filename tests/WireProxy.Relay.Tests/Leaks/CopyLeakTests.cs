using System.Text;
using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.Relay.Tests.Leaks;

/// <summary>COPY towards the client, for which the server states no origins.</summary>
public sealed class CopyLeakTests(string? catalogUser) : LeakFixture(catalogUser)
{
    [TestCase("COPY clinic.patients TO STDOUT")]
    [TestCase("COPY clinic.patients TO STDOUT (FORMAT csv)")]
    [TestCase("COPY clinic.patients TO STDOUT (FORMAT binary)")]
    [TestCase("COPY clinic.patients (ward, ssn) TO STDOUT WITH (FORMAT csv, DELIMITER ';', QUOTE '''', FORCE_QUOTE *)")]
    [TestCase("COPY (TABLE clinic.patients) TO STDOUT (FORMAT binary)")]
    [TestCase("COPY (SELECT full_name FROM clinic.called, clinic.patients) TO STDOUT")]
    [TestCase("COPY (DELETE FROM clinic.patients WHERE false RETURNING full_name) TO STDOUT")]
    public async Task Copy_is_masked_in_the_simple_and_in_the_extended_protocol(string sql)
    {
        TappedClient client = await LogInAsync();
        IReadOnlyList<WireMessage> simple = await client.QueryAsync(sql);
        await client.SendAsync(Parse(sql, "c"), Bind("p", "c"), Describe('P', "p"), Execute("p"), Sync, Bind("", "c"), Execute(), Sync);
        IReadOnlyList<WireMessage> extended = await client.ReadyAsync(2);

        Assert.That(simple[^1].Type, Is.EqualTo('Z'));
        Assert.That(Types(extended).Count(type => type == 'd'), Is.EqualTo(2 * Types(simple).Count(type => type == 'd')), Told(extended));
        Assert.That(Types(simple), Does.StartWith("H").And.Contain("cC"));
    }

    [Test]
    public async Task Copies_of_one_text_each_have_their_own_masks()
    {
        TappedClient client = await LogInAsync();

        IReadOnlyList<WireMessage> answer = await client.QueryAsync(
            "COPY clinic.wards TO STDOUT; COPY clinic.patients (ward, full_name) TO STDOUT; SELECT full_name FROM clinic.patients; COPY clinic.wards (name) TO STDOUT");

        string copied = string.Concat(answer.Where(message => message.Type == 'd').Select(message => Encoding.UTF8.GetString(message.Body)));
        Assert.That(copied, Does.StartWith("north\t12\nsouth\t20\n").And.EndWith("north\nsouth\n"));
    }

    [TestCase("text")]
    [TestCase("csv")]
    [TestCase("binary")]
    public async Task A_child_and_a_partition_are_masked_as_their_parent(string format)
    {
        TappedClient client = await LogInAsync();
        string id = Guid.NewGuid().ToString("N");
        await client.QueryAsync($"CREATE TABLE quiet.child_{id} (extra int) INHERITS (clinic.patients); INSERT INTO quiet.child_{id} VALUES (9, 'CANNAME Child', 'CANSSN-99-9999', 'east', 1)");
        IReadOnlyList<WireMessage> copy = await client.QueryAsync($"COPY quiet.child_{id} TO STDOUT (FORMAT {format})");
        IReadOnlyList<WireMessage> select = await client.QueryAsync($"SELECT full_name, ssn FROM quiet.child_{id}");
        await client.QueryAsync($"DROP TABLE quiet.child_{id}");

        Assert.That(copy.Count(message => message.Type == 'd'), Is.GreaterThan(0));
        Assert.That(Rows(select), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_copy_towards_the_server_that_fails_quotes_nothing()
    {
        TappedClient client = await LogInAsync();
        await client.SendAsync(Query("COPY clinic.patients FROM STDIN"));
        await client.UntilAsync('G');
        // The first row's key is there already: the error would quote the row.
        await client.SendAsync(CopyData("1\tCANNAME Zephyrine\tx\ty\n"u8.ToArray()), CopyDone);
        IReadOnlyList<WireMessage> answer = await client.ReadyAsync();

        Assert.That(answer[0].SqlState, Is.EqualTo("23505"));
    }
}
