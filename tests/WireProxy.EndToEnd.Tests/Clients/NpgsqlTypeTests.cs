using System.Collections;
using System.Net;
using System.Net.NetworkInformation;
using System.Numerics;
using Npgsql;
using NpgsqlTypes;

namespace WireProxy.EndToEnd.Tests.Clients;

/// <summary>Npgsql sends and reads every type in binary.</summary>
[TestFixture(Through.Transparent)]
[TestFixture(Through.Guarded)]
public sealed class NpgsqlTypeTests(Through through) : ThroughGateway(through)
{
    private static readonly object[] Values =
    [
        true, (short)-32768, int.MinValue, long.MaxValue, 1.5f, -2.25e300, double.NaN, 12345678901234567890.123456789m,
        BigInteger.Parse("123456789012345678901234567890", null), "text with \u00e4 \u4f60 \U0001f600", "", 'x', new byte[] { 0, 1, 255 },
        Array.Empty<byte>(), new DateOnly(1987, 6, 5), DateOnly.MinValue, new TimeOnly(23, 59, 59, 999),
        new DateTime(2024, 2, 29, 12, 34, 56, 789, DateTimeKind.Utc), new DateTime(2024, 2, 29, 12, 34, 56, DateTimeKind.Unspecified),
        TimeSpan.FromDays(400.5), Guid.Parse("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), IPAddress.Parse("2001:db8::1"),
        PhysicalAddress.Parse("08002b010203"), new BitArray([true, false, true]), new int[] { 1, -2, 3 }, new string[] { "a", "b,\"c" },
        new int[,] { { 1, 2 }, { 3, 4 } }, new NpgsqlPoint(1.5, -2), new NpgsqlBox(3, 4, 1, 2), new NpgsqlCircle(1, 2, 3),
        new NpgsqlRange<int>(1, true, 9, false), new NpgsqlRange<DateOnly>(new DateOnly(2020, 1, 1), true, new DateOnly(2021, 1, 1), false),
    ];

    [TestCaseSource(nameof(Values))]
    public async Task A_value_comes_back_as_it_went(object value)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand("SELECT $1, $1 IS NULL", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = value });

        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();

        Assert.That(reader.GetBoolean(1), Is.False);
        Assert.That(Read(reader, value.GetType()), Is.EqualTo(value));
    }

    [Test]
    public async Task Null_and_json_and_infinity_come_back_as_they_went()
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand("SELECT $1::text, $2::jsonb, $3::timestamptz, $4::numeric, $5::interval", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new NpgsqlParameter { Value = """{"a": [1, null]}""", NpgsqlDbType = NpgsqlDbType.Jsonb });
        command.Parameters.Add(new NpgsqlParameter { Value = DateTime.MaxValue, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new NpgsqlParameter { Value = -0.000000001m });
        command.Parameters.Add(new NpgsqlParameter { Value = new NpgsqlInterval(14, 3, 4_000_000) });

        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();

        Assert.That(reader.IsDBNull(0));
        Assert.That(reader.GetString(1), Is.EqualTo("""{"a": [1, null]}"""));
        Assert.That(reader.GetFieldValue<DateTime>(2), Is.EqualTo(DateTime.MaxValue));
        Assert.That(reader.GetDecimal(3), Is.EqualTo(-0.000000001m));
        Assert.That(reader.GetFieldValue<NpgsqlInterval>(4), Is.EqualTo(new NpgsqlInterval(14, 3, 4_000_000)));
    }

    [Test]
    public async Task An_enum_and_a_composite_of_the_database_are_read()
    {
        var schema = $"types_{Kind}".ToLowerInvariant();
        await Server.ScriptAsync($"""
            CREATE SCHEMA {schema};
            CREATE TYPE {schema}.mood AS ENUM ('calm', 'worried');
            CREATE TYPE {schema}.pair AS (a int, b text);
            """);
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(
            $"SELECT 'worried'::{schema}.mood::text, (ROW(1, 'x')::{schema}.pair).b, enum_range(NULL::{schema}.mood)::text[]", connection);

        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();

        Assert.That(reader.GetString(0), Is.EqualTo("worried"));
        Assert.That(reader.GetString(1), Is.EqualTo("x"));
        Assert.That(reader.GetFieldValue<string[]>(2), Is.EqualTo((string[])["calm", "worried"]));
    }

    private static object Read(NpgsqlDataReader reader, Type type) =>
        typeof(NpgsqlDataReader).GetMethod(nameof(NpgsqlDataReader.GetFieldValue))!.MakeGenericMethod(type).Invoke(reader, [0])!;
}
