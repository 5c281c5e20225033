using System.Data;
using System.Data.Common;
using WireProxy.TdsStandIn.Tests.Clients;
using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Tds.Clients;

/// <summary>Both SqlClients through gateways that encrypt in their ways on both legs.</summary>
[TestFixtureSource(nameof(Fixtures))]
public sealed class SqlClientTests(SqlClientProvider provider, ClientRoute route, string encryption)
{
    private GatewayProcess _gateway = null!;

    private static IEnumerable<object[]> Fixtures() =>
        from provider in SqlClientProvider.All
        from way in ((ClientRoute, string)[])
        [
            (ClientRoute.Plain, "Encrypt=false"), (ClientRoute.PlainJudged, "Encrypt=false"), (ClientRoute.PreferToLogin, "Encrypt=false"),
            (ClientRoute.PreferToPlain, "Encrypt=true;TrustServerCertificate=true"), (ClientRoute.RequireToFull, "Encrypt=true;TrustServerCertificate=true"),
        ]
        select (object[])[provider, way.Item1, way.Item2];

    [OneTimeSetUp]
    public async Task Start() => _gateway = await ClientRoutes.GatewayAsync(route);

    [Test]
    public async Task Types_parameters_and_prepared_statements()
    {
        await using var connection = await OpenAsync("Pooling=false");
        await using var types = Command(connection, "SELECT c_big, c_num, c_money, c_float, c_date, c_nvc, c_guid, c_xml, c_var FROM alltypes WHERE c_int IS NOT NULL");
        await using (var reader = await types.ExecuteReaderAsync())
        {
            Assert.That(await reader.ReadAsync(), Is.True);
            var values = new object[reader.FieldCount];
            reader.GetValues(values);
            Assert.That(values, Is.EqualTo(new object[]
            {
                long.MaxValue, -12345678.90m, 922337203685477.5807m, -2.25e100, new DateTime(2024, 2, 29), "nvarchar ☃",
                new Guid("6F9619FF-8B86-D011-B42D-00C04FC964FF"), "<a b=\"1\">x</a>", 42,
            }));
        }
        await using var command = Command(connection, "SELECT @n + 1, @s");
        Add(command, "@n", DbType.Int32, 0);
        Add(command, "@s", DbType.String, "é☃").Size = 20;
        await command.PrepareAsync();
        for (int round = 0; round < 3; round++)
        {
            command.Parameters["@n"].Value = round;
            await using var reader = await command.ExecuteReaderAsync();
            Assert.That(await reader.ReadAsync(), Is.True);
            Assert.That((reader.GetInt32(0), reader.GetString(1)), Is.EqualTo((round + 1, "é☃")));
        }
    }

    [Test]
    public async Task Results_messages_and_output_parameters()
    {
        await using var connection = await OpenAsync("Pooling=false");
        var told = new List<string>();
        provider.OnMessage(connection, told.Add);
        await using var multi = Command(connection, "p_multi");
        multi.CommandType = CommandType.StoredProcedure;
        Add(multi, "@r", DbType.Int32, DBNull.Value).Direction = ParameterDirection.ReturnValue;
        var counts = new List<int>();
        await using (var reader = await multi.ExecuteReaderAsync())
        {
            do
            {
                int rows = 0;
                while (await reader.ReadAsync())
                    rows++;
                counts.Add(rows);
            }
            while (await reader.NextResultAsync());
        }
        Assert.That(counts, Is.EqualTo(new[] { 1, 3 }));
        Assert.That(told, Is.EqualTo(new[] { "done" }));
        Assert.That(multi.Parameters["@r"].Value, Is.EqualTo(7));

        await using var output = Command(connection, "p_out");
        output.CommandType = CommandType.StoredProcedure;
        Add(output, "@x", DbType.Int32, 21);
        Add(output, "@y", DbType.Int32, DBNull.Value).Direction = ParameterDirection.Output;
        var text = Add(output, "@z", DbType.String, DBNull.Value);
        (text.Direction, text.Size) = (ParameterDirection.Output, 20);
        await output.ExecuteNonQueryAsync();
        Assert.That((output.Parameters["@y"].Value, output.Parameters["@z"].Value), Is.EqualTo(((object)42, (object)"got 21")));
    }

    [Test]
    public async Task Bulk_copy_table_parameters_and_transactions()
    {
        await using var connection = await OpenAsync("Pooling=false");
        await ScalarAsync(connection, "CREATE TABLE #copied (id int NOT NULL, label nvarchar(20) NULL)");
        using var rows = new DataTable();
        rows.Columns.Add("id", typeof(int));
        rows.Columns.Add("label", typeof(string));
        for (int i = 0; i < 1_000; i++)
            rows.Rows.Add(i, i % 7 == 0 ? DBNull.Value : $"row {i}");
        provider.CopyInto(connection, "#copied", rows);
        Assert.That(await ScalarAsync(connection, "SELECT COUNT(*) - COUNT(label) FROM #copied"), Is.EqualTo(143));

        await using var table = Command(connection, "SELECT COUNT(*) FROM @t");
        provider.AddTable(table, "@t", "dbo.id_list", rows);
        Assert.That(await table.ExecuteScalarAsync(), Is.EqualTo(1_000));

        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using var delete = Command(connection, "DELETE FROM #copied");
            delete.Transaction = transaction;
            await delete.ExecuteNonQueryAsync();
            await transaction.RollbackAsync();
        }
        Assert.That(await ScalarAsync(connection, "SELECT COUNT(*) FROM #copied"), Is.EqualTo(1_000));
    }

    [Test]
    public async Task Errors_and_cancellation_leave_the_connection_usable()
    {
        await using var connection = await OpenAsync("Pooling=false");
        await using var failing = Command(connection, "INSERT patients (ssn, full_name) VALUES ('111-22-3333', 'x')");
        var error = (await Assert.CatchAsync<DbException>(async () => await failing.ExecuteNonQueryAsync()))!;
        Assert.That(provider.ErrorNumbers(error), Does.Contain(2627));

        await using var waiting = Command(connection, "WAITFOR DELAY '00:05:00'");
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        Assert.That(async () => await waiting.ExecuteNonQueryAsync(cancel.Token), Throws.Exception);
        Assert.That(await ScalarAsync(connection, "SELECT 5"), Is.EqualTo(5));
    }

    [Test]
    public async Task A_pooled_connection_begins_anew()
    {
        string pool = $"Application Name=pool{Guid.NewGuid():N};Max Pool Size=1";
        await using (var first = await OpenAsync(pool))
            await ScalarAsync(first, "CREATE TABLE #t (a int); USE master; BEGIN TRAN");
        await using var second = await OpenAsync(pool);

        Assert.That(await ScalarAsync(second, "SELECT DB_NAME() + CAST(@@TRANCOUNT AS varchar) + ISNULL(OBJECT_NAME(OBJECT_ID('tempdb..#t')), '-')"), Is.EqualTo("clinic0-"));
    }

    private async Task<DbConnection> OpenAsync(string more)
    {
        var connection = provider.Connect(
            $"Server=127.0.0.1,{_gateway.Port};User ID=sa;Password={TdsClinic.Password};Database=clinic;Connect Timeout=60;{encryption};{more}");
        await connection.OpenAsync();
        return connection;
    }

    private static DbCommand Command(DbConnection connection, string text)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        return command;
    }

    private static async Task<object?> ScalarAsync(DbConnection connection, string text)
    {
        await using var command = Command(connection, text);
        return await command.ExecuteScalarAsync();
    }

    private static DbParameter Add(DbCommand command, string name, DbType type, object value)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.DbType, parameter.Value) = (name, type, value);
        command.Parameters.Add(parameter);
        return parameter;
    }
}
