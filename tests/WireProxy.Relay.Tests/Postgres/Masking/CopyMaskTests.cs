using System.Text;
using WireProxy.Policy;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Postgres.Masking;
using WireProxy.Sql;
using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Postgres.Masking;

public sealed class CopyMaskTests
{
    private static readonly CopyFacts text = new(true, false, null, [], null, "text", (byte)'\t', 0, 0, "\\N", false);
    private static readonly CopyFacts csv = text with { Format = "csv", Delimiter = (byte)',', Quote = (byte)'"', Escape = (byte)'"', Null = "" };
    private static readonly CopyFacts binary = text with { Format = "binary" };
    private static readonly byte[] header = [.. "PGCOPY\n"u8, 0xFF, .. "\r\n\0"u8, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Three columns: clear, masked, clear.</summary>
    private static CopyMask Middle(CopyFacts facts, string mask = "redact", uint type = TypeId.Text) =>
        CopyMask.Create(facts, [null, Masked.Parse(mask), null], [TypeId.Text, type, TypeId.Text])!;

    private static string Write(CopyMask mask, string row) => Encoding.UTF8.GetString(Write(mask, Encoding.UTF8.GetBytes(row)));

    private static byte[] Write(CopyMask mask, byte[] row)
    {
        using WireWriter writer = new();
        mask.WriteMasked(row, writer);
        byte[] frame = writer.WrittenSpan.ToArray();
        Assert.That(frame, Is.EqualTo(WireBuilder.CopyData(frame[5..])));
        return frame[5..];
    }

    [Test]
    public void Without_a_masked_column_there_is_no_mask() =>
        Assert.That(CopyMask.Create(text, [null, null], [TypeId.Text, TypeId.Text]), Is.Null);

    [Test]
    public void A_list_of_another_length_and_an_unknown_format_are_refused()
    {
        Assert.Throws<ArgumentException>(() => CopyMask.Create(text, [Mask.Redact], []));
        Assert.Throws<ArgumentException>(() => CopyMask.Create(text with { Format = "xml" }, [Mask.Redact], [TypeId.Text]));
    }

    [TestCase("a\tsecret\tb\n", "a\t****\tb\n")]
    [TestCase("a\t\\N\tb\n", "a\t\\N\tb\n")]
    [TestCase("\t\t\n", "\t****\t\n")]
    [TestCase("x\\ty\tse\\tcret\tz\\\\\n", "x\\ty\t****\tz\\\\\n")]
    [TestCase("a\tsecret\\\\\tb\n", "a\t****\tb\n")]
    public void Text_is_masked_between_delimiters(string row, string masked) => Assert.That(Write(Middle(text), row), Is.EqualTo(masked));

    [TestCase("a\tx\\ty\\n\\\\z\tb\n", "a\t****\\n\\\\z\tb\n")]
    [TestCase("a\tx\\101\\102\\x43\tb\n", "a\t****ABC\tb\n")]
    [TestCase("a\txx\\b\\f\\v\tb\n", "a\t****\\b\\f\\v\tb\n")]
    [TestCase("a\txx\\r\\|\\.\tb\n", "a\t****\\r|.\tb\n")]
    public void Text_is_unescaped_before_the_mask_and_escaped_after_it(string row, string masked) =>
        Assert.That(Write(Middle(text, "keep_last 3"), row), Is.EqualTo(masked));

    [Test]
    public void Text_with_another_delimiter_escapes_that() =>
        Assert.That(Write(Middle(text with { Delimiter = (byte)'|' }, "keep_last 3"), "a\\|b|secret\\||c\n"), Is.EqualTo("a\\|b|****et\\||c\n"));

    [Test]
    public void Text_whose_mask_has_no_value_becomes_the_NULL_text()
    {
        Assert.That(Write(Middle(text, "redact", TypeId.Bool), "a\tt\tb\n"), Is.EqualTo("a\t\\N\tb\n"));
        Assert.That(Write(Middle(text with { Null = "-" }, "null"), "a\tt\tb\n"), Is.EqualTo("a\t-\tb\n"));
    }

    [Test]
    public void A_NULL_text_that_a_value_might_have_is_masked_like_a_value_so_that_a_guess_is_not_confirmed() =>
        Assert.That(Write(Middle(text with { Null = "123-45-6789" }), "123-45-6789\t123-45-6789\tb\n"), Is.EqualTo("123-45-6789\t****\tb\n"));

    [TestCase("a,secret,b\n", "a,****,b\n")]
    [TestCase("a,,b\n", "a,,b\n")]
    [TestCase("a,\"\",b\n", "a,\"****\",b\n")]
    [TestCase("\"x,y\",\"se\"\"cr,et\nmore\",\"\"\"\"\n", "\"x,y\",\"****\",\"\"\"\"\n")]
    public void Csv_is_masked_between_delimiters_and_quotes(string row, string masked) => Assert.That(Write(Middle(csv), row), Is.EqualTo(masked));

    [TestCase("a,\"se\"\"cr,e\"\"\",b\n", "a,\"****,e\"\"\",b\n")]
    [TestCase("a,\"a\nb\nc\",b\n", "a,\"****\nc\",b\n")]
    [TestCase("a,secret,b\n", "a,****ret,b\n")]
    public void Csv_is_unquoted_before_the_mask_and_quoted_after_it(string row, string masked) =>
        Assert.That(Write(Middle(csv, row.Contains('\n', StringComparison.Ordinal) && row.StartsWith("a,\"a", StringComparison.Ordinal) ? "keep_last 2" : "keep_last 3"), row),
            Is.EqualTo(masked));

    [Test]
    public void Csv_with_another_quote_and_escape_follows_them()
    {
        CopyFacts odd = csv with { Delimiter = (byte)';', Quote = (byte)'\'', Escape = (byte)'\\', Null = "nil" };
        Assert.That(Write(Middle(odd, "keep_last 4"), "nil;'x\\'se;c\\\\ret';'\\''\n"), Is.EqualTo("nil;'****\\\\ret';'\\''\n"));
        Assert.That(Write(Middle(odd), "a;nil;b\n"), Is.EqualTo("a;nil;b\n"));
        Assert.That(Write(Middle(odd), "a;'nil';b\n"), Is.EqualTo("a;'****';b\n"));
        Assert.That(Write(Middle(odd, "null"), "a;x;b\n"), Is.EqualTo("a;nil;b\n"));
        Assert.That(Write(Middle(odd, "constant nil"), "a;x;b\n"), Is.EqualTo("a;'nil';b\n"), "a value that looks like NULL");
    }

    [Test]
    public void A_block_of_lines_is_masked_as_its_lines_are_one_by_one_wherever_it_ends(
        [Values("text", "csv")] string format, [Values("redact", "keep_last 4", "hash", "null")] string mask, [Values(3, 12, 200)] int longest)
    {
        CopyFacts facts = format == "csv" ? csv : text;
        Mask parsed = Masked.Parse(mask);
        var random = new Random(longest);
        byte[] received = [];
        byte[] expected = [];
        List<(int Received, int Expected)> ends = [(0, 0)];
        for (int row = 0; row < 60; row++)
        {
            string[] values = [.. Enumerable.Range(0, 4).Select(_ => Value(random, longest, facts))];
            string?[] hidden = [values[0], Masked.Text(parsed, TypeId.Text, values[1]), values[2], Masked.Text(parsed, TypeId.Text, values[3])];
            bool[] quoted = [.. values.Select(value => format == "csv" && (value.Length == 0 || value.AsSpan().ContainsAny("\",\n\r")))];
            received = [.. received, .. WireBuilder.CopyData(Line(values, quoted, facts))];
            expected = [.. expected, .. WireBuilder.CopyData(Line(hidden, quoted, facts))];
            ends.Add((received.Length, expected.Length));
        }
        received = [.. received, .. "c\0\0\0\u0004"u8];
        for (int length = 0; length <= received.Length; length += 1 + random.Next(1 + (received.Length / 100)))
        {
            CopyMask copy = CopyMask.Create(facts, [null, parsed, null, parsed], [TypeId.Text, TypeId.Text, TypeId.Text, TypeId.Text])!;
            using WireWriter writer = new();
            writer.WriteBytes("before"u8);
            (int consumed, int written) = ends.FindLast(end => end.Received <= length);
            Assert.That(copy.WriteMaskedRows(received.AsSpan(0, length), writer), Is.EqualTo(consumed));
            Assert.That(writer.WrittenSpan[6..].SequenceEqual(expected.AsSpan(0, written)), $"cut at {length}");
        }
    }

    /// <summary>Mostly plain characters, and in every fourth value some that have to be escaped or quoted.</summary>
    private static string Value(Random random, int longest, CopyFacts facts)
    {
        string special = random.Next(4) == 0 ? "\\\t\n\r\"é" + (char)facts.Delimiter : "xyz";
        return string.Concat(Enumerable.Range(0, random.Next(longest + 1)).Select(_ =>
            random.Next(9) == 0 ? special[random.Next(special.Length)] : (char)('a' + random.Next(26))));
    }

    private static byte[] Line(string?[] values, bool[] quoted, CopyFacts facts) => Encoding.UTF8.GetBytes(
        string.Join((char)facts.Delimiter, values.Select((value, i) => Field(value, quoted[i], facts))) + "\n");

    private static string Field(string? value, bool quoted, CopyFacts facts) => value is null ? facts.Null
        : facts.Format == "csv" ? quoted || value.AsSpan().ContainsAny("\",\n\r") ? $"\"{value.Replace("\"", "\"\"")}\"" : value
        : value.Replace("\\", "\\\\").Replace("\t", "\\t").Replace("\n", "\\n").Replace("\r", "\\r");

    [TestCase(31)]
    [TestCase(32)]
    [TestCase(33)]
    [TestCase(64)]
    [TestCase(100)]
    public void A_delimiter_anywhere_in_a_line_divides_it_and_one_too_many_or_too_few_is_refused(int length)
    {
        CopyMask copy = CopyMask.Create(text, [null, Mask.Redact], [TypeId.Text, TypeId.Text])!;
        for (int at = 0; at < length; at++)
        {
            char[] line = [.. Enumerable.Repeat('x', length), '\n'];
            Assert.Throws<ProtocolException>(() => Write(copy, new string(line)));
            line[at] = '\t';
            Assert.That(Write(copy, new string(line)), Is.EqualTo(new string('x', at) + "\t****\n"));
            line[(at + (length / 2)) % length] = '\t';
            Assert.Throws<ProtocolException>(() => Write(copy, new string(line)));
            line[(at + (length / 2)) % length] = '\\';
            if ((at + (length / 2) + 1) % length == at || (at + (length / 2)) % length == length - 1)
                Assert.Throws<ProtocolException>(() => Write(copy, new string(line)));
        }
    }

    [Test]
    public void A_header_line_passes_once()
    {
        foreach (CopyFacts facts in new[] { text, csv })
        {
            char delimiter = (char)facts.Delimiter;
            string names = $"id{delimiter}ssn{delimiter}name\n";
            CopyMask mask = Middle(facts with { Header = true });
            Assert.That(Write(mask, names), Is.EqualTo(names));
            Assert.That(Write(mask, names), Is.EqualTo($"id{delimiter}****{delimiter}name\n"));
        }
    }

    [TestCase("text", "a\tb\n")]
    [TestCase("text", "a\tb\tc\td\n")]
    [TestCase("text", "a\tb\tc")]
    [TestCase("text", "")]
    [TestCase("text", "\n")]
    [TestCase("text", "a\tb\tc\\\n")]
    [TestCase("csv", "a,b\n")]
    [TestCase("csv", "a,b,c,d\n")]
    [TestCase("csv", "a,b,c")]
    [TestCase("csv", "a,\"b,c\n")]
    [TestCase("csv", "a,\"b\"x,c\n")]
    public void A_row_that_is_not_one_is_refused(string format, string row) =>
        Assert.Throws<ProtocolException>(() => Write(Middle(format == "text" ? text : csv), row));

    [Test]
    public void Binary_keeps_the_header_with_the_first_row_and_the_trailer()
    {
        CopyMask mask = Middle(binary);
        Assert.That(Write(mask, [.. header, .. Tuple("a", "secret", null)]), Is.EqualTo(header.Concat(Tuple("a", "****", null))));
        Assert.That(Write(mask, Tuple("b", null, "c")), Is.EqualTo(Tuple("b", null, "c")));
        Assert.That(Write(mask, [0xFF, 0xFF]), Is.EqualTo(new byte[] { 0xFF, 0xFF }));
        Assert.Throws<ProtocolException>(() => Write(mask, Tuple("d", "e", "f")));
    }

    [Test]
    public void Binary_without_rows_is_header_and_trailer_in_one()
    {
        byte[] all = [.. header, 0xFF, 0xFF];
        Assert.That(Write(Middle(binary), all), Is.EqualTo(all));
    }

    [Test]
    public void Binary_with_an_extension_of_the_header_keeps_it()
    {
        byte[] extended = [.. header[..^1], 2, 7, 7, .. Tuple("a", "b", "c")];
        Assert.That(Write(Middle(binary), extended), Is.EqualTo(header[..^1].Concat(new byte[] { 2, 7, 7 }).Concat(Tuple("a", "****", "c"))));
    }

    [Test]
    public void Binary_whose_mask_has_no_value_becomes_NULL() =>
        Assert.That(Write(Middle(binary, "redact", 16400), [.. header, .. Tuple("a", "b", "c")]), Is.EqualTo(header.Concat(Tuple("a", null, "c"))));

    [Test]
    public void Binary_that_is_not_a_copy_is_refused()
    {
        Assert.Throws<ProtocolException>(() => Write(Middle(binary), Tuple("a", "b", "c")));
        Assert.Throws<ProtocolException>(() => Write(Middle(binary), [.. header, .. Tuple("a", "b")]));
        byte[] oids = [.. header];
        oids[12] = 1;
        Assert.Throws<ProtocolException>(() => Write(Middle(binary), oids));
        byte[] row = [.. header, .. Tuple("a", "b", "c")];
        for (int length = 0; length < row.Length; length++)
            if (length != header.Length)
                Assert.Throws<ProtocolException>(() => Write(Middle(binary), row[..length]));
    }

    [TestCase("UTF8", true)]
    [TestCase("LATIN1", true)]
    [TestCase("EUC_JP", true)]
    [TestCase("SQL_ASCII", true)]
    [TestCase("SJIS", false)]
    [TestCase("shift_jis", false)]
    [TestCase("Windows-932", false)]
    [TestCase("gb18030", false)]
    [TestCase("GBK", false)]
    [TestCase("big5", false)]
    [TestCase("uhc", false)]
    [TestCase("johab", false)]
    [TestCase("SHIFT_JIS_2004", false)]
    public void Encodings_whose_characters_may_end_like_a_backslash_cannot_be_read(string encoding, bool can) =>
        Assert.That(CopyMask.CanRead(encoding), Is.EqualTo(can));

    [Test]
    public void In_such_an_encoding_no_row_of_text_passes()
    {
        CopyMask session = CopyMask.Create(text, [Mask.Redact], [TypeId.Text], "SJIS")!;
        Assert.Throws<ProtocolException>(() => Write(session, "a\n"));
        CopyMask option = CopyMask.Create(csv with { Encoding = "GBK" }, [Mask.Redact], [TypeId.Text], "UTF8")!;
        Assert.Throws<ProtocolException>(() => Write(option, "a\n"));
        CopyMask overridden = CopyMask.Create(csv with { Encoding = "UTF8" }, [Mask.Redact], [TypeId.Text], "SJIS")!;
        Assert.That(Write(overridden, "a\n"), Is.EqualTo("****\n"));
        Assert.That(CopyMask.Create(binary, [Mask.Redact], [TypeId.Text], "SJIS"), Is.InstanceOf<BinaryCopyMask>());
    }

    private static byte[] Tuple(params string?[] values) => WireBuilder.Join(
        WireBuilder.Int16(values.Length),
        WireBuilder.Join([.. values.Select(value => value is null
            ? WireBuilder.Int32(-1)
            : WireBuilder.Join(WireBuilder.Int32(value.Length), Encoding.UTF8.GetBytes(value)))]));
}
