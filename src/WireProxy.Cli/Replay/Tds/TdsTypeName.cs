using System.Globalization;
using WireProxy.Protocols.Tds.Types;

namespace WireProxy.Cli.Replay.Tds;

/// <summary>Types as T-SQL writes them.</summary>
internal static class TdsTypeName
{
    public static string Of(in TypeInfo type) => type.Type switch
    {
        DataType.Null => "null",
        DataType.Bit or DataType.BitN => "bit",
        DataType.Int1 or DataType.Int2 or DataType.Int4 or DataType.Int8 or DataType.IntN => BySize(type, "tinyint", "smallint", "int", "bigint"),
        DataType.Flt4 or DataType.Flt8 or DataType.FltN => type.MaxLength == sizeof(float) ? "real" : "float",
        DataType.Money or DataType.Money4 or DataType.MoneyN => type.MaxLength == sizeof(int) ? "smallmoney" : "money",
        DataType.Decimal or DataType.DecimalN => Decimal(type, "decimal"),
        DataType.Numeric or DataType.NumericN => Decimal(type, "numeric"),
        DataType.Guid => "uniqueidentifier",
        DataType.DateTime or DataType.DateTim4 or DataType.DateTimN => type.MaxLength == sizeof(int) ? "smalldatetime" : "datetime",
        DataType.DateN => "date",
        DataType.TimeN => Scaled(type, "time"),
        DataType.DateTime2N => Scaled(type, "datetime2"),
        DataType.DateTimeOffsetN => Scaled(type, "datetimeoffset"),
        DataType.NVarChar => Sized(type, "nvarchar", sizeof(char)),
        DataType.NChar => Sized(type, "nchar", sizeof(char)),
        DataType.BigVarChar or DataType.VarChar => Sized(type, "varchar", 1),
        DataType.BigChar or DataType.Char => Sized(type, "char", 1),
        DataType.BigVarBinary or DataType.VarBinary => Sized(type, "varbinary", 1),
        DataType.BigBinary or DataType.Binary => Sized(type, "binary", 1),
        DataType.SsVariant => "sql_variant",
        DataType.Udt => type.Udt is { } udt ? udt.TypeName : "udt",
        _ => type.Type.ToString().ToLowerInvariant(),
    };

    /// <summary>Values stand to the right in a table.</summary>
    public static bool IsNumber(DataType type) => type is DataType.Int1 or DataType.Int2 or DataType.Int4 or DataType.Int8 or DataType.IntN
        or DataType.Flt4 or DataType.Flt8 or DataType.FltN or DataType.Money or DataType.Money4 or DataType.MoneyN
        or DataType.Decimal or DataType.DecimalN or DataType.Numeric or DataType.NumericN;

    private static string BySize(in TypeInfo type, string one, string two, string four, string eight) => type.MaxLength switch
    {
        sizeof(byte) => one,
        sizeof(short) => two,
        sizeof(int) => four,
        _ => eight,
    };

    private static string Decimal(in TypeInfo type, string name) =>
        string.Create(CultureInfo.InvariantCulture, $"{name}({type.Precision},{type.Scale})");

    private static string Scaled(in TypeInfo type, string name) => string.Create(CultureInfo.InvariantCulture, $"{name}({type.Scale})");

    private static string Sized(in TypeInfo type, string name, int characterBytes) => type.Layout == ValueLayout.PartLength
        ? $"{name}(max)" : string.Create(CultureInfo.InvariantCulture, $"{name}({type.MaxLength / characterBytes})");
}
