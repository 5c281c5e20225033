using System.Data.Common;
using WireProxy.EndToEnd.Tests.Tds.Clients;
using WireProxy.TdsStandIn.Tests.Clients;
using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Tds.Mars;

/// <summary>Both SqlClients with MultipleActiveResultSets, through gateways that encrypt in their ways.</summary>
[TestFixtureSource(nameof(Fixtures))]
public sealed class SqlClientMarsTests(SqlClientProvider provider, ClientRoute route, string encryption)
{
    // More than all windows and buffers between the server and the client hold.
    private const string ManyRows = "SELECT a.id * 1000 + b.id, REPLICATE('x', 100) FROM dbo.numbers AS a CROSS JOIN dbo.numbers AS b";
    private const int Numbers = 70;

    private GatewayProcess _gateway = null!;

    private static IEnumerable<object[]> Fixtures() =>
        from provider in SqlClientProvider.All
        from way in ((ClientRoute, string)[])
        [
            (ClientRoute.Plain, "Encrypt=false"), (ClientRoute.PlainJudged, "Encrypt=false"), (ClientRoute.PreferToLogin, "Encrypt=false"),
            (ClientRoute.RequireToFull, "Encrypt=true;TrustServerCertificate=true"),
        ]
        select (object[])[provider, way.Item1, way.Item2];

    [OneTimeSetUp]
    public async Task Start()
    {
        _gateway = await ClientRoutes.GatewayAsync(route);
        await using var connection = await OpenAsync("Pooling=false");
        await ExecuteAsync(connection, """
            IF OBJECT_ID('dbo.numbers') IS NULL
            BEGIN
              CREATE TABLE dbo.numbers (id int NOT NULL PRIMARY KEY);
              DECLARE @i int = 1;
              WHILE @i <= 70 BEGIN INSERT dbo.numbers VALUES (@i); SET @i = @i + 1 END
            END
            """);
    }

    [Test]
    public async Task Readers_that_are_read_in_turns()
    {
        await using var connection = await OpenAsync("Pooling=false");
        var readers = new List<DbDataReader>();
        for (int i = 0; i < 5; i++)
            readers.Add(await Command(connection, ManyRows).ExecuteReaderAsync());
        int rows = 0;
        for (bool more = true; more; rows++)
        {
            bool[] moved = [.. await Task.WhenAll(readers.Select(reader => reader.ReadAsync()))];
            Assert.That(moved.Distinct().Count(), Is.EqualTo(1));
            more = moved[0];
            if (more)
                Assert.That(readers.Select(reader => reader.GetInt32(0)).Distinct().Count(), Is.EqualTo(1));
        }
        Assert.That(rows, Is.EqualTo(Numbers * Numbers + 1));
        foreach (var reader in readers)
            await reader.DisposeAsync();
    }

    [Test]
    public async Task A_command_for_each_row_of_a_reader()
    {
        await using var connection = await OpenAsync("Pooling=false");
        await using var outer = Command(connection, "SELECT id FROM dbo.numbers ORDER BY id");
        await using var inner = Command(connection, "SELECT @n + 1");
        var parameter = inner.CreateParameter();
        (parameter.ParameterName, parameter.Value) = ("@n", 0);
        inner.Parameters.Add(parameter);
        int sum = 0;
        await using var reader = await outer.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            parameter.Value = reader.GetInt32(0);
            sum += (int)(await inner.ExecuteScalarAsync())!;
        }
        Assert.That(sum, Is.EqualTo(Numbers * (Numbers + 1) / 2 + Numbers));
    }

    [Test]
    public async Task A_reader_that_nobody_reads_holds_up_no_other()
    {
        await using var connection = await OpenAsync("Pooling=false");
        await using var unread = await Command(connection, ManyRows).ExecuteReaderAsync();
        for (int i = 0; i < 20; i++)
            Assert.That(await ScalarAsync(connection, "SELECT COUNT(*) FROM dbo.numbers"), Is.EqualTo(Numbers));
        int rows = 0;
        while (await unread.ReadAsync())
            rows++;
        Assert.That(rows, Is.EqualTo(Numbers * Numbers));
    }

    [Test]
    public async Task Cancelling_one_leaves_the_others()
    {
        await using var connection = await OpenAsync("Pooling=false");
        await using var kept = await Command(connection, ManyRows).ExecuteReaderAsync();
        await kept.ReadAsync();
        await using (var given = Command(connection, ManyRows))
        await using (var reader = await given.ExecuteReaderAsync())
        {
            await reader.ReadAsync();
            given.Cancel();
        }
        int rows = 1;
        while (await kept.ReadAsync())
            rows++;
        Assert.That(rows, Is.EqualTo(Numbers * Numbers));
        Assert.That(await ScalarAsync(connection, "SELECT 5"), Is.EqualTo(5));
    }

    [Test]
    public async Task A_transaction_over_two_readers()
    {
        await using var connection = await OpenAsync("Pooling=false");
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using var first = Command(connection, ManyRows, transaction);
            await using (var reader = await first.ExecuteReaderAsync())
            {
                await reader.ReadAsync();
                await using var change = Command(connection, "INSERT dbo.numbers VALUES (1000)", transaction);
                await change.ExecuteNonQueryAsync();
                await using var second = Command(connection, "SELECT COUNT(*) FROM dbo.numbers", transaction);
                await using var counted = await second.ExecuteReaderAsync();
                await counted.ReadAsync();
                Assert.That(counted.GetInt32(0), Is.EqualTo(Numbers + 1));
                Assert.That(await reader.ReadAsync(), Is.True);
            }
            await transaction.RollbackAsync();
        }
        Assert.That(await ScalarAsync(connection, "SELECT COUNT(*) FROM dbo.numbers"), Is.EqualTo(Numbers));
    }

    [Test]
    public async Task Prepared_statements_serve_all_sessions()
    {
        await using var connection = await OpenAsync("Pooling=false");
        await using var prepared = Command(connection, "SELECT id FROM dbo.numbers WHERE id > @n");
        var parameter = prepared.CreateParameter();
        (parameter.ParameterName, parameter.DbType, parameter.Value) = ("@n", System.Data.DbType.Int32, 0);
        prepared.Parameters.Add(parameter);
        await prepared.PrepareAsync();
        await using (var first = await prepared.ExecuteReaderAsync())
            Assert.That(await first.ReadAsync(), Is.True);
        await using var held = await Command(connection, ManyRows).ExecuteReaderAsync();
        parameter.Value = Numbers - 1;
        // Another session than that which has prepared it.
        await using var again = await prepared.ExecuteReaderAsync();
        Assert.That(await again.ReadAsync(), Is.True);
        Assert.That(again.GetInt32(0), Is.EqualTo(Numbers));
    }

    [Test]
    public async Task A_pooled_connection_begins_anew()
    {
        string pool = $"Application Name=mars{Guid.NewGuid():N};Max Pool Size=1";
        await using (var first = await OpenAsync(pool))
        {
            await ExecuteAsync(first, "CREATE TABLE #t (a int); USE master");
            await using var left = await Command(first, "SELECT * FROM clinic.dbo.numbers").ExecuteReaderAsync();
            await left.ReadAsync();
        }
        await using var second = await OpenAsync(pool);
        await using var reader = await Command(second, ManyRows).ExecuteReaderAsync();
        Assert.That(await ScalarAsync(second, "SELECT DB_NAME() + ISNULL(OBJECT_NAME(OBJECT_ID('tempdb..#t')), '-')"), Is.EqualTo("clinic-"));
    }

    /// <summary>One call at a time: MARS makes no SqlConnection safe to be used by several threads (dotnet/SqlClient issue 1620).</summary>
    [Test]
    public async Task Many_at_once_on_one_connection()
    {
        await using var connection = await OpenAsync("Pooling=false");
        var readers = new List<DbDataReader>();
        for (int i = 0; i < 30; i++)
            readers.Add(await Command(connection, $"SELECT {i}; {ManyRows}").ExecuteReaderAsync());
        for (int i = 0; i < readers.Count; i++)
        {
            Assert.That(await readers[i].ReadAsync());
            Assert.That(readers[i].GetInt32(0), Is.EqualTo(i));
            Assert.That(await readers[i].NextResultAsync());
        }
        int[] rows = new int[readers.Count];
        for (bool more = true; more;)
        {
            more = false;
            for (int i = 0; i < readers.Count; i++)
            {
                if (!await readers[i].ReadAsync())
                    continue;
                rows[i]++;
                more = true;
            }
        }
        Assert.That(rows, Has.All.EqualTo(Numbers * Numbers));
        foreach (var reader in readers)
            await reader.DisposeAsync();
    }

    private async Task<DbConnection> OpenAsync(string more)
    {
        var connection = provider.Connect(
            $"Server=127.0.0.1,{_gateway.Port};User ID=sa;Password={TdsClinic.Password};Database=clinic;Connect Timeout=10;" +
            $"MultipleActiveResultSets=true;{encryption};{more}");
        await connection.OpenAsync();
        return connection;
    }

    private static DbCommand Command(DbConnection connection, string text, DbTransaction? transaction = null)
    {
        var command = connection.CreateCommand();
        (command.CommandText, command.Transaction) = (text, transaction);
        return command;
    }

    private static async Task ExecuteAsync(DbConnection connection, string text)
    {
        await using var command = Command(connection, text);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<object?> ScalarAsync(DbConnection connection, string text)
    {
        await using var command = Command(connection, text);
        return await command.ExecuteScalarAsync();
    }
}
