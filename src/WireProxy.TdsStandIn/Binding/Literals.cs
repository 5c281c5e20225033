using System.Data.SqlTypes;
using System.Globalization;
using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Binding;

/// <summary>Constants.</summary>
internal static class Literals
{
    public static BoundExpression Bind(Literal literal)
    {
        switch (literal)
        {
            case NullLiteral:
                return new BoundExpression(SqlType.Int, _ => null) { IsNullLiteral = true };
            case IntegerLiteral when int.TryParse(literal.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number):
                return BoundExpression.Constant(SqlType.Int, number);
            case IntegerLiteral or NumericLiteral:
                var value = SqlDecimal.Parse(literal.Value);
                return BoundExpression.Constant(SqlType.Numeric(value.Precision, value.Scale), value);
            case RealLiteral:
                return BoundExpression.Constant(SqlType.Float, double.Parse(literal.Value, CultureInfo.InvariantCulture));
            case MoneyLiteral:
                var digits = literal.Value.TrimStart('$').Replace(",", "", StringComparison.Ordinal);
                return BoundExpression.Constant(SqlType.Money, digits.Length == 0 ? 0m : decimal.Parse(digits, CultureInfo.InvariantCulture));
            case StringLiteral { IsNational: true }:
                return BoundExpression.Constant(new SqlType(SqlKind.NVarChar, LengthOf(literal.Value.Length, 4000)), literal.Value);
            case StringLiteral:
                return BoundExpression.Constant(new SqlType(SqlKind.VarChar, LengthOf(literal.Value.Length, 8000)), literal.Value);
            case BinaryLiteral:
                return OfBinary(literal.Value);
            case OdbcLiteral { OdbcLiteralType: OdbcLiteralType.Timestamp }:
                return BoundExpression.Constant(SqlType.DateTime, SqlConvert.Convert(literal.Value, SqlType.VarChar(30), SqlType.DateTime));
            case OdbcLiteral { OdbcLiteralType: OdbcLiteralType.Date }:
                return BoundExpression.Constant(SqlType.DateTime, SqlConvert.Convert(literal.Value, SqlType.VarChar(30), SqlType.DateTime));
            case OdbcLiteral { OdbcLiteralType: OdbcLiteralType.Time }:
                return BoundExpression.Constant(SqlType.DateTime, SqlConvert.Convert(literal.Value, SqlType.VarChar(30), SqlType.DateTime));
            case OdbcLiteral { OdbcLiteralType: OdbcLiteralType.Guid }:
                return BoundExpression.Constant(SqlType.UniqueIdentifier, Guid.Parse(literal.Value));
            case DefaultLiteral:
                throw SqlError.Unsupported("DEFAULT here");
            case IdentifierLiteral:
                return BoundExpression.Constant(SqlType.NVarChar(LengthOf(literal.Value.Length, 4000)), literal.Value);
            default:
                throw SqlError.Unsupported($"the literal '{literal.Value}'");
        }
    }

    private static int LengthOf(int length, int most) => length > most ? SqlType.Max : Math.Max(1, length);

    private static BoundExpression OfBinary(string text)
    {
        var digits = text[2..];
        var bytes = Convert.FromHexString(digits.Length % 2 == 0 ? digits : "0" + digits);
        return BoundExpression.Constant(SqlType.VarBinary(LengthOf(bytes.Length, 8000)), bytes);
    }
}
