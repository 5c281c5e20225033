using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Functions;

/// <summary>The numbers of the types in sys.types.</summary>
internal static class TypeIds
{
    public const string CollationName = "SQL_Latin1_General_CP1_CI_AS";

    /// <summary>The same on the wire: LCID, flags and sort identifier.</summary>
    public static ReadOnlySpan<byte> CollationBytes => [0x09, 0x04, 0xD0, 0x00, 0x34];

    /// <summary>Name, system_type_id, user_type_id, and what a type without parameters states.</summary>
    public static IReadOnlyList<(string Name, byte SystemId, int UserId, SqlType Type)> All { get; } =
    [
        ("image", 34, 34, new(SqlKind.Image, SqlType.Max)),
        ("text", 35, 35, new(SqlKind.Text, SqlType.Max)),
        ("uniqueidentifier", 36, 36, SqlType.UniqueIdentifier),
        ("date", 40, 40, SqlType.Date),
        ("time", 41, 41, new(SqlKind.Time, 0, 0, 7)),
        ("datetime2", 42, 42, SqlType.DateTime2(7)),
        ("datetimeoffset", 43, 43, new(SqlKind.DateTimeOffset, 0, 0, 7)),
        ("tinyint", 48, 48, SqlType.TinyInt),
        ("smallint", 52, 52, SqlType.SmallInt),
        ("int", 56, 56, SqlType.Int),
        ("smalldatetime", 58, 58, new(SqlKind.SmallDateTime)),
        ("real", 59, 59, new(SqlKind.Real)),
        ("money", 60, 60, SqlType.Money),
        ("datetime", 61, 61, SqlType.DateTime),
        ("float", 62, 62, SqlType.Float),
        ("sql_variant", 98, 98, SqlType.Variant),
        ("ntext", 99, 99, new(SqlKind.NText, SqlType.Max)),
        ("bit", 104, 104, SqlType.Bit),
        ("decimal", 106, 106, SqlType.Decimal(38, 38)),
        ("numeric", 108, 108, SqlType.Numeric(38, 38)),
        ("smallmoney", 122, 122, new(SqlKind.SmallMoney)),
        ("bigint", 127, 127, SqlType.BigInt),
        ("varbinary", 165, 165, SqlType.VarBinary(8000)),
        ("varchar", 167, 167, SqlType.VarChar(8000)),
        ("binary", 173, 173, new(SqlKind.Binary, 8000)),
        ("char", 175, 175, new(SqlKind.Char, 8000)),
        ("timestamp", 189, 189, new(SqlKind.Timestamp, 8)),
        ("nvarchar", 231, 231, SqlType.NVarChar(4000)),
        ("sysname", 231, 256, SqlType.SysName),
        ("nchar", 239, 239, new(SqlKind.NChar, 4000)),
        ("xml", 241, 241, SqlType.Xml),
    ];

    private static readonly Dictionary<string, int> ByName = All.ToDictionary(type => type.Name, type => type.UserId, StringComparer.OrdinalIgnoreCase);
    private static readonly Dictionary<int, string> ById = All.ToDictionary(type => type.UserId, type => type.Name);

    public static byte IdOf(SqlType type) => (byte)ByName[type.Name];

    public static object? IdOf(string name) => ByName.TryGetValue(name, out int id) ? id : null;

    public static string? NameOf(int id) => ById.GetValueOrDefault(id);
}
