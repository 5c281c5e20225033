using System.Buffers.Binary;
using System.Collections.Frozen;

namespace WireProxy.Relay.Postgres.Masking;

/// <summary>The value that stands for a redacted one, by type: stars for characters, zero for numbers, 1970-01-01 for dates, empty
/// for what can be empty.</summary>
/// <remarks>A boolean has none: either value would be the original of many rows, and "false" would read as a finding. Nor have
/// types that an installation made (enums, composites, extensions' types), whose legal values are not known. All these are NULL.</remarks>
internal static class RedactedValues
{
    private const int DaysTo1970 = -10957; // Binary dates count from 2000-01-01 (src/include/datatype/timestamp.h).
    private const long MicrosecondsTo1970 = DaysTo1970 * 86_400_000_000L;

    private static readonly FrozenDictionary<uint, (byte[] Text, byte[] Binary)> _values =
        new Dictionary<uint, (byte[] Text, byte[] Binary)>
        {
            [TypeId.Text] = Same("****"u8),
            [TypeId.Varchar] = Same("****"u8),
            [TypeId.Bpchar] = Same("****"u8),
            [TypeId.Name] = Same("****"u8),
            [TypeId.Unknown] = Same("****"u8),
            [TypeId.Refcursor] = Same("****"u8),
            [TypeId.Char] = Same("*"u8),
            [TypeId.Int2] = ("0"u8.ToArray(), new byte[2]),
            [TypeId.Int4] = ("0"u8.ToArray(), new byte[4]),
            [TypeId.Int8] = ("0"u8.ToArray(), new byte[8]),
            [TypeId.Oid] = ("0"u8.ToArray(), new byte[4]),
            [TypeId.Float4] = ("0"u8.ToArray(), new byte[4]),
            [TypeId.Float8] = ("0"u8.ToArray(), new byte[8]),
            [TypeId.Numeric] = ("0"u8.ToArray(), new byte[8]),
            // The symbol and the decimal mark belong to lc_monetary; a bare 0 is legal under each.
            [TypeId.Money] = ("0"u8.ToArray(), new byte[8]),
            [TypeId.Date] = ("1970-01-01"u8.ToArray(), Int32(DaysTo1970)),
            [TypeId.Time] = ("00:00:00"u8.ToArray(), new byte[8]),
            [TypeId.Timetz] = ("00:00:00+00"u8.ToArray(), new byte[12]),
            [TypeId.Timestamp] = ("1970-01-01 00:00:00"u8.ToArray(), Int64(MicrosecondsTo1970)),
            [TypeId.Timestamptz] = ("1970-01-01 00:00:00+00"u8.ToArray(), Int64(MicrosecondsTo1970)),
            [TypeId.Interval] = ("00:00:00"u8.ToArray(), new byte[16]),
            [TypeId.Uuid] = ("00000000-0000-0000-0000-000000000000"u8.ToArray(), new byte[16]),
            [TypeId.Json] = Same("\"****\""u8),
            [TypeId.Jsonb] = ("\"****\""u8.ToArray(), [1, .. "\"****\""u8]), // A version byte comes first (jsonb_recv).
            [TypeId.Xml] = Same("<redacted/>"u8),
            [TypeId.Bytea] = ("\\x"u8.ToArray(), []),
            // Family, prefix length, is it cidr, bytes of the address (network_send).
            [TypeId.Inet] = ("0.0.0.0"u8.ToArray(), [2, 32, 0, 4, 0, 0, 0, 0]),
            [TypeId.Cidr] = ("0.0.0.0/32"u8.ToArray(), [2, 32, 1, 4, 0, 0, 0, 0]),
            [TypeId.Macaddr] = ("00:00:00:00:00:00"u8.ToArray(), new byte[6]),
            [TypeId.Macaddr8] = ("00:00:00:00:00:00:00:00"u8.ToArray(), new byte[8]),
            [TypeId.Varbit] = ([], new byte[4]),
            [TypeId.Tsvector] = ([], new byte[4]),
            [TypeId.Point] = ("(0,0)"u8.ToArray(), new byte[16]),
            [TypeId.Lseg] = ("[(0,0),(0,0)]"u8.ToArray(), new byte[32]),
            [TypeId.Box] = ("(0,0),(0,0)"u8.ToArray(), new byte[32]),
            [TypeId.Circle] = ("<(0,0),0>"u8.ToArray(), new byte[24]),
            [TypeId.Path] = ("((0,0))"u8.ToArray(), [1, 0, 0, 0, 1, .. new byte[16]]),
            [TypeId.Polygon] = ("((0,0))"u8.ToArray(), [0, 0, 0, 1, .. new byte[16]]),
            // The result of a function without one has nothing to hide.
            [TypeId.Void] = ([], []),
            [TypeId.Int4Range] = EmptyRange(),
            [TypeId.NumRange] = EmptyRange(),
            [TypeId.TsRange] = EmptyRange(),
            [TypeId.TstzRange] = EmptyRange(),
            [TypeId.DateRange] = EmptyRange(),
            [TypeId.Int8Range] = EmptyRange(),
            [TypeId.Int4Multirange] = EmptyMultirange(),
            [TypeId.NumMultirange] = EmptyMultirange(),
            [TypeId.TsMultirange] = EmptyMultirange(),
            [TypeId.TstzMultirange] = EmptyMultirange(),
            [TypeId.DateMultirange] = EmptyMultirange(),
            [TypeId.Int8Multirange] = EmptyMultirange(),
        }.ToFrozenDictionary();

    /// <summary>The redacted value, or null where the type has none that is the same for every value.</summary>
    public static byte[]? Of(uint typeId, bool binary) =>
        _values.TryGetValue(typeId, out (byte[] Text, byte[] Binary) value) ? binary ? value.Binary : value.Text : null;

    public static IEnumerable<uint> Types => _values.Keys;

    private static (byte[] Text, byte[] Binary) Same(ReadOnlySpan<byte> value) => (value.ToArray(), value.ToArray());

    private static (byte[] Text, byte[] Binary) EmptyRange() => ("empty"u8.ToArray(), [1]); // RANGE_EMPTY (rangetypes.h).

    private static (byte[] Text, byte[] Binary) EmptyMultirange() => ("{}"u8.ToArray(), new byte[4]);

    private static byte[] Int32(int value)
    {
        byte[] bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] Int64(long value)
    {
        byte[] bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }
}
