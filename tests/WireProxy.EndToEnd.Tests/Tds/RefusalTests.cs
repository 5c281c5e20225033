using WireProxy.Protocols.Tds;

namespace WireProxy.EndToEnd.Tests.Tds;

/// <summary>A refused request never reaches the server, and the client can go on.</summary>
public sealed class RefusalTests() : ThroughTds(Through.Guarded)
{
    [TestCase("DROP TABLE dbo.condemned")]
    [TestCase("TRUNCATE TABLE dbo.condemned")]
    [TestCase("drop table condemned")]
    [TestCase("SELECT 1; DROP TABLE [dbo].[condemned]")]
    [TestCase("IF 1 = 1 DROP TABLE dbo.condemned")]
    [TestCase("BEGIN TRY DROP TABLE dbo.condemned END TRY BEGIN CATCH END CATCH")]
    [TestCase("EXEC(N'DROP TABLE dbo.condemned')")]
    [TestCase("EXEC sp_executesql N'DROP TABLE dbo.condemned'")]
    [TestCase("/* SELECT */ DROP /* x */ TABLE dbo.condemned")]
    public async Task The_rule_answers_in_its_own_words(string sql)
    {
        await using var client = await LogInAsync();
        string marked = $"{sql} /* {Guid.NewGuid()} */";

        IsRefused(await client.QueryAsync(marked), TdsClinic.RuleMessage);

        Assert.That(Server.CountSeen(marked), Is.Zero);
        Assert.That((await client.QueryAsync("SELECT 'usable'")).Scalar, Is.EqualTo("usable"));
    }

    [Test]
    public async Task The_transaction_goes_on()
    {
        await using var client = await LogInAsync();
        var begun = await client.QueryAsync("BEGIN TRAN; INSERT INTO dbo.executed (id) VALUES (8001)");
        Assert.That(begun.InTransaction);

        var refused = await client.QueryAsync("DELETE FROM dbo.wards");

        IsRefused(refused, "no-ward-deletes");
        Assert.That(refused.InTransaction, "the refusal says that there is no transaction any more");
        Assert.That((await client.QueryAsync("SELECT @@TRANCOUNT")).Scalar, Is.EqualTo(1));
        Assert.That((await client.QueryAsync("COMMIT")).InTransaction, Is.False);
        Assert.That((await client.QueryAsync("SELECT COUNT(*) FROM dbo.executed WHERE id = 8001")).Scalar, Is.EqualTo(1));
        await client.QueryAsync("DELETE FROM dbo.executed WHERE id = 8001");
    }

    [Test]
    public async Task Nothing_of_a_refused_batch_has_run()
    {
        await using var client = await LogInAsync();

        IsRefused(await client.QueryAsync("INSERT INTO dbo.executed (id) VALUES (8002); DELETE FROM dbo.wards; INSERT INTO dbo.executed (id) VALUES (8003)"));

        Assert.That((await client.QueryAsync("SELECT COUNT(*) FROM dbo.executed WHERE id IN (8002, 8003)")).Scalar, Is.Zero);
    }

    [TestCase("DECLARE @s nvarchar(100) = N'SELECT 1'; EXEC(@s)")]
    [TestCase("DECLARE @s nvarchar(100) = N'SELECT 1'; EXEC sp_executesql @s")]
    [TestCase("DECLARE @t nvarchar(40) = N'wards'; EXEC(N'SELECT * FROM ' + @t)")]
    public async Task Text_that_is_put_together_while_it_runs_is_refused(string sql)
    {
        await using var client = await LogInAsync();
        string marked = $"{sql} /* {Guid.NewGuid()} */";

        IsRefused(await client.QueryAsync(marked));

        Assert.That(Server.CountSeen(marked), Is.Zero);
    }

    [Test]
    public async Task A_procedure_whose_body_is_not_known_before_tells_nothing()
    {
        await using var client = await LogInAsync();

        var answer = await client.QueryAsync("EXEC dbo.p_dynamic N'dbo.patients'");

        HoldsNoSecret(answer);
    }

    [TestCase("SELECT FROM WHERE")]
    [TestCase("SELECT 'open")]
    [TestCase("SELECT /* open")]
    [TestCase("DROP TABEL x")]
    [TestCase("\u0000")]
    public async Task What_does_not_parse_does_not_run(string sql)
    {
        await using var client = await LogInAsync();
        int seen = Server.Seen.Count;

        var answer = await client.QueryAsync(sql);

        Assert.That(answer.Error, Is.Not.Null);
        Assert.That(Server.Seen.Skip(seen).Select(statement => statement.Text), Has.None.EqualTo(sql));
        Assert.That((await client.QueryAsync("SELECT 'usable'")).Scalar, Is.EqualTo("usable"));
    }

    [TestCase("INSERT INTO dbo.wards SELECT full_name, 1 FROM dbo.patients")]
    [TestCase("UPDATE dbo.wards SET name = (SELECT full_name FROM dbo.patients WHERE id = 1)")]
    [TestCase("SELECT full_name INTO dbo.stolen FROM dbo.patients")]
    // The mask shows the last four characters: what stood before them must not come to stand there.
    [TestCase("UPDATE dbo.patients SET ssn = REVERSE(ssn)")]
    [TestCase("UPDATE dbo.patients SET ssn = LEFT(ssn, 7)")]
    [TestCase("UPDATE p SET ssn = q.x FROM dbo.patients p JOIN (SELECT id, LEFT(ssn, 7) AS x FROM dbo.patients) q ON q.id = p.id")]
    [TestCase("UPDATE dbo.patients SET ssn = CAST(full_name AS varchar(11))")]
    [TestCase("INSERT INTO dbo.patients (id, ssn, full_name) SELECT 99, LEFT(ssn, 7), N'x' FROM dbo.patients WHERE id = 1")]
    [TestCase("CREATE VIEW dbo.v_stolen AS SELECT id + 0 AS id, full_name FROM dbo.patients; ")]
    public async Task Protected_values_are_not_copied_to_where_they_are_not_protected(string sql)
    {
        await using var client = await LogInAsync();

        var answer = await client.QueryAsync(sql);

        if (answer.Error is null)
            HoldsNoSecret(await client.QueryAsync("SELECT * FROM dbo.v_stolen"));
        else
            IsRefused(answer);
        await using var direct = await LogInDirectlyAsync();
        Assert.That((await direct.QueryAsync("SELECT COUNT(*) FROM dbo.wards WHERE name LIKE N'Z%'")).Scalar, Is.Zero);
        await direct.QueryAsync("DROP VIEW IF EXISTS dbo.v_stolen");
    }

    [Test]
    public async Task A_refused_first_request_of_a_pooled_connection_still_resets_it()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("CREATE TABLE #kept (a int); BEGIN TRAN");

        var refused = await client.QueryAsync("DELETE FROM dbo.wards", PacketStatus.ResetConnection);

        IsRefused(refused);
        Assert.That(refused.InTransaction, Is.False);
        Assert.That((await client.QueryAsync("SELECT OBJECT_ID('tempdb..#kept')")).Scalar, Is.Null);
    }

    [Test]
    public async Task Thousand_refusals_in_a_row_leave_the_connection_usable()
    {
        await using var client = await LogInAsync();
        for (int i = 0; i < 1_000; i++)
            IsRefused(await client.QueryAsync("DELETE FROM dbo.wards"));

        Assert.That((await client.QueryAsync("SELECT COUNT(*) FROM dbo.wards")).Scalar, Is.EqualTo(2));
    }
}
