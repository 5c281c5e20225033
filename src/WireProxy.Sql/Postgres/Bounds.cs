using System.Collections.Frozen;
using System.Runtime.CompilerServices;

namespace WireProxy.Sql.Postgres;

/// <summary>Decides whether a query level is bounded: whether the reads of the relations in its FROM are less than a bulk read.</summary>
/// <remarks>
/// The rule. A level is bounded if
/// (1) its WHERE holds a condition that names a column: constants, parameters alone, <c>x = x</c>, and an OR with a constant
/// arm are no condition; or
/// (2) it has LIMIT or FETCH FIRST other than ALL or NULL, and no function in its target list that gathers all rows into one
/// value (<c>string_agg</c> and its like); or
/// (3) it stands in FROM or in a set operation of a bounded level and passes rows through one by one: plain columns,
/// constants and casts as targets, no DISTINCT, GROUP BY, HAVING or WINDOW.
/// JOIN conditions do not count, nor does a condition on a WITH query from outside. An UPDATE, DELETE or MERGE is a level too,
/// with its WHERE or ON. Relations in expressions' subqueries belong to the subquery's own level.
/// </remarks>
internal sealed class Bounds
{
    // A guard against looking through the same deep subqueries again at each level: past it a condition counts as none.
    const int NodesPerCondition = 2_000;

    static readonly FrozenSet<string> s_gathering = new[]
    {
        "array_agg", "string_agg", "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg", "xmlagg", "range_agg",
        "json_agg_strict", "jsonb_agg_strict", "json_object_agg_strict", "jsonb_object_agg_strict", "json_arrayagg",
        "json_objectagg", "mode", "percentile_disc",
    }.ToFrozenSet(StringComparer.Ordinal);

    int _budget;

    public bool OfSelect(TreeNode select, bool isBoundAbove)
    {
        var where = default(TreeNode);
        var limit = default(TreeNode);
        var isPlain = true;
        var reader = new ProtoReader(select.Bytes);
        while (reader.Next())
        {
            if (reader.Field == Tree.SelectWhere)
                where = TreeNode.Unwrap(ProtoSchema.Node, reader.Bytes);
            else if (reader.Field == Tree.SelectLimit)
                limit = TreeNode.Unwrap(ProtoSchema.Node, reader.Bytes);
            else if (reader.Field == Tree.SelectDistinct || reader.Field == Tree.SelectGroup || reader.Field == Tree.SelectHaving
                || reader.Field == Tree.SelectWindow)
                isPlain = false;
        }
        if (OfCondition(where))
            return true;
        if (Limits(limit) && !Gathers(select))
            return true;
        return isBoundAbove && isPlain && HasPlainTargets(select);
    }

    /// <summary>Whether a WHERE or ON condition constrains its level; an absent one does not.</summary>
    public bool OfCondition(TreeNode condition)
    {
        _budget = NodesPerCondition;
        return !condition.IsAbsent && Constrains(condition);
    }

    bool Constrains(TreeNode node)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (node.Is(Tree.BoolExpr))
        {
            var isOr = node.Number(Tree.BoolKind) == Tree.OrExpr;
            var any = false;
            foreach (var arm in node.Items(Tree.BoolArgs))
            {
                any |= Constrains(arm);
                if (isOr && !Varies(arm))
                    return false;
                if (any && !isOr)
                    return true;
            }
            return any;
        }
        if (node.Is(Tree.AExpr))
        {
            var left = node.Child(Tree.AExprLeft);
            var right = node.Child(Tree.AExprRight);
            if (left.Is(Tree.ColumnRef) && right.Is(Tree.ColumnRef) && SameColumn(left, right))
                return false;
        }
        return NamesColumn(node, orParameter: false);
    }

    bool Varies(TreeNode node) => NamesColumn(node, orParameter: true);

    bool NamesColumn(TreeNode node, bool orParameter)
    {
        if (node.IsAbsent || --_budget < 0)
            return false;
        if (node.Is(Tree.ColumnRef) || node.Is(Tree.CurrentOf) || (orParameter && node.Is(Tree.ParamRef)))
            return true;
        RuntimeHelpers.EnsureSufficientExecutionStack();
        var fields = node.Type.Fields;
        var reader = new ProtoReader(node.Bytes);
        while (reader.Next())
            if (fields[reader.Field]?.Type is { } type && NamesColumn(TreeNode.Unwrap(type, reader.Bytes), orParameter))
                return true;
        return false;
    }

    static bool SameColumn(TreeNode left, TreeNode right)
    {
        var a = left.Items(Tree.ColumnFields);
        var b = right.Items(Tree.ColumnFields);
        while (true)
        {
            var (hasA, hasB) = (a.MoveNext(), b.MoveNext());
            if (hasA != hasB)
                return false;
            if (!hasA)
                return true;
            if (!a.Current.Bytes.SequenceEqual(b.Current.Bytes))
                return false;
        }
    }

    static bool Limits(TreeNode limit)
    {
        while (limit.Is(Tree.TypeCast))
            limit = limit.Child(Tree.TypeCastArg);
        return !limit.IsAbsent && !(limit.Is(Tree.Const) && limit.Flag(Tree.ConstIsNull)); // LIMIT ALL is LIMIT NULL.
    }

    bool Gathers(TreeNode select)
    {
        _budget = NodesPerCondition;
        foreach (var target in select.Items(Tree.SelectTargets))
            if (CallsGathering(target))
                return true;
        return false;
    }

    bool CallsGathering(TreeNode node)
    {
        if (node.IsAbsent || node.Is(Tree.ColumnRef) || node.Is(Tree.SelectStmt))
            return false;
        if (--_budget < 0)
            return true;
        if (node.Is(Tree.FuncCall) && NameReader.Last(node.Items(Tree.FuncName)) is { } name && s_gathering.Contains(name))
            return true;
        RuntimeHelpers.EnsureSufficientExecutionStack();
        var fields = node.Type.Fields;
        var reader = new ProtoReader(node.Bytes);
        while (reader.Next())
            if (fields[reader.Field]?.Type is { } type && CallsGathering(TreeNode.Unwrap(type, reader.Bytes)))
                return true;
        return false;
    }

    static bool HasPlainTargets(TreeNode select)
    {
        foreach (var target in select.Items(Tree.SelectTargets))
        {
            var value = target.Child(Tree.TargetValue);
            while (value.Is(Tree.TypeCast))
                value = value.Child(Tree.TypeCastArg);
            if (!value.Is(Tree.ColumnRef) && !value.Is(Tree.Const))
                return false;
        }
        return true;
    }
}
