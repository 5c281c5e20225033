using System.Text;
using WireProxy.Policy;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Postgres.Masking;
using WireProxy.Sql;
using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Postgres.Masking;

/// <summary>A real server judges: what comes out of a mask has to be a value that it accepts for the type, in both formats.</summary>
public sealed class MasksOnAServerTests
{
    private static readonly (string Type, string[] Values)[] samples =
    [
        ("text", ["Ada", "", "1987-03-04", "94110", "O'Brien \"x\" \\ {y}"]), ("varchar", ["Ada"]), ("char(8)", ["Ada"]), ("name", ["ada"]),
        ("\"char\"", ["F"]), ("refcursor", ["c1"]), ("bool", ["t"]), ("int2", ["-5"]), ("int4", ["94110"]), ("int8", ["1"]), ("oid", ["4000000000"]),
        ("float4", ["1.5", "NaN"]), ("float8", ["-Infinity", "0.1"]), ("numeric", ["12345678901234567890.12345", "NaN", "-0.001"]),
        ("money", ["12.50"]), ("date", ["1987-03-04", "infinity", "0044-03-15 BC", "5874897-12-31", "4713-01-01 BC"]),
        ("time", ["10:11:12.5"]), ("timetz", ["10:11:12+05:30"]),
        ("timestamp", ["1987-03-04 10:11:12.5", "-infinity", "0044-03-15 10:00:00 BC", "294276-12-31 23:59:59", "4713-01-01 00:00:00 BC"]),
        ("timestamptz", ["1987-07-04 10:11:12+02", "infinity", "0044-03-15 10:00:00+00 BC", "1880-01-02 03:04:05+00"]),
        ("interval", ["1 year 2 days 03:04:05"]), ("uuid", ["6f9619ff-8b86-d011-b42d-00c04fc964ff"]), ("json", ["{\"a\": [1, null]}"]),
        ("jsonb", ["{\"a\": [1, null]}", "7"]), ("xml", ["<a>b</a>"]), ("bytea", ["\\xdeadbeef"]), ("inet", ["10.1.2.3/8", "2001:db8::1"]),
        ("cidr", ["10.0.0.0/8"]), ("macaddr", ["08:00:2b:01:02:03"]), ("macaddr8", ["08:00:2b:01:02:03:04:05"]), ("bit(10)", ["1011101110"]),
        ("bit varying", ["101"]), ("tsvector", ["'fat':2 'rat':3"]), ("point", ["(1,2)"]), ("lseg", ["[(1,2),(3,4)]"]),
        ("box", ["(3,4),(1,2)"]), ("circle", ["<(1,2),3>"]), ("path", ["[(1,2),(3,4)]"]), ("polygon", ["((1,2),(3,4))"]),
        ("int4range", ["[1,5)"]), ("numrange", ["(,1.5]"]), ("tsrange", ["[2020-01-01,2020-02-01)"]), ("tstzrange", ["empty"]),
        ("daterange", ["[2020-01-01,)"]), ("int8range", ["[1,2)"]), ("int4multirange", ["{[1,5)}"]), ("nummultirange", ["{}"]),
        ("tsmultirange", ["{}"]), ("tstzmultirange", ["{}"]), ("datemultirange", ["{[2020-01-01,)}"]), ("int8multirange", ["{}"]),
        ("text[]", ["{}", "{a,NULL,\"\",\"x \\\"y\\\\ {z}, NULL\",\"NULL\"}", "{{a,b},{c,d}}", "[-1:0]={a,b}"]),
        ("int4[]", ["{1,NULL,3}", "[2:3][5:5]={{1},{2}}"]), ("date[]", ["{1987-03-04,infinity}"]), ("uuid[]", ["{6f9619ff-8b86-d011-b42d-00c04fc964ff}"]),
        ("jsonb[]", ["{\"{\\\"a\\\": 1}\"}"]), ("numeric[]", ["{1.5,NaN}"]), ("timestamptz[]", ["{\"1987-07-04 10:11:12+02\"}"]), ("bool[]", ["{t,f}"]),
        ("bytea[]", ["{\"\\\\xdead\"}"]), ("int4range[]", ["{\"[1,5)\"}"]), ("point[]", ["{\"(1,2)\"}"]), ("bit(3)[]", ["{101}"]), ("inet[]", ["{10.0.0.1}"]),
    ];

    private static readonly string[] masks =
    [
        "redact", "null", "hash", "keep_last 3", "keep_first 3", "year", "zip3", "constant hidden", "constant 12", "constant -12.50", "constant 1e2",
        "constant 2001-02-03", "constant 2001-02-03 04:05:06.7", "constant 04:05", "constant 00000000-0000-4000-8000-000000000000",
        "constant {\"x\": \"\\\"{}\"}", "constant \\x00ff", "constant ::1", "constant true", "constant NaN",
    ];

    private PostgresServer server = null!;
    private WireClient client = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        if (!File.Exists(PostgresInstallation.Debian15.Program("postgres")))
            Assert.Ignore("PostgreSQL 15 is not installed here.");
        server = await PostgresServer.StartAsync(new PostgresServerOptions { Tls = false });
        client = await WireClient.LogInAsync(server.Port, parameters: [("TimeZone", "America/New_York")]);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (client is not null)
            await client.DisposeAsync();
        if (server is not null)
            await server.DisposeAsync();
    }

    [Test]
    public async Task The_list_of_arrays_is_pg_types()
    {
        string listed = string.Join('\n', TypeId.Arrays.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key}|{pair.Value}|,"));
        string found = await server.QueryAsync(
            $"SELECT oid, typelem, typdelim FROM pg_type WHERE oid IN ({string.Join(',', TypeId.Arrays.Select(pair => pair.Key))}) AND typcategory = 'A' ORDER BY oid");
        Assert.That(found, Is.EqualTo(listed));
    }

    [TestCaseSource(nameof(masks))]
    public async Task Every_masked_value_is_accepted_back_and_the_same_in_both_formats(string mask)
    {
        foreach ((string type, string[] values) in samples)
            foreach (string value in values)
            {
                string name = $"{mask} of {type} {value}";
                (uint oid, byte[] text) = await FetchAsync(type, value, 0);
                (_, byte[] binary) = await FetchAsync(type, value, 1);
                byte[]? maskedText = Masked.Bytes(Masked.Parse(mask), oid, false, text);
                byte[]? maskedBinary = Masked.Bytes(Masked.Parse(mask), oid, true, binary);
                string? back = await SendBackAsync(oid, 0, maskedText, name);
                string? backFromBinary = await SendBackAsync(oid, 1, maskedBinary, name);
                // The year of a moment is the session's in text and UTC's in binary.
                if (mask != "year" || !type.StartsWith("timestamptz", StringComparison.Ordinal))
                    Assert.That(backFromBinary, Is.EqualTo(back), name);
                if (mask == "redact" && type != "bool")
                    Assert.That(back, Is.Not.Null, name);
            }
    }

    [TestCase("text", "")]
    [TestCase("text", ", DELIMITER '|', NULL 'nothing'")]
    [TestCase("text", ", HEADER")]
    [TestCase("csv", "")]
    [TestCase("csv", ", HEADER, FORCE_QUOTE *")]
    [TestCase("csv", ", DELIMITER ';', QUOTE '''', ESCAPE '\\', NULL 'nil'")]
    [TestCase("binary", "")]
    public async Task A_masked_copy_is_read_back_with_the_clear_columns_unchanged(string format, string options)
    {
        await server.QueryAsync(
            """
            DROP TABLE IF EXISTS people, copied;
            CREATE TABLE people (id int, note text, ssn text, born date, tags text[], flag bool, tail text);
            INSERT INTO people
                SELECT i, n, n || '123-45-6789', date '1987-03-04' + i, ARRAY[n, NULL], i % 2 = 0, n
                FROM (VALUES (1, ''), (2, NULL), (3, E'a\tb\nc\\d'), (4, ',";|''nothing'), (5, '\.'), (6, E'\r\b\f\v'), (7, 'nil'), (8, '\N'), (9, '{"é"}')) AS v (i, n);
            CREATE TABLE copied (LIKE people);
            """);
        (string format, string options) asked = (format, options);
        IReadOnlyList<WireMessage> copy = await client.QueryAsync($"COPY people TO STDOUT (FORMAT {asked.format}{asked.options})");
        CopyMask mask = CopyMask.Create(
            FactsOf(format, options), [null, null, new Mask.KeepLast(4), Mask.Year, Mask.Redact, Mask.Redact, null], [23, 25, 25, 1082, 1009, 16, 25])!;
        await client.SendAsync(WireBuilder.Query($"COPY copied FROM STDIN (FORMAT {format}{options.Replace(", FORCE_QUOTE *", "")})"));
        using WireWriter writer = new();
        foreach (WireMessage message in copy.Where(message => message.Type == 'd'))
            mask.WriteMasked(message.Body, writer);
        await client.SendAsync(writer.WrittenSpan.ToArray(), WireBuilder.CopyDone);
        IReadOnlyList<WireMessage> answer = await client.ReadUntilAsync('Z');
        Assert.That(answer.Select(message => message.Type), Does.Not.Contain('E'), string.Join(' ', answer));
        string differing = await server.QueryAsync(
            """
            SELECT count(*) FILTER (WHERE p.note IS NOT DISTINCT FROM c.note AND p.tail IS NOT DISTINCT FROM c.tail),
                   count(*) FILTER (WHERE c.ssn = '****6789'), count(*) FILTER (WHERE c.ssn IS NULL AND p.ssn IS NULL),
                   count(*) FILTER (WHERE c.born = '1987-01-01'), count(*) FILTER (WHERE c.flag IS NULL),
                   count(*) FILTER (WHERE c.tags = ARRAY[CASE WHEN p.note IS NOT NULL THEN '****' END, NULL])
            FROM people p JOIN copied c USING (id)
            """);
        // Where NULL is written like a value, it is masked like one.
        Assert.That(differing, Is.EqualTo(options.Contains("nothing", StringComparison.Ordinal) ? "9|8|0|9|9|9" : "9|8|1|9|9|9"));
    }

    private static CopyFacts FactsOf(string format, string options)
    {
        bool isOdd = options.Contains("QUOTE ''''", StringComparison.Ordinal);
        byte delimiter = format == "text" ? options.Contains('|', StringComparison.Ordinal) ? (byte)'|' : (byte)'\t' : isOdd ? (byte)';' : (byte)',';
        string nullText = options.Contains("nothing", StringComparison.Ordinal) ? "nothing" : isOdd ? "nil" : format == "csv" ? "" : "\\N";
        return new CopyFacts(
            true, false, null, [], null, format, delimiter, isOdd ? (byte)'\'' : (byte)'"', isOdd ? (byte)'\\' : (byte)'"', nullText,
            options.Contains("HEADER", StringComparison.Ordinal));
    }

    private async Task<(uint Type, byte[] Value)> FetchAsync(string type, string value, int format)
    {
        await client.SendAsync(
            WireBuilder.Parse($"SELECT '{value.Replace("'", "''")}'::{type}"), WireBuilder.Bind(format: format), WireBuilder.Describe('P'),
            WireBuilder.Execute(), WireBuilder.Sync);
        IReadOnlyList<WireMessage> answer = await client.ReadUntilAsync('Z');
        WireMessage? row = answer.FirstOrDefault(message => message.Type == 'D');
        Assert.That(row, Is.Not.Null, $"{type} {value}: {string.Join(' ', answer)}");
        byte[] description = answer.First(message => message.Type == 'T').Body;
        int name = Array.IndexOf(description, (byte)0, 2);
        return (System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(description.AsSpan(name + 7)), row!.Columns[0]!);
    }

    /// <summary>The masked value as a parameter of its own type, and what the server reads in it.</summary>
    private async Task<string?> SendBackAsync(uint type, int format, byte[]? value, string name)
    {
        if (value is null)
            return null;
        await client.SendAsync(
            WireBuilder.Parse("SELECT $1", types: (int)type),
            WireBuilder.Message('B', WireBuilder.Text(""), WireBuilder.Text(""), WireBuilder.Int16(1), WireBuilder.Int16(format), WireBuilder.Int16(1),
                WireBuilder.Int32(value.Length), value, WireBuilder.Int16(0)),
            WireBuilder.Execute(), WireBuilder.Sync);
        IReadOnlyList<WireMessage> answer = await client.ReadUntilAsync('Z');
        WireMessage? row = answer.FirstOrDefault(message => message.Type == 'D');
        Assert.That(row, Is.Not.Null, $"{name}, format {format}: {string.Join(' ', answer)}: {Encoding.UTF8.GetString(value)}");
        return row!.Texts[0];
    }
}
