using System.Globalization;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.TdsStandIn.Values;

/// <summary>Which type comes of two types, and of a type's name.</summary>
internal static class TypeRules
{
    private const int MaxWideLength = 4000;
    private const int MaxLength = 8000;
    private const int DefaultLength = 1;
    private const int DefaultCastLength = 30;

    /// <summary>The type to which both sides of a comparison, a CASE or a set operation are brought.</summary>
    /// <exception cref="SqlError">Nothing converts between the two.</exception>
    public static SqlType Common(SqlType a, SqlType b)
    {
        if (a == b)
            return a;
        var (low, high) = a.Kind <= b.Kind ? (a, b) : (b, a);
        if (high.Kind == SqlKind.Variant || high.Kind == SqlKind.Xml && low.IsText)
            return high;
        if (high.Kind == SqlKind.Xml)
            throw SqlError.Clash(a, b);
        if (high.IsText && (low.IsText || low.IsBinary) || high.IsBinary)
            return Longest(low, high);
        if (high.IsDecimal && (low.IsNumber && !low.IsFloat))
            return Widest(AsDecimal(low), high);
        if (high.IsDateOrTime)
            return CommonDate(low, high);
        if (high.Kind == SqlKind.UniqueIdentifier && !low.IsText && !low.IsBinary)
            throw SqlError.Clash(a, b);
        return high;
    }

    /// <summary>Digits enough for every value of a whole number, a bit or money.</summary>
    public static SqlType AsDecimal(SqlType type) => type.IsDecimal ? type : type.Kind switch
    {
        SqlKind.Bit => SqlType.Numeric(1, 0),
        SqlKind.TinyInt => SqlType.Numeric(3, 0),
        SqlKind.SmallInt => SqlType.Numeric(5, 0),
        SqlKind.Int => SqlType.Numeric(10, 0),
        SqlKind.BigInt => SqlType.Numeric(19, 0),
        SqlKind.SmallMoney => SqlType.Numeric(10, 4),
        SqlKind.Money => SqlType.Numeric(19, 4),
        _ => SqlType.Numeric(SqlType.MaxPrecision, 10),
    };

    /// <param name="inCast">CAST and CONVERT take 30 characters where a length is not given, a declaration takes one.</param>
    public static SqlType FromSyntax(DataTypeReference reference, bool inCast = false) => reference switch
    {
        XmlDataTypeReference => SqlType.Xml,
        SqlDataTypeReference sql => FromSyntax(sql, inCast),
        UserDataTypeReference user when Named(user.Name.BaseIdentifier.Value) is { } known => known,
        _ => throw SqlError.Unsupported($"the type {reference.Name?.BaseIdentifier.Value}"),
    };

    private static SqlType? Named(string name) => name.ToUpperInvariant() switch
    {
        "SYSNAME" => SqlType.SysName,
        "XML" => SqlType.Xml,
        _ => null,
    };

    private static SqlType FromSyntax(SqlDataTypeReference type, bool inCast)
    {
        int? first = Parameter(type, 0);
        switch (type.SqlDataTypeOption)
        {
            case SqlDataTypeOption.Decimal or SqlDataTypeOption.Numeric:
                var number = SqlType.Decimal(first ?? 18, Parameter(type, 1) ?? 0);
                if (number.Precision is 0 or > SqlType.MaxPrecision || number.Scale > number.Precision)
                    throw new SqlError(1007, 15, 1, "The number of digits or the scale is out of the range of a decimal.");
                return type.SqlDataTypeOption == SqlDataTypeOption.Decimal ? number : number with { Kind = SqlKind.Numeric };
            case SqlDataTypeOption.Float:
                return first <= 24 ? new SqlType(SqlKind.Real) : SqlType.Float;
            case SqlDataTypeOption.Time or SqlDataTypeOption.DateTime2 or SqlDataTypeOption.DateTimeOffset:
                return new SqlType(KindOf(type), 0, 0, (byte)(first ?? 7));
            case SqlDataTypeOption.Char or SqlDataTypeOption.VarChar or SqlDataTypeOption.Binary or SqlDataTypeOption.VarBinary:
                return new SqlType(KindOf(type), Checked(type, first ?? (inCast ? DefaultCastLength : DefaultLength), MaxLength));
            case SqlDataTypeOption.NChar or SqlDataTypeOption.NVarChar:
                return new SqlType(KindOf(type), Checked(type, first ?? (inCast ? DefaultCastLength : DefaultLength), MaxWideLength));
            case SqlDataTypeOption.Text or SqlDataTypeOption.NText or SqlDataTypeOption.Image:
                return new SqlType(KindOf(type), SqlType.Max);
            case SqlDataTypeOption.Timestamp or SqlDataTypeOption.Rowversion:
                return new SqlType(SqlKind.Timestamp, 8);
            case SqlDataTypeOption.Sql_Variant:
                return SqlType.Variant;
            case SqlDataTypeOption.Cursor or SqlDataTypeOption.Table or SqlDataTypeOption.None:
                throw SqlError.Unsupported($"the type {type.Name.BaseIdentifier.Value} here");
            default:
                return new SqlType(KindOf(type));
        }
    }

    private static SqlKind KindOf(SqlDataTypeReference type) => Enum.Parse<SqlKind>(type.SqlDataTypeOption.ToString());

    private static int Checked(SqlDataTypeReference type, int length, int most) => length is SqlType.Max or > 0 && length <= most
        ? length
        : throw new SqlError(131, 15, 2, string.Create(
            CultureInfo.InvariantCulture, $"The size ({length}) given to the type '{type.Name.BaseIdentifier.Value}' exceeds the maximum allowed ({most})."));

    private static int? Parameter(SqlDataTypeReference type, int index) =>
        index >= type.Parameters.Count ? null
        : type.Parameters[index] is MaxLiteral ? SqlType.Max
        : int.Parse(type.Parameters[index].Value, CultureInfo.InvariantCulture);

    private static SqlType Longest(SqlType low, SqlType high)
    {
        if (high.IsOldLob)
            return high;
        int length = low.Length == SqlType.Max || high.Length == SqlType.Max ? SqlType.Max : Math.Max(low.Length, high.Length);
        var kind = high.Kind switch
        {
            SqlKind.Char when low.Kind == SqlKind.Char => SqlKind.Char,
            SqlKind.NChar when low.Kind is SqlKind.NChar or SqlKind.Char => SqlKind.NChar,
            SqlKind.NChar => SqlKind.NVarChar,
            SqlKind.Char => SqlKind.VarChar,
            SqlKind.Timestamp => SqlKind.VarBinary,
            var other => other,
        };
        return high with { Kind = kind, Length = high.IsWideText && length > MaxWideLength ? SqlType.Max : length };
    }

    private static SqlType Widest(SqlType a, SqlType b)
    {
        int scale = Math.Max(a.Scale, b.Scale);
        int whole = Math.Max(a.Precision - a.Scale, b.Precision - b.Scale);
        int precision = Math.Min(SqlType.MaxPrecision, whole + scale);
        return b with { Precision = (byte)precision, Scale = (byte)Math.Min(scale, precision - Math.Min(whole, precision)) };
    }

    private static SqlType CommonDate(SqlType low, SqlType high)
    {
        if (low.IsBinary || low.Kind == SqlKind.UniqueIdentifier || low.IsNumber && high.Kind is not (SqlKind.DateTime or SqlKind.SmallDateTime))
            throw SqlError.Clash(low, high);
        if (low.Kind == SqlKind.Time && high.Kind == SqlKind.Date)
            throw SqlError.Clash(low, high);
        byte scale = Math.Max(low.IsDateOrTime ? low.Scale : (byte)0, high.Scale);
        return high with { Scale = high.Kind is SqlKind.DateTime or SqlKind.SmallDateTime or SqlKind.Date ? (byte)0 : scale };
    }
}
