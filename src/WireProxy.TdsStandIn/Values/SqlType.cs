using System.Globalization;

namespace WireProxy.TdsStandIn.Values;

/// <summary>A data type with its properties.</summary>
/// <param name="Length">Characters of the text types, bytes of the binary ones; <see cref="Max"/> for (max) and the old lobs.</param>
/// <param name="Precision">Decimal digits of decimal and numeric, 1 to 38.</param>
/// <param name="Scale">Digits behind the point of decimal and numeric, of seconds of time, datetime2 and datetimeoffset.</param>
internal readonly record struct SqlType(SqlKind Kind, int Length = 0, byte Precision = 0, byte Scale = 0)
{
    public const int Max = -1;
    public const byte MaxPrecision = 38;
    private const int MoneyScale = 4;

    public static SqlType Bit { get; } = new(SqlKind.Bit);

    public static SqlType TinyInt { get; } = new(SqlKind.TinyInt);

    public static SqlType SmallInt { get; } = new(SqlKind.SmallInt);

    public static SqlType Int { get; } = new(SqlKind.Int);

    public static SqlType BigInt { get; } = new(SqlKind.BigInt);

    public static SqlType Money { get; } = new(SqlKind.Money);

    public static SqlType Float { get; } = new(SqlKind.Float);

    public static SqlType DateTime { get; } = new(SqlKind.DateTime);

    public static SqlType Date { get; } = new(SqlKind.Date);

    public static SqlType UniqueIdentifier { get; } = new(SqlKind.UniqueIdentifier);

    public static SqlType Xml { get; } = new(SqlKind.Xml, Max);

    public static SqlType Variant { get; } = new(SqlKind.Variant);

    /// <summary>The type of every name in the catalog.</summary>
    public static SqlType SysName { get; } = new(SqlKind.NVarChar, 128);

    public bool IsWideText => Kind is SqlKind.NChar or SqlKind.NVarChar or SqlKind.NText;

    public bool IsText => IsWideText || Kind is SqlKind.Char or SqlKind.VarChar or SqlKind.Text;

    public bool IsBinary => Kind is SqlKind.Binary or SqlKind.VarBinary or SqlKind.Image or SqlKind.Timestamp;

    public bool IsInteger => Kind is SqlKind.TinyInt or SqlKind.SmallInt or SqlKind.Int or SqlKind.BigInt;

    public bool IsMoney => Kind is SqlKind.Money or SqlKind.SmallMoney;

    public bool IsDecimal => Kind is SqlKind.Decimal or SqlKind.Numeric;

    public bool IsFloat => Kind is SqlKind.Real or SqlKind.Float;

    public bool IsNumber => IsInteger || IsMoney || IsDecimal || IsFloat || Kind == SqlKind.Bit;

    public bool IsDateOrTime => Kind is >= SqlKind.Time and <= SqlKind.DateTimeOffset;

    public bool IsOldLob => Kind is SqlKind.Text or SqlKind.NText or SqlKind.Image;

    /// <summary>The type's name as error messages and the catalog have it, without its length.</summary>
    public string Name => Kind == SqlKind.Variant ? "sql_variant" : Kind.ToString().ToLowerInvariant();

    /// <summary>Bytes of a value as sys.columns and sys.types state them; -1 for (max).</summary>
    public short StorageLength => Kind switch
    {
        SqlKind.Bit or SqlKind.TinyInt => 1,
        SqlKind.SmallInt => 2,
        SqlKind.Int or SqlKind.Real or SqlKind.SmallMoney or SqlKind.SmallDateTime => 4,
        SqlKind.BigInt or SqlKind.Float or SqlKind.Money or SqlKind.DateTime or SqlKind.Timestamp => 8,
        SqlKind.Date => 3,
        SqlKind.Time => (short)(Scale <= 2 ? 3 : Scale <= 4 ? 4 : 5),
        SqlKind.DateTime2 => (short)(Scale <= 2 ? 6 : Scale <= 4 ? 7 : 8),
        SqlKind.DateTimeOffset => (short)(Scale <= 2 ? 8 : Scale <= 4 ? 9 : 10),
        SqlKind.Decimal or SqlKind.Numeric => (short)(Precision <= 9 ? 5 : Precision <= 19 ? 9 : Precision <= 28 ? 13 : 17),
        SqlKind.UniqueIdentifier or SqlKind.Text or SqlKind.NText or SqlKind.Image => 16,
        SqlKind.Variant => 8016,
        _ when Length == Max => -1,
        _ => (short)(IsWideText ? Length * 2 : Length),
    };

    /// <summary>Digits of the numbers, as the catalog states them; 0 for what has none.</summary>
    public byte StatedPrecision => Kind switch
    {
        SqlKind.Bit => 1,
        SqlKind.TinyInt => 3,
        SqlKind.SmallInt => 5,
        SqlKind.Int or SqlKind.SmallMoney => 10,
        SqlKind.BigInt or SqlKind.Money => 19,
        SqlKind.Real => 24,
        SqlKind.Float => 53,
        SqlKind.Date => 10,
        SqlKind.SmallDateTime => 16,
        SqlKind.DateTime => 23,
        SqlKind.Time => (byte)(Scale == 0 ? 8 : 9 + Scale),
        SqlKind.DateTime2 => (byte)(Scale == 0 ? 19 : 20 + Scale),
        SqlKind.DateTimeOffset => (byte)(Scale == 0 ? 26 : 27 + Scale),
        _ => Precision,
    };

    public byte StatedScale => Kind == SqlKind.DateTime ? (byte)3 : IsMoney ? (byte)MoneyScale : Scale;

    public static SqlType VarChar(int length) => new(SqlKind.VarChar, length);

    public static SqlType NVarChar(int length) => new(SqlKind.NVarChar, length);

    public static SqlType VarBinary(int length) => new(SqlKind.VarBinary, length);

    public static SqlType Decimal(int precision, int scale) => new(SqlKind.Decimal, 0, (byte)precision, (byte)scale);

    public static SqlType Numeric(int precision, int scale) => new(SqlKind.Numeric, 0, (byte)precision, (byte)scale);

    public static SqlType DateTime2(int scale) => new(SqlKind.DateTime2, 0, 0, (byte)scale);

    /// <summary>The type as T-SQL writes it.</summary>
    public override string ToString() => Kind switch
    {
        SqlKind.Decimal or SqlKind.Numeric => string.Create(CultureInfo.InvariantCulture, $"{Name}({Precision},{Scale})"),
        SqlKind.Time or SqlKind.DateTime2 or SqlKind.DateTimeOffset => string.Create(CultureInfo.InvariantCulture, $"{Name}({Scale})"),
        SqlKind.Xml or SqlKind.Timestamp => Name,
        _ when IsOldLob => Name,
        _ when Length == Max => Name + "(max)",
        _ when IsText || IsBinary => string.Create(CultureInfo.InvariantCulture, $"{Name}({Length})"),
        _ => Name,
    };
}
