using System.Buffers.Binary;
using System.Text;
using WireProxy.Policy;
using WireProxy.Relay.Postgres.Masking;

namespace WireProxy.Relay.Tests.Postgres.Masking;

public sealed class ValueMaskerTests
{
    [TestCase(TypeId.Text, "Ada Lovelace", "****")]
    [TestCase(TypeId.Text, "", "****")]
    [TestCase(TypeId.Varchar, "x", "****")]
    [TestCase(TypeId.Char, "F", "*")]
    [TestCase(TypeId.Int4, "-17", "0")]
    [TestCase(TypeId.Numeric, "12.50", "0")]
    [TestCase(TypeId.Date, "1987-03-04", "1970-01-01")]
    [TestCase(TypeId.Timestamptz, "1987-03-04 10:00:00+01", "1970-01-01 00:00:00+00")]
    [TestCase(TypeId.Uuid, "6f9619ff-8b86-d011-b42d-00c04fc964ff", "00000000-0000-0000-0000-000000000000")]
    [TestCase(TypeId.Jsonb, "{\"a\": 1}", "\"****\"")]
    [TestCase(TypeId.Bytea, "\\xdeadbeef", "\\x")]
    [TestCase(TypeId.Bit, "1011", "0000")]
    [TestCase(TypeId.Bool, "t", null)]
    [TestCase(16400u, "some enum", null)]
    [TestCase(0u, "no type", null)]
    public void Redact_leaves_a_value_of_the_type_and_nothing_of_the_original(uint type, string value, string? masked) =>
        Assert.That(Masked.Text(Mask.Redact, type, value), Is.EqualTo(masked));

    [TestCase(TypeId.Int4, "ffffffef", "00000000")]
    [TestCase(TypeId.Numeric, "000200000000000200 0c1388", "0000000000000000")]
    [TestCase(TypeId.Date, "ffffed8b", "ffffd533")]
    [TestCase(TypeId.Jsonb, "017b7d", "01222a2a2a2a22")]
    [TestCase(TypeId.Json, "7b7d", "222a2a2a2a22")]
    [TestCase(TypeId.Bytea, "deadbeef", "")]
    [TestCase(TypeId.Inet, "0220 0004c0a80001", "0220000400000000")]
    [TestCase(TypeId.Bit, "00000009ff80", "000000090000")]
    [TestCase(TypeId.Bit, "00000009ff", null)]
    [TestCase(TypeId.Bit, "ff", null)]
    [TestCase(TypeId.DateRange, "0200000004ffffed8b00000004ffffed8c", "01")]
    [TestCase(TypeId.Bool, "01", null)]
    [TestCase(16400u, "01", null)]
    public void Redact_in_binary_has_the_types_own_layout(uint type, string value, string? masked) =>
        Assert.That(Masked.Binary(Mask.Redact, type, value.Replace(" ", "")), Is.EqualTo(masked));

    [TestCase("123-45-6789", "****6789")]
    [TestCase("6789", "****")]
    [TestCase("789", "****")]
    [TestCase("56789", "****6789")]
    [TestCase("", "****")]
    [TestCase("Łódź 😀é€", "****\u0020😀é€")]
    [TestCase("😀😀😀😀", "****")]
    public void Keep_last_keeps_characters_and_hides_the_length_of_the_rest(string value, string masked) =>
        Assert.That(Masked.Text(new Mask.KeepLast(4), TypeId.Text, value), Is.EqualTo(masked));

    [TestCase("Müller", "Mü****")]
    [TestCase("Li", "****")]
    [TestCase("L", "****")]
    [TestCase("😀😁😂", "😀😁****")]
    public void Keep_first_keeps_characters_and_hides_the_length_of_the_rest(string value, string masked) =>
        Assert.That(Masked.Text(new Mask.KeepFirst(2), TypeId.Varchar, value), Is.EqualTo(masked));

    [Test]
    public void The_blanks_that_pad_a_character_n_are_no_part_of_it()
    {
        Assert.That(Masked.Text(new Mask.KeepLast(2), TypeId.Bpchar, "abcd      "), Is.EqualTo("****cd"));
        Assert.That(Masked.Text(new Mask.KeepLast(2), TypeId.Bpchar, "ab        "), Is.EqualTo("****"));
        Assert.That(Masked.Text(Mask.Hash, TypeId.Bpchar, "ab   "), Is.EqualTo(Masked.Text(Mask.Hash, TypeId.Text, "ab")));
    }

    [Test]
    public void Of_bytes_that_are_no_UTF_8_nothing_is_kept()
    {
        byte[] latin = [0x4D, 0xFC, 0x6C, 0x6C, 0x65, 0x72];
        Assert.That(Masked.Bytes(new Mask.KeepLast(2), TypeId.Text, false, latin), Is.EqualTo("****"u8.ToArray()));
    }

    [TestCase("keep_last 2", TypeId.Int4, "12345", "0")]
    [TestCase("keep_first 2", TypeId.Date, "1987-03-04", "1970-01-01")]
    [TestCase("zip3", TypeId.Int4, "94110", "0")]
    [TestCase("year", TypeId.Int4, "1987", "0")]
    [TestCase("year", TypeId.Interval, "3 days", "00:00:00")]
    [TestCase("keep_last 4", TypeId.Jsonb, "\"abcdefgh\"", "\"****\"")]
    public void A_mask_that_means_nothing_for_the_type_leaves_nothing(string mask, uint type, string value, string masked) =>
        Assert.That(Masked.Text(Masked.Parse(mask), type, value), Is.EqualTo(masked));

    [TestCase("94110", "941**")]
    [TestCase("94110-1234", "941**")]
    [TestCase("03601", "000**")]
    [TestCase("89345", "000**")]
    [TestCase("9411", "****")]
    [TestCase("941", "****")]
    [TestCase("94I10", "****")]
    [TestCase("SW1A 1AA", "****")]
    [TestCase("", "****")]
    public void Zip3_keeps_three_digits_where_enough_people_live_there(string value, string masked) =>
        Assert.That(Masked.Text(Mask.Zip3, TypeId.Text, value), Is.EqualTo(masked));

    [TestCase(TypeId.Date, "1987-03-04", "1987-01-01")]
    [TestCase(TypeId.Date, "0044-03-15 BC", "0044-01-01 BC")]
    [TestCase(TypeId.Date, "12345-06-07", "12345-01-01")]
    [TestCase(TypeId.Date, "infinity", "infinity")]
    [TestCase(TypeId.Date, "-infinity", "-infinity")]
    [TestCase(TypeId.Date, "03/04/1987", "1970-01-01")]
    [TestCase(TypeId.Date, "03-04-1987", "1970-01-01")]
    [TestCase(TypeId.Date, "04.03.1987", "1970-01-01")]
    [TestCase(TypeId.Timestamp, "1987-03-04 10:11:12.5", "1987-01-01 00:00:00")]
    [TestCase(TypeId.Timestamp, "0044-03-15 10:00:00 BC", "0044-01-01 00:00:00 BC")]
    [TestCase(TypeId.Timestamp, "Wed Mar 04 10:00:00 1987", "1970-01-01 00:00:00")]
    [TestCase(TypeId.Timestamptz, "1987-07-04 10:11:12.5-04", "1987-01-01 00:00:00-04")]
    [TestCase(TypeId.Timestamptz, "1880-07-04 10:11:12+00:53:28", "1880-01-01 00:00:00+00:53:28")]
    [TestCase(TypeId.Timestamptz, "1987-07-04 10:11:12+05:30 BC", "1987-01-01 00:00:00+05:30 BC")]
    [TestCase(TypeId.Timestamptz, "1987-07-04 10:11:12-x5", "1987-01-01 00:00:00+00")]
    [TestCase(TypeId.Text, "1987-03-04", "1987")]
    [TestCase(TypeId.Text, "1987-03-04T10:00:00Z", "1987")]
    [TestCase(TypeId.Text, "1987-03-041", "****")]
    [TestCase(TypeId.Text, "born 1987-03-04", "****")]
    [TestCase(TypeId.Text, "1987", "****")]
    public void Year_leaves_the_first_of_January(uint type, string value, string masked) =>
        Assert.That(Masked.Text(Mask.Year, type, value), Is.EqualTo(masked));

    [Test]
    public void Year_in_binary_agrees_with_the_calendar_of_NET()
    {
        DateOnly epoch = new(2000, 1, 1);
        for (DateOnly day = new(1, 1, 1); day.Year < 9990; day = day.AddDays(97))
        {
            byte[] value = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(value, day.DayNumber - epoch.DayNumber);
            byte[] masked = Masked.Bytes(Mask.Year, TypeId.Date, true, value)!;
            Assert.That(BinaryPrimitives.ReadInt32BigEndian(masked), Is.EqualTo(new DateOnly(day.Year, 1, 1).DayNumber - epoch.DayNumber), day.ToString());
        }
    }

    [TestCase(1999, 12, 31)]
    [TestCase(2000, 1, 1)]
    [TestCase(2000, 12, 31)]
    [TestCase(2001, 1, 1)]
    [TestCase(1900, 12, 31)]
    [TestCase(1601, 1, 1)]
    [TestCase(2399, 12, 31)]
    public void Year_in_binary_is_right_at_the_ends_of_years_and_eras(int year, int month, int day)
    {
        DateTime epoch = new(2000, 1, 1);
        byte[] value = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(value, (new DateTime(year, month, day, 23, 59, 59) - epoch).Ticks / 10);
        byte[] masked = Masked.Bytes(Mask.Year, TypeId.Timestamp, true, value)!;
        Assert.That(epoch.AddTicks(BinaryPrimitives.ReadInt64BigEndian(masked) * 10), Is.EqualTo(new DateTime(year, 1, 1)));
    }

    [TestCase(TypeId.Date, "7fffffff", "7fffffff")]
    [TestCase(TypeId.Date, "80000000", "80000000")]
    [TestCase(TypeId.Timestamptz, "7fffffffffffffff", "7fffffffffffffff")]
    [TestCase(TypeId.Date, "7fff", null)]
    [TestCase(TypeId.Timestamp, "00000000", null)]
    public void Year_in_binary_passes_infinity_and_refuses_other_lengths(uint type, string value, string? masked) =>
        Assert.That(Masked.Binary(Mask.Year, type, value), Is.EqualTo(masked));

    [Test]
    public void Equal_values_have_equal_hashes_and_others_have_others()
    {
        string? one = Masked.Text(Mask.Hash, TypeId.Text, "123-45-6789");
        Assert.That(one, Does.Match("^[0-9a-f]{32}$"));
        Assert.That(Masked.Text(Mask.Hash, TypeId.Varchar, "123-45-6789"), Is.EqualTo(one));
        Assert.That(Masked.Text(Mask.Hash, TypeId.Text, "123-45-6780"), Is.Not.EqualTo(one));
    }

    [Test]
    public void A_hash_needs_the_key_and_is_not_the_plain_one_that_anybody_can_look_up()
    {
        string plain = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("123-45-6789"u8))[..32];
        Assert.That(Masked.Text(Mask.Hash, TypeId.Text, "123-45-6789"), Is.Not.EqualTo(plain));
    }

    [Test]
    public void A_uuids_hash_is_the_same_uuid_in_text_and_binary()
    {
        const string Value = "6f9619ff-8b86-d011-b42d-00c04fc964ff";
        string? text = Masked.Text(Mask.Hash, TypeId.Uuid, Value);
        string? binary = Masked.Binary(Mask.Hash, TypeId.Uuid, Value.Replace("-", ""));
        Assert.That(text?.Replace("-", ""), Is.EqualTo(binary));
        Assert.That(text, Does.Match("^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"));
        Assert.That(text, Is.Not.EqualTo(Value));
        Assert.That(Masked.Text(Mask.Hash, TypeId.Uuid, "no uuid"), Is.Null);
        Assert.That(Masked.Binary(Mask.Hash, TypeId.Uuid, "00"), Is.Null);
    }

    [TestCase(TypeId.Int4)]
    [TestCase(TypeId.Date)]
    [TestCase(TypeId.Json)]
    [TestCase(TypeId.Char)]
    [TestCase(16400u)]
    public void A_type_that_cannot_hold_a_hash_becomes_NULL(uint type) => Assert.That(Masked.Text(Mask.Hash, type, "1"), Is.Null);

    [TestCase(TypeId.Text, "hidden", "hidden", "68696464656e")]
    [TestCase(TypeId.Char, "X", "X", "58")]
    [TestCase(TypeId.Char, "XY", null, null)]
    [TestCase(TypeId.Bool, "true", "t", "01")]
    [TestCase(TypeId.Bool, "maybe", null, null)]
    [TestCase(TypeId.Int2, "-2", "-2", "fffe")]
    [TestCase(TypeId.Int2, "40000", null, null)]
    [TestCase(TypeId.Int4, "7", "7", "00000007")]
    [TestCase(TypeId.Int4, "7.5", null, null)]
    [TestCase(TypeId.Int8, "-1", "-1", "ffffffffffffffff")]
    [TestCase(TypeId.Oid, "4294967295", "4294967295", "ffffffff")]
    [TestCase(TypeId.Float4, "1.5", "1.5", "3fc00000")]
    [TestCase(TypeId.Float8, "-2", "-2", "c000000000000000")]
    [TestCase(TypeId.Numeric, "12.50", "12.50", "0002000000000002000c1388")]
    [TestCase(TypeId.Numeric, "-10000", "-10000", "00010001400000000001")]
    [TestCase(TypeId.Numeric, "0.00012", "0.00012", "0002ffff00000005000107d0")]
    [TestCase(TypeId.Numeric, "0.00", "0.00", "0000000000000002")]
    [TestCase(TypeId.Numeric, "NaN", "NaN", "00000000c0000000")]
    [TestCase(TypeId.Numeric, "1e5", null, null)]
    [TestCase(TypeId.Numeric, ".5", null, null)]
    [TestCase(TypeId.Date, "1999-12-31", "1999-12-31", "ffffffff")]
    [TestCase(TypeId.Date, "31.12.1999", null, null)]
    [TestCase(TypeId.Time, "00:00:01", "00:00:01", "00000000000f4240")]
    [TestCase(TypeId.Timestamp, "2000-01-01 00:00:01", "2000-01-01 00:00:01", "00000000000f4240")]
    [TestCase(TypeId.Timestamptz, "2000-01-01T01:00:01+01:00", "2000-01-01 00:00:01+00", "00000000000f4240")]
    [TestCase(TypeId.Timestamptz, "2000-01-01T00:00:01Z", "2000-01-01 00:00:01+00", "00000000000f4240")]
    [TestCase(TypeId.Uuid, "6F9619FF-8B86-D011-B42D-00C04FC964FF", "6f9619ff-8b86-d011-b42d-00c04fc964ff", "6f9619ff8b86d011b42d00c04fc964ff")]
    [TestCase(TypeId.Json, "{\"a\":1}", "{\"a\":1}", "7b2261223a317d")]
    [TestCase(TypeId.Jsonb, "7", "7", "0137")]
    [TestCase(TypeId.Jsonb, "hidden", null, null)]
    [TestCase(TypeId.Jsonb, "\"\\u0000\"", null, null)]
    [TestCase(TypeId.Json, "", null, null)]
    [TestCase(TypeId.Bytea, "\\x00ff", "\\x00ff", "00ff")]
    [TestCase(TypeId.Bytea, "\\x0", null, null)]
    [TestCase(TypeId.Bytea, "abc", null, null)]
    [TestCase(TypeId.Inet, "10.0.0.1", "10.0.0.1", "022000040a000001")]
    [TestCase(TypeId.Inet, "::1", "::1", "0380001000000000000000000000000000000001")]
    [TestCase(TypeId.Inet, "10.1", null, null)]
    [TestCase(TypeId.Interval, "1 day", null, null)]
    [TestCase(16400u, "x", null, null)]
    public void A_constant_is_written_as_the_type_or_becomes_NULL(uint type, string constant, string? text, string? binary)
    {
        Mask mask = new Mask.Constant(constant);
        Assert.That(Masked.Text(mask, type, "anything"), Is.EqualTo(text));
        Assert.That(Masked.Binary(mask, type, "00"), Is.EqualTo(binary));
    }

    [TestCase(TypeId.Text)]
    [TestCase(TypeId.Int4)]
    [TestCase(Masked.TextArray)]
    [TestCase(16400u)]
    public void Null_makes_every_value_NULL(uint type) => Assert.That(Masked.Text(Mask.Null, type, "{a}"), Is.Null);

    [Test]
    public void No_mask_throws_or_passes_the_value_whatever_the_bytes_are()
    {
        string[] masks = ["redact", "null", "hash", "keep_last 3", "keep_first 3", "year", "zip3", "constant 12"];
        uint[] types = [.. RedactedValues.Types, .. TypeId.Arrays.Select(pair => pair.Key), TypeId.Bit, TypeId.Bool, 0, 16400, 1020, 2249];
        byte[] marker = "Q7#vZ!secret"u8.ToArray();
        Random random = new(7);
        foreach (uint type in types)
            foreach (string mask in masks)
                foreach (bool binary in new[] { false, true })
                    for (int round = 0; round < 20; round++)
                    {
                        byte[] value = [.. RandomBytes(random), .. marker, .. RandomBytes(random)];
                        byte[]? masked = Masked.Bytes(Masked.Parse(mask), type, binary, value);
                        Assert.That(masked.AsSpan().IndexOf(marker), Is.EqualTo(-1), $"{mask} of {type}");
                    }
    }

    private static byte[] RandomBytes(Random random)
    {
        byte[] bytes = Encoding.UTF8.GetBytes("{}\",\\[1:2]={0123456789-");
        random.Shuffle(bytes);
        return bytes[..random.Next(bytes.Length)];
    }
}
