using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Binding;

/// <summary>WHERE id = 5 on a table whose key is id: one row is looked up instead of all of them read.</summary>
internal static class IndexSeek
{
    /// <returns>Gives the only row that can match, or none; null where the condition does not fix a whole key.</returns>
    public static Func<Frame?, IEnumerable<object?[]>>? TryBind(
        Table? table, IReadOnlyList<ScopeColumn> columns, BooleanExpression where, BindContext context, Scope? parent)
    {
        if (table is null || table.Keys.Count == 0)
            return null;
        var scope = new Scope(columns, null);
        var fixedColumns = new Dictionary<int, BoundExpression>();
        foreach (var (column, value) in Equalities(where))
        {
            int ordinal = SyntaxText.Parts(column) is { Count: > 0 } parts ? scope.Find(parts) : -1;
            if (ordinal < 0)
                continue;
            var bound = new ExpressionBinder(context, parent).Scalar(value);
            // The comparison must be in the column's own type, or the key would not be found.
            if (TypeRules.Common(bound.Type, columns[ordinal].Type) is var common && (common == columns[ordinal].Type || common.IsText && columns[ordinal].Type.IsText))
                fixedColumns.TryAdd(ordinal, common.IsText ? bound : bound.To(common));
        }
        var key = table.Keys.Find(candidate => candidate.Columns.All(fixedColumns.ContainsKey));
        return key is null ? null : outer =>
        {
            object?[] values = [.. key.Columns.Select(column => fixedColumns[column].Evaluate(outer ?? Frame.Empty))];
            return !Array.Exists(values, value => value is null) && table.Find(key, values) is { } row ? [row.Values] : [];
        };
    }

    private static IEnumerable<(ColumnReferenceExpression Column, ScalarExpression Value)> Equalities(BooleanExpression condition) => condition switch
    {
        BooleanParenthesisExpression inner => Equalities(inner.Expression),
        BooleanBinaryExpression { BinaryExpressionType: BooleanBinaryExpressionType.And } both => Equalities(both.FirstExpression).Concat(Equalities(both.SecondExpression)),
        BooleanComparisonExpression { ComparisonType: BooleanComparisonType.Equals, FirstExpression: ColumnReferenceExpression column, SecondExpression: Literal or VariableReference } test =>
            [(column, test.SecondExpression)],
        BooleanComparisonExpression { ComparisonType: BooleanComparisonType.Equals, SecondExpression: ColumnReferenceExpression column, FirstExpression: Literal or VariableReference } test =>
            [(column, test.FirstExpression)],
        _ => [],
    };
}
