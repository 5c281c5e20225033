using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Binding;

/// <summary>Two sources joined to one. Where the condition compares a side's value with the other's, the right side is hashed.</summary>
internal sealed class Joins(BindContext context, Scope? parent)
{
    public static BoundSource Cross(BoundSource left, BoundSource right) => new(
        [.. left.Columns, .. right.Columns],
        outer =>
        {
            var inner = new Lazy<List<object?[]>>(() => [.. right.Rows(outer)]);
            return left.Rows(outer).SelectMany(a => inner.Value.Select(b => Concat(a, b)));
        });

    public static BoundSource Apply(BoundSource left, BoundSource right, bool keepsLeft) => new(
        [.. left.Columns, .. right.Columns.Select(column => keepsLeft ? column with { IsNullable = true } : column)],
        outer => ApplyRows(left, right, keepsLeft, outer));

    public BoundSource Qualified(QualifiedJoin join, BoundSource left, BoundSource right)
    {
        bool keepsLeft = join.QualifiedJoinType is QualifiedJoinType.LeftOuter or QualifiedJoinType.FullOuter;
        bool keepsRight = join.QualifiedJoinType is QualifiedJoinType.RightOuter or QualifiedJoinType.FullOuter;
        IReadOnlyList<ScopeColumn> columns =
        [
            .. left.Columns.Select(column => keepsRight ? column with { IsNullable = true } : column),
            .. right.Columns.Select(column => keepsLeft ? column with { IsNullable = true } : column),
        ];
        var condition = new ExpressionBinder(context, new Scope(columns, parent)).Boolean(join.SearchCondition);
        var keys = EqualKeys(join.SearchCondition, left, right).ToList();
        return new BoundSource(columns, outer => Rows(left, right, condition, keys, keepsLeft, keepsRight, outer));
    }

    private static IEnumerable<object?[]> Rows(
        BoundSource left, BoundSource right, Func<Frame, bool?> condition, List<(BoundExpression Left, BoundExpression Right)> keys, bool keepsLeft, bool keepsRight, Frame? outer)
    {
        var inner = right.Rows(outer).ToList();
        var matched = keepsRight ? new bool[inner.Count] : [];
        var candidates = Candidates(inner, keys, outer);
        var frame = new Frame(outer);
        var leftFrame = new Frame(outer);
        foreach (var row in left.Rows(outer))
        {
            bool found = false;
            leftFrame.Row = row;
            foreach (int i in candidates(leftFrame))
            {
                var both = Concat(row, inner[i]);
                frame.Row = both;
                if (condition(frame) != true)
                    continue;
                found = true;
                if (keepsRight)
                    matched[i] = true;
                yield return both;
            }
            if (!found && keepsLeft)
                yield return Concat(row, new object?[right.Columns.Count]);
        }
        for (int i = 0; i < matched.Length; i++)
            if (!matched[i])
                yield return Concat(new object?[left.Columns.Count], inner[i]);
    }

    /// <summary>Which rows of the right side can match a row of the left one: all, or those of the same key.</summary>
    private static Func<Frame, IEnumerable<int>> Candidates(List<object?[]> inner, List<(BoundExpression Left, BoundExpression Right)> keys, Frame? outer)
    {
        if (keys.Count == 0)
        {
            var all = Enumerable.Range(0, inner.Count);
            return _ => all;
        }
        var frame = new Frame(outer);
        var table = new Dictionary<object?[], List<int>>(SqlCompare.Instance);
        for (int i = 0; i < inner.Count; i++)
        {
            frame.Row = inner[i];
            var key = keys.Select(pair => pair.Right.Evaluate(frame)).ToArray();
            if (!table.TryGetValue(key, out var rows))
                table[key] = rows = [];
            rows.Add(i);
        }
        return leftFrame => table.GetValueOrDefault([.. keys.Select(pair => pair.Left.Evaluate(leftFrame))]) ?? [];
    }

    /// <summary>The comparisons of the condition that every match must pass, with one side's columns on each side.</summary>
    private static IEnumerable<(BoundExpression Left, BoundExpression Right)> EqualKeys(BooleanExpression condition, BoundSource left, BoundSource right)
    {
        switch (condition)
        {
            case BooleanParenthesisExpression inner:
                return EqualKeys(inner.Expression, left, right);
            case BooleanBinaryExpression { BinaryExpressionType: BooleanBinaryExpressionType.And } both:
                return EqualKeys(both.FirstExpression, left, right).Concat(EqualKeys(both.SecondExpression, left, right));
            case BooleanComparisonExpression { ComparisonType: BooleanComparisonType.Equals, FirstExpression: ColumnReferenceExpression a, SecondExpression: ColumnReferenceExpression b }:
                var pair = Pair(a, b, left, right) ?? Pair(b, a, left, right);
                return pair is { } found ? [found] : [];
            default:
                return [];
        }
    }

    private static (BoundExpression Left, BoundExpression Right)? Pair(ColumnReferenceExpression a, ColumnReferenceExpression b, BoundSource left, BoundSource right)
    {
        var first = SyntaxText.Parts(a);
        var second = SyntaxText.Parts(b);
        if (first.Count == 0 || second.Count == 0)
            return null;
        var leftScope = new Scope(left.Columns, null);
        var rightScope = new Scope(right.Columns, null);
        if (leftScope.Find(first) < 0 || rightScope.Find(second) < 0)
            return null;
        var x = leftScope.Resolve(first);
        var y = rightScope.Resolve(second);
        var common = TypeRules.Common(x.Type, y.Type);
        return (x.To(common), y.To(common));
    }

    private static IEnumerable<object?[]> ApplyRows(BoundSource left, BoundSource right, bool keepsLeft, Frame? outer)
    {
        foreach (var row in left.Rows(outer))
        {
            bool found = false;
            foreach (var inner in right.Rows(new Frame(outer) { Row = row }))
            {
                found = true;
                yield return Concat(row, inner);
            }
            if (!found && keepsLeft)
                yield return Concat(row, new object?[right.Columns.Count]);
        }
    }

    private static object?[] Concat(object?[] a, object?[] b)
    {
        if (a.Length == 0)
            return b;
        var both = new object?[a.Length + b.Length];
        a.CopyTo(both, 0);
        b.CopyTo(both, a.Length);
        return both;
    }
}
