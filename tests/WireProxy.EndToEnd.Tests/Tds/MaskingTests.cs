using WireProxy.TestKit.Tds;

namespace WireProxy.EndToEnd.Tests.Tds;

/// <summary>Protected columns on every way that a batch has out of the server.</summary>
public sealed class MaskingTests() : ThroughTds(Through.Guarded)
{
    [Test]
    public async Task Each_column_has_its_mask_and_keeps_its_type()
    {
        await using var direct = await LogInDirectlyAsync();
        await using var client = await LogInAsync();
        const string sql = "SELECT id, ssn, full_name, born, postcode, weight, notes, photo, extra, record, ward FROM dbo.patients WHERE id = 1";

        var clear = await direct.QueryAsync(sql);
        var masked = await client.QueryAsync(sql);

        HoldsNoSecret(masked);
        var row = masked.Results[0];
        Assert.That(row["id"][0], Is.EqualTo("1"));
        Assert.That(row["ssn"][0]!.TrimEnd(), Does.EndWith("1234").And.Not.Contain("900"));
        Assert.That(row.Rows[0][3], Is.EqualTo(new DateTime(1987, 1, 1)).Or.EqualTo(new DateOnly(1987, 1, 1)));
        Assert.That(row["postcode"][0], Does.StartWith("902").And.Not.Contain("90210"));
        Assert.That(row["weight"][0], Is.Null);
        Assert.That(row["ward"][0], Is.EqualTo("north"));
        Assert.That(
            row.Columns.Columns.Select(column => column.Type.Type), Is.EqualTo(clear.Results[0].Columns.Columns.Select(column => column.Type.Type)));
    }

    [TestCase("SELECT * FROM dbo.patients")]
    [TestCase("SELECT p.* FROM dbo.patients AS p")]
    [TestCase("SELECT full_name AS ward FROM dbo.patients")]
    [TestCase("SELECT name FROM dbo.called")]
    [TestCase("SELECT * FROM dbo.called")]
    [TestCase("SELECT UPPER(full_name) FROM dbo.patients")]
    [TestCase("SELECT 'x' + ssn + 'x' FROM dbo.patients")]
    [TestCase("SELECT SUBSTRING(ssn, 1, 3), SUBSTRING(ssn, 4, 8) FROM dbo.patients")]
    [TestCase("SELECT CONVERT(nvarchar(30), born, 23) FROM dbo.patients")]
    [TestCase("SELECT CAST(weight AS nvarchar(20)) FROM dbo.patients")]
    [TestCase("SELECT weight + 0 FROM dbo.patients")]
    [TestCase("SELECT MAX(full_name), MIN(ssn) FROM dbo.patients")]
    [TestCase("SELECT (SELECT full_name FROM dbo.patients WHERE id = 1) AS x, name FROM dbo.wards")]
    [TestCase("SELECT full_name FROM dbo.patients UNION ALL SELECT name FROM dbo.wards")]
    [TestCase("SELECT name FROM dbo.wards UNION ALL SELECT full_name FROM dbo.patients")]
    [TestCase("SELECT full_name FROM (SELECT full_name FROM dbo.patients) AS x")]
    [TestCase("WITH c AS (SELECT full_name AS n FROM dbo.patients) SELECT n FROM c")]
    [TestCase("SELECT CASE WHEN id > 0 THEN full_name ELSE N'' END FROM dbo.patients")]
    [TestCase("SELECT COALESCE(full_name, N'') FROM dbo.patients")]
    [TestCase("DECLARE @n nvarchar(100); SELECT @n = full_name FROM dbo.patients WHERE id = 1; SELECT @n")]
    [TestCase("DECLARE @n nvarchar(100) = (SELECT full_name FROM dbo.patients WHERE id = 1); SELECT @n AS beds")]
    [TestCase("EXEC dbo.p_patient 1")]
    [TestCase("EXEC dbo.p_patient @id = 2")]
    [TestCase("DECLARE @n nvarchar(100); EXEC dbo.p_name_out 1, @n OUTPUT; SELECT @n")]
    [TestCase("EXEC(N'SELECT full_name FROM dbo.patients')")]
    [TestCase("EXEC sp_executesql N'SELECT full_name, ssn FROM dbo.patients WHERE id = @i', N'@i int', @i = 1")]
    [TestCase("SELECT full_name, ssn FROM dbo.patients FOR XML RAW")]
    [TestCase("SELECT full_name, ssn FROM dbo.patients FOR JSON PATH")]
    [TestCase("SELECT TOP 1 full_name FROM dbo.patients ORDER BY full_name")]
    [TestCase("SELECT COUNT(*), full_name FROM dbo.patients GROUP BY full_name")]
    [TestCase("SELECT full_name, ROW_NUMBER() OVER (ORDER BY ssn) AS r FROM dbo.patients")]
    public async Task Whatever_the_statement_calls_it_the_value_is_masked(string sql)
    {
        await using var direct = await LogInDirectlyAsync();
        await using var client = await LogInAsync();

        var clear = await direct.QueryAsync(sql);
        var masked = await client.QueryAsync(sql);

        Assert.That(clear.Error, Is.Null, $"the stand-in does not do it: {clear}");
        Assert.That(TdsClinic.Secrets.Any(clear.ToString().Contains) || clear.Text.Length > 0, "nothing was there to be masked");
        HoldsNoSecret(masked);
        if (masked.Error is null)
            Assert.That(masked.Results.Sum(result => result.Rows.Count), Is.EqualTo(clear.Results.Sum(result => result.Rows.Count)));
        else
            IsRefused(masked);
    }

    [Test]
    public async Task A_views_column_that_is_one_protected_column_has_that_ones_mask()
    {
        await using var direct = await LogInDirectlyAsync();
        await using var client = await LogInAsync();
        Assert.That((await direct.QueryAsync("CREATE VIEW dbo.v_cards AS SELECT id, ssn AS number, REVERSE(ssn) AS reversed, ward, born FROM dbo.patients")).Error, Is.Null);
        Assert.That((await direct.QueryAsync("CREATE VIEW dbo.v_outer (n, r, w) AS SELECT number, reversed, ward FROM dbo.v_cards")).Error, Is.Null);
        try
        {
            await client.QueryAsync("ALTER TABLE dbo.condemned ADD refreshed int"); // Reads the catalog anew.
            var card = (await client.QueryAsync("SELECT * FROM dbo.v_cards WHERE id = 1")).Results[0];
            var outer = (await client.QueryAsync("SELECT x.n AS a, r, w FROM dbo.v_outer AS x WHERE w = N'north'")).Results[0];
            Assert.That(card["number"][0]!.TrimEnd(), Does.EndWith("1234").And.Not.Contain("900"));
            Assert.That(card["reversed"][0], Does.Not.Contain("009").And.Not.Contain("4321"));
            Assert.That(card["ward"][0], Is.EqualTo("north"));
            Assert.That(card.Rows[0][^1], Is.EqualTo(new DateTime(1987, 1, 1)).Or.EqualTo(new DateOnly(1987, 1, 1)));
            Assert.That((outer["a"][0], outer["w"][0]), Is.EqualTo((card["number"][0], "north")));
            Assert.That(outer["r"][0], Is.EqualTo(card["reversed"][0]));
        }
        finally
        {
            await direct.QueryAsync("DROP VIEW dbo.v_outer; DROP VIEW dbo.v_cards");
        }
    }

    [TestCase("SELECT full_name INTO #t FROM dbo.patients; SELECT * FROM #t")]
    [TestCase("SELECT full_name AS ward INTO #t FROM dbo.patients; SELECT ward FROM #t")]
    [TestCase("CREATE TABLE #t (a nvarchar(100)); INSERT INTO #t SELECT full_name FROM dbo.patients; SELECT a FROM #t")]
    [TestCase("DECLARE @t TABLE (a nvarchar(100)); INSERT INTO @t SELECT full_name FROM dbo.patients; SELECT a FROM @t")]
    public async Task What_was_copied_within_the_session_is_masked_there_too(string sql)
    {
        await using var client = await LogInAsync();

        var whole = await client.QueryAsync(sql);

        HoldsNoSecret(whole);
        if (whole.Error is not null)
            IsRefused(whole);
    }

    [Test]
    public async Task A_temporary_table_is_followed_from_batch_to_batch()
    {
        await using var client = await LogInAsync();
        var made = await client.QueryAsync("SELECT id, full_name AS ward INTO #t FROM dbo.patients");
        Assert.That(made.Error, Is.Null, made.ToString());

        var read = await client.QueryAsync("SELECT id, ward FROM #t ORDER BY id");

        HoldsNoSecret(read);
        Assert.That(read.Results[0].Rows, Has.Count.EqualTo(3));
    }

    [TestCase("UPDATE dbo.patients SET ward = ward OUTPUT inserted.full_name, deleted.ssn WHERE id = 1")]
    [TestCase("BEGIN TRAN; DELETE FROM dbo.patients OUTPUT deleted.full_name AS ward WHERE id = 3; ROLLBACK")]
    public async Task The_OUTPUT_clause_is_masked(string sql)
    {
        await using var client = await LogInAsync();

        var answer = await client.QueryAsync(sql);

        HoldsNoSecret(answer);
        Assert.That(answer.Error, Is.Null, answer.ToString());
        Assert.That(answer.Results[0].Rows, Has.Count.EqualTo(1));
    }

    [TestCase("EXEC dbo.p_print 1")]
    [TestCase("EXEC dbo.p_raise 1")]
    [TestCase("DECLARE @n nvarchar(100); SELECT @n = full_name FROM dbo.patients WHERE id = 1; PRINT @n")]
    [TestCase("DECLARE @n nvarchar(100); SELECT @n = full_name FROM dbo.patients WHERE id = 1; RAISERROR(@n, 16, 1)")]
    [TestCase("DECLARE @n nvarchar(100); SELECT @n = full_name FROM dbo.patients WHERE id = 1; RAISERROR(N'is %s', 10, 1, @n)")]
    [TestCase("DECLARE @n nvarchar(100); SELECT @n = full_name FROM dbo.patients WHERE id = 1; THROW 50001, @n, 1")]
    [TestCase("SELECT CAST(full_name AS int) FROM dbo.patients WHERE id = 1")]
    [TestCase("SELECT id FROM dbo.patients WHERE CAST(ssn AS int) = 1")]
    [TestCase("UPDATE dbo.patients SET ssn = (SELECT ssn FROM dbo.patients WHERE id = 2) WHERE id = 1")]
    public async Task The_texts_of_messages_are_masked(string sql)
    {
        await using var direct = await LogInDirectlyAsync();
        await using var client = await LogInAsync();

        var clear = await direct.QueryAsync(sql);
        var masked = await client.QueryAsync(sql);

        Assert.That(TdsClinic.Secrets.Any(clear.ToString().Contains), $"the stand-in tells nothing: {clear}");
        HoldsNoSecret(masked);
        Assert.That(masked.Messages, Is.Not.Empty);
        Assert.That((await client.QueryAsync("SELECT 'usable'")).Scalar, Is.EqualTo("usable"));
    }

    [Test]
    public async Task A_duplicate_key_keeps_its_number_and_loses_its_value()
    {
        await using var client = await LogInAsync();

        var answer = await client.QueryAsync("INSERT INTO dbo.patients (id, ssn, full_name) SELECT 99, ssn, N'x' FROM dbo.patients WHERE id = 1");

        Assert.That(answer.Error, Is.EqualTo(2627).Or.EqualTo(229), answer.ToString());
        HoldsNoSecret(answer);
    }

    [Test]
    public async Task Rows_with_many_nulls_are_masked_in_the_form_that_leaves_them_out()
    {
        await using var client = await LogInAsync();

        var answer = await client.QueryAsync("SELECT * FROM dbo.patients ORDER BY id");

        Assert.That(answer.Results[0].CompressedRows, Is.GreaterThan(0), "no NBCROW came");
        Assert.That(answer.Results[0].Rows, Has.Count.EqualTo(3));
        HoldsNoSecret(answer);
        Assert.That(answer.Results[0].Rows[2][4..], Is.All.Null);
    }

    [TestCase(512u), TestCase(4096u), TestCase(32767u)]
    public async Task A_value_over_several_packets_is_masked(uint packetSize)
    {
        await using var direct = await LogInDirectlyAsync();
        await direct.QueryAsync("DELETE FROM dbo.patients WHERE id = 50; INSERT INTO dbo.patients (id, ssn, full_name, notes, photo) VALUES "
            + "(50, '900-50-0050', N'long', REPLICATE(CAST(N'diagnosis-zx ' AS nvarchar(max)), 20000), CAST(REPLICATE(CAST('x' AS varchar(max)), 70000) AS varbinary(max)))");
        await using var client = await LogInAsync(new TdsLogin { PacketSize = packetSize });

        var answer = await client.QueryAsync("SELECT id, notes, photo, ward, id AS after FROM dbo.patients WHERE id = 50");
        await direct.QueryAsync("DELETE FROM dbo.patients WHERE id = 50");

        HoldsNoSecret(answer);
        Assert.That(answer.Results[0]["after"], Is.EqualTo((string[])["50"]));
        Assert.That(client.LongestPacket, Is.LessThanOrEqualTo((int)packetSize));
    }

    [Test]
    public async Task Several_result_sets_are_each_masked_by_their_own_columns()
    {
        await using var client = await LogInAsync();

        var answer = await client.QueryAsync(
            "SELECT name FROM dbo.wards WHERE name = N'north'; SELECT full_name AS name FROM dbo.patients WHERE id = 1; SELECT ward AS name FROM dbo.patients WHERE id = 1");

        HoldsNoSecret(answer);
        Assert.That(answer.Results[0].ToString(), Is.EqualTo("north"));
        Assert.That(answer.Results[1].ToString(), Is.Not.EqualTo("north"));
        Assert.That(answer.Results[2].ToString(), Is.EqualTo("north"));
    }

    [Test]
    public async Task A_conditional_batch_is_masked_whichever_way_it_goes([Values("1 = 1", "1 = 0")] string condition)
    {
        await using var client = await LogInAsync();

        HoldsNoSecret(await client.QueryAsync($"IF {condition} SELECT ssn AS name FROM dbo.patients ELSE SELECT name FROM dbo.wards"));
        HoldsNoSecret(await client.QueryAsync($"IF {condition} SELECT name FROM dbo.wards ELSE SELECT ssn AS name FROM dbo.patients"));
    }

    [Test]
    public async Task Whoever_is_unmasked_sees_the_values()
    {
        await using var client = await LogInAsync(new TdsLogin { User = "trusted" });

        Assert.That((await client.QueryAsync("SELECT full_name, ssn FROM dbo.patients WHERE id = 1")).Text, Is.EqualTo("Zephyrine Quillfeather|900-11-1234"));
    }

    [Test]
    public async Task What_is_not_protected_is_as_it_was()
    {
        await using var direct = await LogInDirectlyAsync();
        await using var client = await LogInAsync();
        foreach (string sql in (string[])["SELECT * FROM dbo.alltypes", "SELECT id, ward FROM dbo.patients ORDER BY id", "EXEC dbo.p_multi 4", "SELECT * FROM dbo.wards ORDER BY name"])
            Assert.That((await client.QueryAsync(sql)).ToString(), Is.EqualTo((await direct.QueryAsync(sql)).ToString()), sql);
    }
}
