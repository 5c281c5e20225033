using System.Data.SqlTypes;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.TdsStandIn.Values;

/// <summary>The operators + - * / % and those on bits: the type of the result, and the result.</summary>
internal static class Arithmetic
{
    /// <summary>The types to which the operands are brought, and the result's type.</summary>
    /// <exception cref="SqlError">402, 8117, 206: the operator does not take these.</exception>
    public static (SqlType Operands, SqlType Result) Rule(BinaryExpressionType operation, SqlType a, SqlType b)
    {
        bool bits = operation is BinaryExpressionType.BitwiseAnd or BinaryExpressionType.BitwiseOr or BinaryExpressionType.BitwiseXor;
        if (operation == BinaryExpressionType.Add && (a.IsText || a.IsBinary) && (b.IsText || b.IsBinary))
            return Concatenation(a, b);
        if (a.IsOldLob || b.IsOldLob || a.Kind == SqlKind.Xml || b.Kind == SqlKind.Xml)
            throw new SqlError(402, 16, 1, $"The data types {a.Name} and {b.Name} are incompatible in the {Word(operation)} operator.");
        var common = TypeRules.Common(a, b);
        if (common.IsText || common.Kind is SqlKind.UniqueIdentifier or SqlKind.Variant || bits && !common.IsInteger && common.Kind != SqlKind.Bit && !common.IsBinary)
            throw SqlError.InvalidOperand(common, Word(operation));
        if (common.IsDateOrTime)
            return common.Kind is SqlKind.DateTime or SqlKind.SmallDateTime && operation is BinaryExpressionType.Add or BinaryExpressionType.Subtract
                ? (common, common) : throw SqlError.InvalidOperand(common, Word(operation));
        if (common.Kind == SqlKind.Bit && !bits)
            throw SqlError.InvalidOperand(common, Word(operation));
        return common.IsDecimal ? (common, OfDecimals(operation, TypeRules.AsDecimal(a), TypeRules.AsDecimal(b)) with { Kind = common.Kind }) : (common, common);
    }

    public static object Apply(BinaryExpressionType operation, object a, object b, SqlType operands, SqlType result)
    {
        if (result.IsText)
            return Cut((string)a + (string)b, result);
        try
        {
            return (a, b) switch
            {
                (byte[] x, byte[] y) when operation == BinaryExpressionType.Add => (byte[])[.. x, .. y],
                (SqlDecimal x, SqlDecimal y) => Decimals(operation, x, y, result),
                (decimal x, decimal y) => Numbers.FromNumber(new SqlDecimal(Moneys(operation, x, y)), SqlType.Decimal(SqlType.MaxPrecision, 10), result),
                (double or float, _) => Numbers.FromDouble(Finite(Doubles(operation, System.Convert.ToDouble(a, null), System.Convert.ToDouble(b, null)), result), SqlType.Float, result),
                (DateTime x, DateTime y) => operation == BinaryExpressionType.Add ? x + (y - DateForms.Year1900) : DateForms.Year1900 + (x - y),
                (bool x, bool y) => Integers(operation, x ? 1 : 0, y ? 1 : 0) != 0,
                _ => Numbers.FromInteger(Integers(operation, System.Convert.ToInt64(a, null), System.Convert.ToInt64(b, null)), operands, result),
            };
        }
        catch (Exception error) when (error is OverflowException or ArgumentOutOfRangeException)
        {
            throw new SqlError(8115, 16, 2, $"Arithmetic overflow error converting expression to data type {result.Name}.");
        }
    }

    public static string Word(BinaryExpressionType operation) => operation switch
    {
        BinaryExpressionType.BitwiseAnd => "'&'",
        BinaryExpressionType.BitwiseOr => "'|'",
        BinaryExpressionType.BitwiseXor => "'^'",
        _ => operation.ToString().ToLowerInvariant(),
    };

    private static (SqlType Operands, SqlType Result) Concatenation(SqlType a, SqlType b)
    {
        if (a.IsOldLob || b.IsOldLob)
            throw new SqlError(402, 16, 1, $"The data types {a.Name} and {b.Name} are incompatible in the add operator.");
        var common = TypeRules.Common(a, b);
        int most = common.IsWideText ? 4000 : 8000;
        var kind = common.Kind switch { SqlKind.Char => SqlKind.VarChar, SqlKind.NChar => SqlKind.NVarChar, SqlKind.Binary => SqlKind.VarBinary, var other => other };
        int length = a.Length == SqlType.Max || b.Length == SqlType.Max ? SqlType.Max : Math.Min(most, a.Length + b.Length);
        return (new SqlType(kind, SqlType.Max), new SqlType(kind, length));
    }

    private static string Cut(string text, SqlType type) => type.Length == SqlType.Max || text.Length <= type.Length ? text : text[..type.Length];

    /// <summary>"Precision, scale, and length" of the T-SQL reference.</summary>
    private static SqlType OfDecimals(BinaryExpressionType operation, SqlType a, SqlType b)
    {
        int wholeA = a.Precision - a.Scale, wholeB = b.Precision - b.Scale;
        var (precision, scale) = operation switch
        {
            BinaryExpressionType.Multiply => (a.Precision + b.Precision + 1, a.Scale + b.Scale),
            BinaryExpressionType.Divide => (wholeA + b.Scale + Math.Max(6, a.Scale + b.Precision + 1), Math.Max(6, a.Scale + b.Precision + 1)),
            BinaryExpressionType.Modulo => (Math.Min(wholeA, wholeB) + Math.Max(a.Scale, b.Scale), (int)Math.Max(a.Scale, b.Scale)),
            _ => (Math.Max(a.Scale, b.Scale) + Math.Max(wholeA, wholeB) + 1, (int)Math.Max(a.Scale, b.Scale)),
        };
        if (precision <= SqlType.MaxPrecision)
            return SqlType.Numeric(precision, scale);
        int whole = precision - scale;
        bool keepsScale = operation is BinaryExpressionType.Add or BinaryExpressionType.Subtract;
        int left = keepsScale ? Math.Max(0, SqlType.MaxPrecision - whole) : whole < 32 ? SqlType.MaxPrecision - whole : Math.Min(scale, 6);
        return SqlType.Numeric(SqlType.MaxPrecision, Math.Min(scale, left));
    }

    private static SqlDecimal Decimals(BinaryExpressionType operation, SqlDecimal x, SqlDecimal y, SqlType result)
    {
        if (operation is BinaryExpressionType.Divide or BinaryExpressionType.Modulo && y.CompareTo(new SqlDecimal(0)) == 0)
            throw SqlError.DivideByZero();
        var value = operation switch
        {
            BinaryExpressionType.Add => x + y,
            BinaryExpressionType.Subtract => x - y,
            BinaryExpressionType.Multiply => x * y,
            BinaryExpressionType.Divide => x / y,
            _ => x - (SqlDecimal.Truncate(x / y, 0) * y),
        };
        return Numbers.Fit(value, SqlType.Numeric(value.Precision, value.Scale), result);
    }

    private static decimal Moneys(BinaryExpressionType operation, decimal x, decimal y) => operation switch
    {
        BinaryExpressionType.Add => x + y,
        BinaryExpressionType.Subtract => x - y,
        BinaryExpressionType.Multiply => x * y,
        _ when y == 0 => throw SqlError.DivideByZero(),
        BinaryExpressionType.Divide => decimal.Truncate(x / y * 10_000) / 10_000,
        _ => x % y,
    };

    private static double Doubles(BinaryExpressionType operation, double x, double y) => operation switch
    {
        BinaryExpressionType.Add => x + y,
        BinaryExpressionType.Subtract => x - y,
        BinaryExpressionType.Multiply => x * y,
        _ when y == 0 => throw SqlError.DivideByZero(),
        BinaryExpressionType.Divide => x / y,
        _ => throw SqlError.InvalidOperand(SqlType.Float, "modulo"),
    };

    private static double Finite(double value, SqlType type) => double.IsFinite(value) ? value : throw SqlError.Overflow(type, type);

    private static long Integers(BinaryExpressionType operation, long x, long y) => operation switch
    {
        BinaryExpressionType.Add => checked(x + y),
        BinaryExpressionType.Subtract => checked(x - y),
        BinaryExpressionType.Multiply => checked(x * y),
        BinaryExpressionType.BitwiseAnd => x & y,
        BinaryExpressionType.BitwiseOr => x | y,
        BinaryExpressionType.BitwiseXor => x ^ y,
        _ when y == 0 => throw SqlError.DivideByZero(),
        BinaryExpressionType.Divide => checked(x / y),
        _ => y == -1 ? 0 : x % y,
    };
}
