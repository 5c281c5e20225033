using System.Text;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Postgres;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Tests.Sessions;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.Relay.Tests.Postgres;

/// <summary>The filters of a session that protects columns, with a server's answers written by hand.</summary>
public sealed class MaskingFilterTests
{
    private const int Patients = 20_000;

    private static readonly byte[] Ready = Message('Z', "I"u8.ToArray());
    private static readonly byte[] Done = Message('C', Text("SELECT 1"));

    private static readonly byte[] CatalogAnswer = Join(
        Message('T', Int16(0)),
        Cells("d", null, "150000", "postgres", null, null), Cells("r", $"{Patients}", "r", "clinic", "patients", null),
        Cells("c", $"{Patients}", "1", "id", "23", "f"), Cells("c", $"{Patients}", "2", "full_name", "25", "f"),
        Cells("c", $"{Patients}", "3", "ssn", "25", "f"), Done, Ready);

    [Test]
    public async Task A_row_is_masked_at_every_split_of_the_answer()
    {
        byte[] answer = Join(Description(), Cells("1", "CANNAME", "CANSSN-1234"), Done, Ready);
        byte[]? expected = null;
        for (int split = 0; split <= answer.Length; split++)
        {
            using FilterRig rig = await OpenAsync(Query("SELECT * FROM clinic.patients"));
            rig.Response(answer.AsSpan(0, split));
            rig.Response(answer.AsSpan(split));
            expected ??= rig.ToClient;
            Assert.That(rig.ToClient, Is.EqualTo(expected), $"at byte {split}");
        }
        string told = Encoding.Latin1.GetString(expected!);
        Assert.That(told, Does.Not.Contain("CAN").And.Contain("1234"));
    }

    [Test]
    public async Task Execute_without_a_description_gets_one_that_the_client_does_not_see()
    {
        using FilterRig rig = await OpenAsync(Parse("SELECT full_name FROM clinic.patients", "s"), Bind("", "s"), Execute(), Sync);
        Assert.That(Encoding.Latin1.GetString(rig.ToUpstream), Does.Contain("D\0\0\0\u0006P\0E"));
        int before = rig.ToClient.Length;
        rig.Response(Join(Message('1'), Message('2'), Description("full_name"), Cells("CANNAME"), Done, Ready));
        string told = Encoding.Latin1.GetString(rig.ToClient)[before..];
        Assert.That(told, Does.StartWith("1\0\0\0\u00042\0\0\0\u0004D"));
        Assert.That(told, Does.Not.Contain("CAN"));
    }

    [Test]
    public async Task Rows_that_nobody_described_are_not_passed_on()
    {
        using FilterRig rig = await OpenAsync(Query("SELECT full_name FROM clinic.patients"));
        int before = rig.ToClient.Length;
        Assert.That(() => rig.Response(Cells("CANNAME")), Throws.TypeOf<SessionEndException>());
        Assert.That(rig.ToClient, Has.Length.EqualTo(before));
    }

    [Test]
    public async Task A_row_of_another_width_than_described_is_not_passed_on()
    {
        using FilterRig rig = await OpenAsync(Query("SELECT full_name FROM clinic.patients"));
        rig.Response(Description("full_name"));
        int before = rig.ToClient.Length;
        Assert.That(() => rig.Response(Cells("1", "CANNAME")), Throws.TypeOf<ProtocolException>());
        Assert.That(rig.ToClient, Has.Length.EqualTo(before));
    }

    [TestCase("SELECT id FROM clinic.patients; CREATE TABLE t (n int); SELECT id FROM clinic.patients", true)]
    [TestCase("SELECT id FROM clinic.patients; SELECT id FROM clinic.patients", false)]
    public async Task After_a_change_of_the_catalog_in_the_same_text_everything_is_masked(string sql, bool masked)
    {
        using FilterRig rig = await OpenAsync(Query(sql));
        // The id: known, and protected by nobody.
        rig.Response(Join(Description("id"), Cells("CLEAR"), Done, Ready));
        Assert.That(Encoding.Latin1.GetString(rig.ToClient).Contains("CLEAR"), Is.EqualTo(!masked));
    }

    [Test]
    public async Task An_error_of_a_statement_that_touches_loses_its_words()
    {
        using FilterRig rig = await OpenAsync(Query("SELECT full_name::int FROM clinic.patients"));
        rig.Response(Join(Message('E', "SERROR\0C22P02\0Minvalid input syntax: \"CANNAME\"\0\0"u8.ToArray()), Ready));
        Assert.That(Encoding.Latin1.GetString(rig.ToClient), Does.Contain("22P02").And.Not.Contain("CAN"));
    }

    private static async Task<FilterRig> OpenAsync(params byte[][] request)
    {
        var dialect = new PostgresDialect(Detached.Options, TestPolicies.Protecting, new StatementAnalysis(), new KnownDatabases());
        var rig = new FilterRig(dialect, TestPolicies.Protecting);
        rig.Response(Ready);
        Assert.That(rig.Request(Join(request)), Is.EqualTo(FilterStep.Wait), "the catalog is read first");
        rig.Response(CatalogAnswer);
        Assert.That(await rig.AwaitAsync(), Is.EqualTo(FilterStep.Wait), "then the search path");
        rig.Response(Join(Message('T', Int16(0)), Cells("pg_catalog"), Cells("public"), Done, Ready));
        Assert.That(await rig.AwaitAsync(), Is.EqualTo(FilterStep.NeedMore));
        return rig;
    }

    private static byte[] Description(params string[] columns)
    {
        string[] all = ["id", "full_name", "ssn"];
        string[] named = columns is [] ? all : columns;
        return Message('T', [Int16(named.Length), .. named.Select(name => Join(
            Text(name), Int32(Patients), Int16(Array.IndexOf(all, name) + 1), Int32(25), Int16(-1), Int32(-1), Int16(0)))]);
    }

    private static byte[] Cells(params string?[] values) => Message('D', [Int16(values.Length), .. values.Select(value =>
        value is null ? Int32(-1) : Join(Int32(value.Length), Encoding.ASCII.GetBytes(value)))]);
}
