using System.Collections.Frozen;

namespace WireProxy.Relay.Postgres.Masking;

/// <summary>Object identifiers of PostgreSQL's built-in types (src/include/catalog/pg_type.dat). They are the same in every
/// database; those of types that somebody created are not and begin at 16384.</summary>
internal static class TypeId
{
    public const uint Bool = 16, Bytea = 17, Char = 18, Name = 19, Int8 = 20, Int2 = 21, Int4 = 23, Text = 25, Oid = 26;
    public const uint Json = 114, Xml = 142, Point = 600, Lseg = 601, Path = 602, Box = 603, Polygon = 604, Cidr = 650;
    public const uint Float4 = 700, Float8 = 701, Unknown = 705, Circle = 718, Macaddr8 = 774, Money = 790, Macaddr = 829, Inet = 869;
    public const uint Bpchar = 1042, Varchar = 1043, Date = 1082, Time = 1083, Timestamp = 1114, Timestamptz = 1184, Interval = 1186;
    public const uint Timetz = 1266, Bit = 1560, Varbit = 1562, Numeric = 1700, Refcursor = 1790, Void = 2278, Uuid = 2950;
    public const uint Tsvector = 3614, Jsonb = 3802, Int4Range = 3904, NumRange = 3906, TsRange = 3908, TstzRange = 3910;
    public const uint DateRange = 3912, Int8Range = 3926, Int4Multirange = 4451, NumMultirange = 4532, TsMultirange = 4533;
    public const uint TstzMultirange = 4534, DateMultirange = 4535, Int8Multirange = 4536;

    /// <summary>Array types by what they hold. box[] is not here: alone of all its text uses another delimiter.</summary>
    private static readonly FrozenDictionary<uint, uint> _elements = new Dictionary<uint, uint>
    {
        [1000] = Bool,
        [1001] = Bytea,
        [1002] = Char,
        [1003] = Name,
        [1016] = Int8,
        [1005] = Int2,
        [1007] = Int4,
        [1009] = Text,
        [1028] = Oid,
        [199] = Json,
        [143] = Xml,
        [1017] = Point,
        [1018] = Lseg,
        [1019] = Path,
        [1027] = Polygon,
        [651] = Cidr,
        [1021] = Float4,
        [1022] = Float8,
        [719] = Circle,
        [775] = Macaddr8,
        [791] = Money,
        [1040] = Macaddr,
        [1041] = Inet,
        [1014] = Bpchar,
        [1015] = Varchar,
        [1182] = Date,
        [1183] = Time,
        [1115] = Timestamp,
        [1185] = Timestamptz,
        [1187] = Interval,
        [1270] = Timetz,
        [1561] = Bit,
        [1563] = Varbit,
        [1231] = Numeric,
        [2201] = Refcursor,
        [2951] = Uuid,
        [3643] = Tsvector,
        [3807] = Jsonb,
        [3905] = Int4Range,
        [3907] = NumRange,
        [3909] = TsRange,
        [3911] = TstzRange,
        [3913] = DateRange,
        [3927] = Int8Range,
        [6150] = Int4Multirange,
        [6151] = NumMultirange,
        [6152] = TsMultirange,
        [6153] = TstzMultirange,
        [6155] = DateMultirange,
        [6157] = Int8Multirange,
    }.ToFrozenDictionary();

    /// <summary>The element type of an array type, or null for any other type.</summary>
    public static uint? ElementOf(uint typeId) => _elements.TryGetValue(typeId, out uint element) ? element : null;

    public static IEnumerable<KeyValuePair<uint, uint>> Arrays => _elements;

    /// <summary>Types whose text and binary formats are the characters themselves.</summary>
    public static bool IsCharacters(uint typeId) => typeId is Text or Varchar or Bpchar or Name or Unknown or Refcursor;
}
