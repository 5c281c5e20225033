using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.TestKit.Tds;
using static WireProxy.TestKit.Tds.TdsParameter;

namespace WireProxy.EndToEnd.Tests.Tds;

/// <summary>The procedures of the protocol: what is prepared, executed and fetched from is judged and masked by its text.</summary>
public sealed class CallTests() : ThroughTds(Through.Guarded)
{
    private const string Select = "SELECT id, full_name, ssn FROM dbo.patients WHERE id = @i";

    [Test]
    public async Task A_text_with_parameters_is_masked([Values] bool byName)
    {
        await using var client = await LogInAsync();
        var call = TdsCall.ExecuteSql(Select, "@i int", Int(1, "@i"));

        var answer = await client.CallAsync(byName ? call with { Id = null, Name = "sp_executesql" } : call);

        HoldsNoSecret(answer);
        Assert.That(answer.Results[0]["id"], Is.EqualTo((string[])["1"]), answer.ToString());
        Assert.That(answer.ReturnStatus, Is.Zero);
    }

    [Test]
    public async Task An_output_parameter_of_a_text_is_masked()
    {
        await using var client = await LogInAsync();

        var answer = await client.CallAsync(TdsCall.ExecuteSql(
            "SELECT @n = full_name FROM dbo.patients WHERE id = 1", "@n nvarchar(100) OUTPUT", Text(null, "@n") with { IsOutput = true }));

        HoldsNoSecret(answer);
        Assert.That(answer.Error is 229 || answer.ReturnValues is [{ Name: "@n" }], answer.ToString());
    }

    [Test]
    public async Task An_output_parameter_of_a_procedure_is_masked()
    {
        await using var direct = await LogInDirectlyAsync();
        await using var client = await LogInAsync();
        var call = TdsCall.Of("dbo.p_name_out", Int(1, "@id"), Text(null, "@name") with { IsOutput = true });

        var clear = await direct.CallAsync(call);
        var masked = await client.CallAsync(call);

        Assert.That(clear.ReturnValues[0].Value, Is.EqualTo("Zephyrine Quillfeather"), clear.ToString());
        HoldsNoSecret(masked);
        // A status of a procedure's own could be a value that it read: that it is none of success is all that remains.
        Assert.That(masked.ReturnStatus, Is.EqualTo(1), masked.ToString());
        Assert.That(masked.ReturnValues.Select(value => value.Name), Is.EqualTo((string[])["@name"]));
    }

    [Test]
    public async Task Output_parameters_of_a_harmless_procedure_are_as_they_were()
    {
        await using var direct = await LogInDirectlyAsync();
        await using var client = await LogInAsync();
        var call = TdsCall.Of("dbo.p_out", Int(21, "@x"), IntOut(name: "@y"), Text(null, "@z") with { IsOutput = true });

        Assert.That((await client.CallAsync(call)).ToString(), Is.EqualTo((await direct.CallAsync(call)).ToString()));
    }

    [Test]
    public async Task A_prepared_statement_is_masked_each_time_it_runs()
    {
        await using var client = await LogInAsync();
        var prepared = await client.CallAsync(TdsCall.Of(ProcedureId.Prepare, IntOut(), Text("@i int"), Text(Select), Int(1)));
        int handle = prepared.Handle;

        for (int i = 1; i <= 3; i++)
        {
            var answer = await client.CallAsync(TdsCall.Of(ProcedureId.Execute, Int(handle), Int(i)));
            HoldsNoSecret(answer);
            Assert.That(answer.Results[0]["id"], Is.EqualTo((string[])[$"{i}"]));
        }
        var ended = await client.CallAsync(TdsCall.Of(ProcedureId.Unprepare, Int(handle)));
        Assert.That(ended.Error, Is.Null);
        IsRefused(await client.CallAsync(TdsCall.Of(ProcedureId.Execute, Int(handle), Int(1))), "handle");
    }

    [Test]
    public async Task Prepare_and_execute_in_one_is_masked_and_its_handle_known()
    {
        await using var client = await LogInAsync();

        var first = await client.CallAsync(TdsCall.Of(ProcedureId.PrepExec, IntOut(), Text("@i int"), Text(Select), Int(1, "@i")));
        int handle = first.Handle;
        var second = await client.CallAsync(TdsCall.Of(ProcedureId.Execute, Int(handle), Int(2)));

        HoldsNoSecret(first);
        HoldsNoSecret(second);
        Assert.That(first.Results[0]["id"], Is.EqualTo((string[])["1"]));
        Assert.That(second.Results[0]["id"], Is.EqualTo((string[])["2"]));
    }

    [Test]
    public async Task An_execute_without_columns_is_masked_all_the_same()
    {
        await using var client = await LogInAsync();
        var prepared = await client.CallAsync(TdsCall.Of(ProcedureId.PrepExec, IntOut(), Text("@i int"), Text(Select), Int(1, "@i")));
        int handle = prepared.Handle;

        var answer = await client.CallAsync(TdsCall.Of(ProcedureId.Execute, Int(handle), Int(2)) with { Options = RpcOptions.NoMetaData });

        HoldsNoSecret(answer);
        Assert.That(answer.Error, Is.Null, answer.ToString());
        Assert.That(answer.Results[0].Rows, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_cursor_is_masked_when_it_is_fetched_from()
    {
        await using var client = await LogInAsync();
        var opened = await client.CallAsync(TdsCall.Of(
            ProcedureId.CursorOpen, IntOut(), Text("SELECT id, full_name, ssn FROM dbo.patients"), IntOut(8), IntOut(1), IntOut(0)));
        Assert.That(opened.Error, Is.Null, opened.ToString());
        int cursor = opened.Handle;

        var rows = new List<string?>();
        for (int i = 0; i < 3; i++)
        {
            var fetched = await client.CallAsync(TdsCall.Of(ProcedureId.CursorFetch, Int(cursor), Int(2), Int(0), Int(1)));
            HoldsNoSecret(fetched);
            rows.AddRange(fetched.Results[0]["id"]);
        }
        HoldsNoSecret(opened);
        Assert.That(rows, Is.EquivalentTo((string[])["1", "2", "3"]));
        Assert.That((await client.CallAsync(TdsCall.Of(ProcedureId.CursorClose, Int(cursor)))).Error, Is.Null);
        IsRefused(await client.CallAsync(TdsCall.Of(ProcedureId.CursorFetch, Int(cursor), Int(2), Int(0), Int(1))), "handle");
    }

    [Test]
    public async Task A_fetch_without_columns_after_another_statement_is_masked_by_the_cursors_own()
    {
        await using var client = await LogInAsync();
        var opened = await client.CallAsync(TdsCall.Of(
            ProcedureId.CursorOpen, IntOut(), Text("SELECT full_name FROM dbo.patients"), IntOut(8), IntOut(1), IntOut(0)));
        int cursor = opened.Handle;
        await client.QueryAsync("SELECT beds, name FROM dbo.wards");

        await client.SendAsync(PacketType.Rpc, TdsCall.Encode(client.Version, 0,
            TdsCall.Of(ProcedureId.CursorFetch, Int(cursor), Int(2), Int(0), Int(3)) with { Options = RpcOptions.NoMetaData }));
        string raw = System.Text.Encoding.Unicode.GetString((await client.ReadMessageAsync())!);

        Assert.That(raw, Does.Not.Contain("Umberhart").And.Not.Contain("Zephyrine"));
    }

    [Test]
    public async Task A_handle_that_was_never_given_is_refused()
    {
        await using var client = await LogInAsync();
        int seen = Server.Seen.Count;

        IsRefused(await client.CallAsync(TdsCall.Of(ProcedureId.Execute, Int(4711), Int(1))), "handle");

        Assert.That(Server.Seen.Skip(seen).Select(statement => statement.Text), Has.None.Contains("4711").And.None.EqualTo("sp_execute"));
        Assert.That((await client.QueryAsync("SELECT 'usable'")).Scalar, Is.EqualTo("usable"));
    }

    [Test]
    public async Task A_procedure_number_that_nobody_knows_is_refused()
    {
        await using var client = await LogInAsync();

        IsRefused(await client.CallAsync(TdsCall.Of((ProcedureId)77, Text("SELECT 1"))));

        Assert.That((await client.QueryAsync("SELECT 'usable'")).Scalar, Is.EqualTo("usable"));
    }

    [Test]
    public async Task Several_calls_in_one_message_are_each_masked()
    {
        await using var client = await LogInAsync();

        var answer = await client.CallAsync(
            TdsCall.ExecuteSql("SELECT name FROM dbo.wards WHERE name = N'north'"),
            TdsCall.ExecuteSql("SELECT full_name AS name FROM dbo.patients WHERE id = @i", "@i int", Int(1, "@i")),
            TdsCall.Of("dbo.p_patient", Int(2, "@id")));

        HoldsNoSecret(answer);
        Assert.That(answer.Error, Is.Null, answer.ToString());
        Assert.That(answer.Results.Select(result => result.Rows.Count), Is.EqualTo((int[])[1, 1, 1]));
        Assert.That(answer.Results[0].ToString(), Is.EqualTo("north"));
        Assert.That(answer.Dones.Count(done => done.Type == TokenType.DoneProc), Is.EqualTo(3));
    }

    [Test]
    public async Task Several_calls_are_refused_together_where_one_of_them_must_not_run()
    {
        await using var client = await LogInAsync();

        var answer = await client.CallAsync(
            TdsCall.ExecuteSql("INSERT INTO dbo.executed (id) VALUES (7001)"), TdsCall.ExecuteSql("DELETE FROM dbo.wards /* one of two */"));

        IsRefused(answer, "no-ward-deletes");
        Assert.That(Server.CountSeen("one of two"), Is.Zero);
        Assert.That(Server.CountSeen("VALUES (7001)"), Is.Zero);
    }

    [Test]
    public async Task A_statement_longer_than_an_nvarchar_is_judged_to_its_end()
    {
        await using var client = await LogInAsync();
        string padding = new(' ', 9_000);

        IsRefused(await client.CallAsync(TdsCall.ExecuteSql($"SELECT 1{padding} DELETE FROM dbo.wards /* at the end */")), "no-ward-deletes");
        HoldsNoSecret(await client.CallAsync(TdsCall.ExecuteSql($"SELECT 1 AS one{padding} SELECT full_name FROM dbo.patients")));

        Assert.That(Server.CountSeen("at the end"), Is.Zero);
    }

    [TestCase("sp_executesql"), TestCase("sys.sp_executesql"), TestCase("master..sp_executesql"), TestCase("[sys].[sp_executesql]"), TestCase("SP_EXECUTESQL")]
    public async Task The_procedure_is_known_under_all_its_names(string name)
    {
        await using var client = await LogInAsync();

        var answer = await client.CallAsync(TdsCall.Of(name, Text("DELETE FROM dbo.wards /* under a name */")));

        IsRefused(answer, "no-ward-deletes");
        Assert.That(Server.CountSeen("under a name"), Is.Zero);
    }
}
