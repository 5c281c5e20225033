using System.Text;
using WireProxy.Policy;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Postgres.Masking;
using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Postgres.Masking;

public sealed class RowMaskTests
{
    private static readonly MaskedColumn clear = new(null, TypeId.Text, 0);
    private static readonly MaskedColumn redacted = new(Mask.Redact, TypeId.Text, 0);
    private static readonly MaskedColumn lastTwo = new(new Mask.KeepLast(2), TypeId.Text, 0);
    private static readonly MaskedColumn impossible = new(Mask.Redact, TypeId.Bool, 0);

    private static byte[] Body(params string?[] values) => WireBuilder.Join(
        WireBuilder.Int16(values.Length),
        WireBuilder.Join([.. values.Select(value => value is null
            ? WireBuilder.Int32(-1)
            : WireBuilder.Join(WireBuilder.Int32(Encoding.UTF8.GetByteCount(value)), Encoding.UTF8.GetBytes(value)))]));

    private static byte[] Write(RowMask mask, byte[] body)
    {
        using WireWriter writer = new();
        writer.WriteBytes("before"u8);
        mask.WriteMasked(body, writer);
        return writer.WrittenSpan[6..].ToArray();
    }

    [Test]
    public void Without_a_masked_column_there_is_no_mask()
    {
        Assert.That(RowMask.Create([clear, clear]), Is.Null);
        Assert.That(RowMask.Create([]), Is.Null);
    }

    [Test]
    public void Masked_columns_change_and_the_others_do_not_wherever_they_stand()
    {
        MaskedColumn[] kinds = [clear, redacted, lastTwo, impossible];
        string?[] values = ["", "abc", null, "a longer value with \0 in it"];
        for (int pattern = 1; pattern < 256; pattern++)
            for (int offset = 0; offset < values.Length; offset++)
            {
                int shift = offset;
                MaskedColumn[] columns = [.. Enumerable.Range(0, 4).Select(i => kinds[(pattern >> (2 * i)) & 3])];
                string?[] row = [.. Enumerable.Range(0, 4).Select(i => values[(i + shift) % values.Length])];
                if (RowMask.Create(columns) is not { } mask)
                    continue;
                string?[] expected = [.. columns.Zip(row, Expected)];
                Assert.That(Write(mask, Body(row)), Is.EqualTo(WireBuilder.Message('D', Body(expected))));
            }
    }

    private static string? Expected(MaskedColumn column, string? value) =>
        value is null || column == impossible ? column.Mask is null ? value : null
        : column == redacted ? "****"
        : column == lastTwo ? value.Length <= 2 ? "****" : "****" + value[^2..]
        : value;

    [Test]
    public void A_column_in_an_unknown_format_becomes_NULL() =>
        Assert.That(Write(RowMask.Create([redacted with { Format = 2 }])!, Body("x")), Is.EqualTo(WireBuilder.Message('D', Body([null]))));

    [Test]
    public void A_row_with_another_number_of_columns_is_refused()
    {
        RowMask mask = RowMask.Create([clear, redacted])!;
        using WireWriter writer = new();
        Assert.Throws<ProtocolException>(() => mask.WriteMasked(Body("a"), writer));
        Assert.Throws<ProtocolException>(() => mask.WriteMasked(Body("a", "b", "c"), writer));
        Assert.Throws<ProtocolException>(() => mask.WriteMasked([0], writer));
        Assert.That(writer.Length, Is.Zero);
    }

    [Test]
    public void A_row_cut_anywhere_or_too_long_is_refused()
    {
        RowMask mask = RowMask.Create([clear, redacted, clear])!;
        byte[] body = Body("a", "b", "c");
        using WireWriter writer = new();
        for (int length = 0; length < body.Length; length++)
            Assert.Throws<ProtocolException>(() => mask.WriteMasked(body.AsSpan(0, length), writer));
        Assert.Throws<ProtocolException>(() => mask.WriteMasked([.. body, 0], writer));
        body[2] = 0xFF; // A length of -16777215.
        Assert.Throws<ProtocolException>(() => mask.WriteMasked(body, writer));
    }

    [Test]
    public void A_block_of_rows_is_masked_value_for_value_whatever_their_lengths_and_wherever_it_ends(
        [Values("redact", "keep_last 4", "keep_last 9", "keep_first 4", "hash", "zip3", "null", "constant as long as a sentence may be")] string mask,
        [Values(1, 7, 300)] int longest)
    {
        Mask parsed = Masked.Parse(mask);
        MaskedColumn hidden = new(parsed, TypeId.Text, 0);
        MaskedColumn[][] shapes = [[hidden], [clear, hidden, clear], [hidden, hidden], [clear, clear, hidden, clear, hidden]];
        var random = new Random(longest);
        foreach (MaskedColumn[] columns in shapes)
        {
            byte[] received = [];
            byte[] expected = [];
            List<(int Received, int Expected)> ends = [(0, 0)];
            for (int row = 0; row < 60; row++)
            {
                string?[] values = [.. columns.Select(_ => Value(random, longest))];
                received = [.. received, .. WireBuilder.Message('D', Body(values))];
                expected = [.. expected, .. WireBuilder.Message('D', Body([.. columns.Zip(values, (column, value) =>
                    column.Mask is null || value is null ? value : Masked.Text(parsed, TypeId.Text, value))]))];
                ends.Add((received.Length, expected.Length));
            }
            received = [.. received, .. "C\0\0\0\rSELECT 60\0"u8];
            RowMask rows = RowMask.Create(columns)!;
            for (int length = 0; length <= received.Length; length += 1 + random.Next(1 + (received.Length / 100)))
            {
                using WireWriter writer = new();
                writer.WriteBytes("before"u8);
                (int consumed, int written) = ends.FindLast(end => end.Received <= length);
                Assert.That(rows.WriteMaskedRows(received.AsSpan(0, length), writer), Is.EqualTo(consumed));
                Assert.That(writer.WrittenSpan[6..].SequenceEqual(expected.AsSpan(0, written)), $"cut at {length}");
            }
        }
    }

    [Test]
    public void A_malformed_row_behind_good_ones_writes_nothing()
    {
        RowMask mask = RowMask.Create([clear, redacted, clear])!;
        byte[] good = WireBuilder.Message('D', Body("a", "b", "c"));
        byte[] body = Body("a", "b", "c");
        using WireWriter writer = new();
        for (int length = 0; length < body.Length; length++)
        {
            byte[] rows = [.. good, .. WireBuilder.Message('D', body[..length]), .. good];
            Assert.Throws<ProtocolException>(() => mask.WriteMaskedRows(rows, writer));
        }
        Assert.That(writer.Length, Is.Zero);
    }

    /// <summary>NULL, or up to so many characters of one or two bytes.</summary>
    private static string? Value(Random random, int longest)
    {
        int length = random.Next(-1, longest + 1);
        return length < 0 ? null : string.Concat(Enumerable.Range(0, length).Select(_ => random.Next(12) == 0 ? 'é' : (char)('0' + random.Next(60))));
    }

    [TestCase("redact")]
    [TestCase("keep_last 4")]
    [TestCase("keep_first 4")]
    [TestCase("hash")]
    [TestCase("year")]
    [TestCase("zip3")]
    [TestCase("null")]
    [TestCase("constant x")]
    public void Masking_a_row_allocates_nothing(string mask)
    {
        Mask parsed = Masked.Parse(mask);
        RowMask rows = RowMask.Create(
        [
            clear, new MaskedColumn(parsed, TypeId.Text, 0), new MaskedColumn(parsed, TypeId.Date, 1), new MaskedColumn(parsed, TypeId.Uuid, 1),
            new MaskedColumn(parsed, Masked.TextArray, 0), new MaskedColumn(parsed, TypeId.Jsonb, 0), clear,
        ])!;
        byte[] body = Body("1", "123-45-6789", "abcd", "0123456789abcdef", "{one,\"t w o\"}", "{}", "clear");
        using WireWriter writer = new();
        void MaskAll()
        {
            for (int i = 0; i < 1000; i++)
            {
                writer.Clear();
                rows.WriteMasked(body, writer);
            }
        }
        MaskAll();
        Assert.That(Allocated.By(MaskAll), Is.Zero);
    }
}
