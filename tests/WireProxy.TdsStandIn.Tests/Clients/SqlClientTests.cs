using System.Data;
using System.Data.Common;

namespace WireProxy.TdsStandIn.Tests.Clients;

/// <summary>Both SqlClients against the stand-in.</summary>
[TestFixtureSource(typeof(SqlClientProvider), nameof(SqlClientProvider.All))]
internal sealed class SqlClientTests(SqlClientProvider provider)
{
    private TdsStandInServer _server = null!;

    [OneTimeSetUp]
    public async Task Start() => _server = await Clinic.StartAsync();

    [OneTimeTearDown]
    public async Task Stop() => await _server.DisposeAsync();

    [Test]
    public async Task Every_type_arrives_as_it_is()
    {
        await using var connection = await OpenAsync();
        await using var command = Command(connection, "SELECT * FROM alltypes WHERE c_int IS NOT NULL");
        await using var reader = await command.ExecuteReaderAsync();
        Assert.That(await reader.ReadAsync(), Is.True);
        Assert.That(reader.FieldCount, Is.EqualTo(33));
        object Value(string name) => reader.GetValue(reader.GetOrdinal(name));
        Assert.Multiple(() =>
        {
            Assert.That(Value("c_int"), Is.EqualTo(int.MaxValue));
            Assert.That(Value("c_big"), Is.EqualTo(long.MaxValue));
            Assert.That(Value("c_bit"), Is.EqualTo(true));
            Assert.That(Value("c_num"), Is.EqualTo(-12345678.90m));
            Assert.That(Value("c_money"), Is.EqualTo(922337203685477.5807m));
            Assert.That(Value("c_smoney"), Is.EqualTo(-214748.3648m));
            Assert.That(Value("c_float"), Is.EqualTo(-2.25e100));
            Assert.That(Value("c_date"), Is.EqualTo(new DateTime(2024, 2, 29)));
            Assert.That(Value("c_time"), Is.EqualTo(new TimeSpan(863991234567)));
            Assert.That(Value("c_dt"), Is.EqualTo(new DateTime(2024, 2, 29, 12, 34, 56, 997)));
            Assert.That(Value("c_dt2"), Is.EqualTo(new DateTime(2024, 2, 29, 12, 34, 56).AddTicks(1234567)));
            Assert.That(Value("c_dto"), Is.EqualTo(new DateTimeOffset(2024, 2, 29, 12, 34, 56, TimeSpan.FromHours(5.5)).AddTicks(1234567)));
            Assert.That(Value("c_char"), Is.EqualTo("abc       "));
            Assert.That(Value("c_vc"), Is.EqualTo("varchar é"));
            Assert.That(Value("c_nvc"), Is.EqualTo("nvarchar ☃"));
            Assert.That(Value("c_text"), Is.EqualTo("text"));
            Assert.That(Value("c_image"), Is.EqualTo(new byte[] { 0xCA, 0xFE }));
            Assert.That(Value("c_guid"), Is.EqualTo(new Guid("6F9619FF-8B86-D011-B42D-00C04FC964FF")));
            Assert.That(Value("c_xml"), Is.EqualTo("<a b=\"1\">x</a>"));
            Assert.That(Value("c_var"), Is.EqualTo(42));
        });
        Assert.That(((System.Data.SqlTypes.SqlDecimal)reader.GetProviderSpecificValue(reader.GetOrdinal("c_dec"))).ToString(), Is.EqualTo("1234567890123456789012345678.0123456789"));
    }

    [Test]
    public async Task Every_type_can_be_null()
    {
        await using var connection = await OpenAsync();
        await using var command = Command(connection, "SELECT * FROM alltypes WHERE c_int IS NULL");
        await using var reader = await command.ExecuteReaderAsync();
        Assert.That(await reader.ReadAsync(), Is.True);
        for (int i = 0; i < reader.FieldCount - 1; i++)
            Assert.That(reader.IsDBNull(i), Is.True, reader.GetName(i));
    }

    [Test]
    public async Task Parameters_and_prepared_statements()
    {
        await using var connection = await OpenAsync();
        await using var command = Command(connection, "SELECT @n + 1, @s, @d, @g, @b");
        Add(command, "@n", DbType.Int32, 41);
        Add(command, "@s", DbType.String, "é☃");
        Add(command, "@d", DbType.Decimal, 1.25m);
        Add(command, "@g", DbType.Guid, Guid.Empty);
        Add(command, "@b", DbType.Binary, new byte[] { 1, 2 });
        ((IDbDataParameter)command.Parameters["@s"]).Size = 20;
        ((IDbDataParameter)command.Parameters["@b"]).Size = 20;
        ((IDbDataParameter)command.Parameters["@d"]).Precision = 10;
        ((IDbDataParameter)command.Parameters["@d"]).Scale = 2;
        await command.PrepareAsync();
        for (int round = 0; round < 3; round++)
        {
            command.Parameters["@n"].Value = round;
            await using var reader = await command.ExecuteReaderAsync();
            Assert.That(await reader.ReadAsync(), Is.True);
            var values = new object[5];
            reader.GetValues(values);
            Assert.That(values, Is.EqualTo(new object[] { round + 1, "é☃", 1.25m, Guid.Empty, new byte[] { 1, 2 } }));
        }
    }

    [Test]
    public async Task Several_results_messages_and_a_return_value()
    {
        await using var connection = await OpenAsync();
        var told = new List<string>();
        provider.OnMessage(connection, told.Add);
        await using var command = Command(connection, "p_multi");
        command.CommandType = CommandType.StoredProcedure;
        Add(command, "@a", DbType.Int32, 9);
        Add(command, "@r", DbType.Int32, null).Direction = ParameterDirection.ReturnValue;
        var counts = new List<int>();
        await using (var reader = await command.ExecuteReaderAsync())
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
        Assert.That(command.Parameters["@r"].Value, Is.EqualTo(7));
    }

    [Test]
    public async Task Output_parameters()
    {
        await using var connection = await OpenAsync();
        await using var command = Command(connection, "p_out");
        command.CommandType = CommandType.StoredProcedure;
        Add(command, "@x", DbType.Int32, 21);
        Add(command, "@y", DbType.Int32, null).Direction = ParameterDirection.Output;
        var text = Add(command, "@z", DbType.String, null);
        (text.Direction, text.Size) = (ParameterDirection.Output, 20);
        await command.ExecuteNonQueryAsync();
        Assert.That(command.Parameters["@y"].Value, Is.EqualTo(42));
        Assert.That(command.Parameters["@z"].Value, Is.EqualTo("got 21"));
    }

    [TestCase("SELECT * FROM nosuch", 208)]
    [TestCase("SELECT nosuch FROM patients", 207)]
    [TestCase("SELECT * FORM patients WHERE", 102)]
    [TestCase("EXEC nosuch", 2812)]
    [TestCase("SELECT 1/0", 8134)]
    [TestCase("SELECT CAST('abc' AS int)", 245)]
    [TestCase("INSERT patients (ssn, full_name) VALUES ('111-22-3333', 'x')", 2627)]
    [TestCase("RAISERROR('x', 16, 1)", 50000)]
    [TestCase("THROW 50123, 'x', 1", 50123)]
    public async Task Errors_have_the_numbers_of_SQL_Server_and_leave_the_connection_usable(string text, int number)
    {
        await using var connection = await OpenAsync();
        await using var command = Command(connection, text);
        var error = (await Assert.CatchAsync<DbException>(async () => await command.ExecuteScalarAsync()))!;
        Assert.That(provider.ErrorNumbers(error), Has.Member(number));
        Assert.That(await Scalar(connection, "SELECT 5"), Is.EqualTo(5));
    }

    [Test]
    public async Task A_transaction_rolls_back_and_commits()
    {
        await using var connection = await OpenAsync();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using var command = Command(connection, "UPDATE patients SET notes = 'changed' WHERE id = 1");
            command.Transaction = transaction;
            Assert.That(await command.ExecuteNonQueryAsync(), Is.EqualTo(1));
            await transaction.RollbackAsync();
        }
        Assert.That(await Scalar(connection, "SELECT notes FROM patients WHERE id = 1"), Is.EqualTo("allergic to penicillin"));
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using var command = Command(connection, "CREATE TABLE kept (a int); INSERT kept VALUES (1)");
            command.Transaction = transaction;
            await command.ExecuteNonQueryAsync();
            await transaction.CommitAsync();
        }
        Assert.That(await Scalar(connection, "SELECT COUNT(*) FROM kept; DROP TABLE kept"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_bulk_copy_of_many_rows()
    {
        await using var connection = await OpenAsync();
        await Scalar(connection, "CREATE TABLE copied (a int NOT NULL, b nvarchar(30) NULL, c decimal(9,2) NULL, d datetime NULL)");
        using var rows = new DataTable();
        rows.Columns.AddRange([new("a", typeof(int)), new("b", typeof(string)), new("c", typeof(decimal)), new("d", typeof(DateTime))]);
        for (int i = 0; i < 2000; i++)
            rows.Rows.Add(i, i % 3 == 0 ? DBNull.Value : "row " + i, i / 4m, new DateTime(2024, 1, 1).AddDays(i));
        provider.CopyInto(connection, "copied", rows);
        Assert.That(await Scalar(connection, "SELECT COUNT(*) + SUM(a) - COUNT(b) FROM copied"), Is.EqualTo(2000 + 1999000 - 1333));
        await Scalar(connection, "DROP TABLE copied");
    }

    [Test]
    public async Task A_table_valued_parameter()
    {
        await using var connection = await OpenAsync();
        await using var command = Command(connection, "SELECT SUM(id), MAX(label) FROM @list");
        using var rows = new DataTable();
        rows.Columns.AddRange([new("id", typeof(int)), new("label", typeof(string))]);
        rows.Rows.Add(1, "a");
        rows.Rows.Add(2, "b");
        provider.AddTable(command, "@list", "dbo.id_list", rows);
        await using var reader = await command.ExecuteReaderAsync();
        Assert.That(await reader.ReadAsync(), Is.True);
        Assert.That((reader.GetInt32(0), reader.GetString(1)), Is.EqualTo((3, "b")));
    }

    [Test]
    public async Task A_cancelled_statement_ends_and_the_connection_lives_on()
    {
        await using var connection = await OpenAsync();
        await using var command = Command(connection, "WAITFOR DELAY '00:05:00'");
        using var cancel = new CancellationTokenSource();
        var running = command.ExecuteNonQueryAsync(cancel.Token);
        while (_server.CountSeen("WAITFOR DELAY '00:05:00'") == 0)
            await Task.Delay(10);
        await cancel.CancelAsync();
        Assert.That(async () => await running, Throws.Exception);
        Assert.That(await Scalar(connection, "SELECT 5"), Is.EqualTo(5));
    }

    [Test]
    public async Task A_pooled_connection_begins_anew()
    {
        string pooled = ConnectionString("Application Name=pool;Max Pool Size=1");
        await using (var first = provider.Connect(pooled))
        {
            await first.OpenAsync();
            await Scalar(first, "CREATE TABLE #t (a int); USE master; BEGIN TRAN");
        }
        await using var second = provider.Connect(pooled);
        await second.OpenAsync();
        Assert.That(await Scalar(second, "SELECT DB_NAME() + CAST(@@TRANCOUNT AS varchar) + ISNULL(OBJECT_NAME(OBJECT_ID('tempdb..#t')), '-')"), Is.EqualTo("clinic0-"));
    }

    [TestCase(512), TestCase(8000), TestCase(32767)]
    public async Task Values_of_megabytes_pass_at_any_packet_size(int packetSize)
    {
        await using var connection = provider.Connect(ConnectionString($"Packet Size={packetSize}"));
        await connection.OpenAsync();
        await using var command = Command(connection, "SELECT @v + N'!', REPLICATE(CAST('x' AS varchar(max)), 2000000)");
        string large = new('é', 1_000_000);
        Add(command, "@v", DbType.String, large);
        // Not asynchronously: SqlClient then begins a value anew with every packet of it.
        using var reader = command.ExecuteReader();
        Assert.That(reader.Read(), Is.True);
        Assert.That(reader.GetString(0), Is.EqualTo(large + "!"));
        Assert.That(reader.GetString(1), Has.Length.EqualTo(2_000_000));
    }

    [Test]
    public void A_wrong_password_is_18456()
    {
        using var connection = provider.Connect(ConnectionString("").Replace(Clinic.Password, "wrong", StringComparison.Ordinal));
        var error = Assert.Catch<DbException>(connection.Open)!;
        Assert.That(provider.ErrorNumbers(error), Is.EqualTo(new[] { 18456 }));
    }

    [TestCase(TdsEncryption.LoginOnly, false, "FALSE")]
    [TestCase(TdsEncryption.LoginOnly, true, "TRUE")]
    [TestCase(TdsEncryption.Required, false, "TRUE")]
    [TestCase(TdsEncryption.Required, true, "TRUE")]
    public async Task Encryption_is_what_both_sides_ask_for(TdsEncryption encryption, bool encrypt, string encrypted)
    {
        await using var server = await Clinic.StartAsync(encryption);
        await using var connection = provider.Connect(ConnectionString($"Encrypt={encrypt};TrustServerCertificate=true", server.Port));
        await connection.OpenAsync();
        Assert.That(await Scalar(connection, "SELECT encrypt_option FROM sys.dm_exec_connections"), Is.EqualTo(encrypted));
    }

    private string ConnectionString(string more, int? port = null) =>
        $"Server=127.0.0.1,{port ?? _server.Port};User ID={Clinic.User};Password={Clinic.Password};Database=clinic;Connect Timeout=10;{more}";

    private async Task<DbConnection> OpenAsync()
    {
        var connection = provider.Connect(ConnectionString("Pooling=false"));
        await connection.OpenAsync();
        return connection;
    }

    private static DbCommand Command(DbConnection connection, string text)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        return command;
    }

    private static async Task<object?> Scalar(DbConnection connection, string text)
    {
        await using var command = Command(connection, text);
        return await command.ExecuteScalarAsync();
    }

    private static DbParameter Add(DbCommand command, string name, DbType type, object? value)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.DbType, parameter.Value) = (name, type, value ?? DBNull.Value);
        command.Parameters.Add(parameter);
        return parameter;
    }
}
