using System.Data;
using Npgsql;
using NpgsqlTypes;

namespace WireProxy.EndToEnd.Tests.Clients;

[TestFixture(Through.Transparent)]
[TestFixture(Through.Guarded)]
public sealed class NpgsqlTests(Through through) : ThroughGateway(through)
{
    [Test]
    public async Task A_batch_gives_each_result_in_its_place()
    {
        await using var connection = await OpenAsync();
        await using var batch = new NpgsqlBatch(connection);
        for (var n = 0; n < 200; n++)
        {
            var command = new NpgsqlBatchCommand("SELECT $1::int, repeat('x', $1)");
            command.Parameters.Add(new NpgsqlParameter { Value = n });
            batch.BatchCommands.Add(command);
        }

        await using var reader = await batch.ExecuteReaderAsync();
        for (var n = 0; n < 200; n++)
        {
            Assert.That(await reader.ReadAsync());
            Assert.That((reader.GetInt32(0), reader.GetString(1).Length), Is.EqualTo((n, n)));
            Assert.That(await reader.NextResultAsync(), Is.EqualTo(n < 199));
        }
    }

    [Test]
    public async Task An_error_in_a_batch_skips_what_follows_up_to_the_barrier()
    {
        await using var connection = await OpenAsync();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("CREATE TEMP TABLE b (n int)") { AppendErrorBarrier = true },
                new("INSERT INTO b VALUES (1)"),
                new("SELECT 1/0"),
                new("INSERT INTO b VALUES (2)"),
            },
        };

        var error = await Assert.ThrowsAsync<PostgresException>(() => batch.ExecuteNonQueryAsync());

        Assert.That(error!.SqlState, Is.EqualTo("22012"));
        await using var count = new NpgsqlCommand("SELECT count(*) FROM b", connection);
        Assert.That(await count.ExecuteScalarAsync(), Is.Zero);
    }

    [Test]
    public async Task A_prepared_statement_is_executed_many_times()
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand("SELECT $1 * 2", connection);
        var parameter = new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Integer };
        command.Parameters.Add(parameter);
        await command.PrepareAsync();

        for (var n = 0; n < 1_000; n++)
        {
            parameter.Value = n;
            Assert.That(await command.ExecuteScalarAsync(), Is.EqualTo(2 * n));
        }
        await using var statements = new NpgsqlCommand("SELECT sum(generic_plans + custom_plans) FROM pg_prepared_statements", connection);
        Assert.That(await statements.ExecuteScalarAsync(), Is.EqualTo(1_000m));
    }

    [Test]
    public async Task A_binary_import_and_export_keep_a_hundred_thousand_rows()
    {
        await using var connection = await OpenAsync();
        await using var create = new NpgsqlCommand("CREATE TEMP TABLE i (n int, t text, at timestamptz)", connection);
        await create.ExecuteNonQueryAsync();
        var at = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

        await using (var import = await connection.BeginBinaryImportAsync("COPY i FROM STDIN (FORMAT binary)"))
        {
            for (var n = 0; n < 100_000; n++)
                await import.WriteRowAsync(CancellationToken.None, n, n % 7 == 0 ? DBNull.Value : $"text {n}", at.AddSeconds(n));
            Assert.That(await import.CompleteAsync(), Is.EqualTo(100_000));
        }

        var rows = 0;
        await using (var export = await connection.BeginBinaryExportAsync("COPY i TO STDOUT (FORMAT binary)"))
        {
            for (; await export.StartRowAsync() != -1; rows++)
            {
                Assert.That(await export.ReadAsync<int>(), Is.EqualTo(rows));
                Assert.That(export.IsNull, Is.EqualTo(rows % 7 == 0));
                if (export.IsNull)
                    await export.SkipAsync();
                else
                    Assert.That(await export.ReadAsync<string>(), Is.EqualTo($"text {rows}"));
                Assert.That(await export.ReadAsync<DateTime>(NpgsqlDbType.TimestampTz), Is.EqualTo(at.AddSeconds(rows)));
            }
        }
        Assert.That(rows, Is.EqualTo(100_000));
    }

    [Test]
    public async Task A_text_import_and_export_keep_every_line_and_an_abandoned_import_leaves_nothing()
    {
        await using var connection = await OpenAsync();
        await using var create = new NpgsqlCommand("CREATE TEMP TABLE i (n int, t text)", connection);
        await create.ExecuteNonQueryAsync();

        await using (var import = await connection.BeginTextImportAsync("COPY i FROM STDIN"))
            await import.WriteAsync("1\tone\n2\t\\N\n");
        await using (var import = await connection.BeginBinaryImportAsync("COPY i FROM STDIN (FORMAT binary)"))
            await import.WriteRowAsync(CancellationToken.None, 3, "never completed");

        using var export = await connection.BeginTextExportAsync("COPY i TO STDOUT");
        Assert.That(await export.ReadToEndAsync(), Is.EqualTo("1\tone\n2\t\\N\n"));
    }

    [Test]
    public async Task A_cancelled_command_leaves_the_connection_usable()
    {
        await using var connection = await OpenAsync();
        for (var round = 0; round < 5; round++)
        {
            using var cancellation = new CancellationTokenSource();
            await using var sleep = new NpgsqlCommand("SELECT pg_sleep(60)", connection);
            var sleeping = sleep.ExecuteNonQueryAsync(cancellation.Token);
            await Server.SleepsAsync(connection.ProcessID);
            await cancellation.CancelAsync();

            var error = await Assert.CatchAsync<OperationCanceledException>(() => sleeping);

            Assert.That((error!.InnerException as PostgresException)?.SqlState, Is.EqualTo("57014"));
            await using var next = new NpgsqlCommand("SELECT 7", connection);
            Assert.That(await next.ExecuteScalarAsync(), Is.EqualTo(7));
        }
    }

    [Test]
    public async Task A_notification_reaches_an_idle_listener()
    {
        await using var listener = await OpenAsync();
        await using var listen = new NpgsqlCommand("LISTEN news", listener);
        await listen.ExecuteNonQueryAsync();
        var heard = new List<string>();
        listener.Notification += (_, notification) => heard.Add($"{notification.PID} {notification.Channel} {notification.Payload}");

        await using var speaker = await OpenAsync();
        await using var notify = new NpgsqlCommand("NOTIFY news, 'good'", speaker);
        await notify.ExecuteNonQueryAsync();
        await listener.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.That(heard, Is.EqualTo((string[])[$"{speaker.ProcessID} news good"]));
    }

    [Test]
    public async Task Half_read_results_are_dropped_and_the_next_query_is_answered()
    {
        await using var connection = await OpenAsync();
        await using (var many = new NpgsqlCommand("SELECT n, repeat('x', 1000) FROM generate_series(1, 20000) n", connection))
        await using (var reader = await many.ExecuteReaderAsync(CommandBehavior.SequentialAccess))
        {
            await reader.ReadAsync();
            Assert.That(reader.GetInt32(0), Is.EqualTo(1));
        }
        await using var next = new NpgsqlCommand("SELECT 'next'", connection);

        Assert.That(await next.ExecuteScalarAsync(), Is.EqualTo("next"));
    }

    [Test]
    public async Task A_table_made_in_the_same_transaction_is_read()
    {
        await using var connection = await OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var create = new NpgsqlCommand("CREATE TABLE outer_transaction AS SELECT 1 AS n, 'text' AS t", connection);
        await create.ExecuteNonQueryAsync();
        await using var select = new NpgsqlCommand("SELECT n, t, n + 1 FROM outer_transaction", connection);

        await using var reader = await select.ExecuteReaderAsync();

        Assert.That(await reader.ReadAsync());
        Assert.That((reader.GetInt32(0), reader.GetString(1), reader.GetInt32(2)), Is.EqualTo((1, "text", 2)));
    }

    [Test]
    public async Task A_pool_of_connections_works_in_parallel()
    {
        var settings = Clinic.ConnectionString(Port);
        settings.Pooling = true;
        settings.MaxPoolSize = 16;
        await using var source = NpgsqlDataSource.Create(settings);

        var sums = await Task.WhenAll(Enumerable.Range(0, 64).Select(async worker =>
        {
            var sum = 0;
            for (var n = 0; n < 50; n++)
            {
                await using var command = source.CreateCommand("SELECT $1::int");
                command.Parameters.Add(new NpgsqlParameter { Value = worker });
                sum += (int)(await command.ExecuteScalarAsync())!;
            }
            return sum;
        }));

        Assert.That(sums, Is.EqualTo(Enumerable.Range(0, 64).Select(worker => 50 * worker)));
    }
}
