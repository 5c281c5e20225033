namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>Where the value of an expression comes from. A node that is not known here may come from anything.</summary>
internal sealed class Expressions(Analysis a)
{
    /// <summary>The value of an expression; of an absent one, nothing.</summary>
    public Value Of(TreeNode node, Scope scope)
    {
        if (node.IsAbsent || node.Is(Tree.Const) || node.Is(Nodes.SetToDefault))
            return Value.Nothing;
        if (node.Is(Tree.ColumnRef))
            return Column(node, scope);
        a.Step();
        if (node.Is(Tree.AExpr))
            return Operator(node, scope);
        if (node.Is(Tree.FuncCall))
            return a.Calls.Of(node, scope);
        if (node.Is(Tree.TypeCast))
            return a.Calls.Cast(Of(node.Child(Tree.TypeCastArg), scope), node.Child(Nodes.TypeCastType));
        if (node.Is(Tree.BoolExpr))
            return Sum(node.Items(Tree.BoolArgs), scope);
        if (node.Is(Tree.ParamRef))
            return Parameter((int)node.Number(Nodes.ParamNumber));
        if (node.Is(Tree.SubLink))
            return SubLink(node, scope);
        return node.Is(Nodes.CaseExpr) ? Case(node, scope)
            : node.Is(Nodes.A_Indirection) ? Indirection(node, scope)
            : node.Is(Nodes.RowExpr) ? new Value(Row(node.Items(Nodes.RowArgs), scope))
            : node.Is(Tree.List) ? new Value(Row(node.Items(Tree.ListItems), scope))
            : node.Is(Nodes.A_ArrayExpr) ? Array(Either(node.Items(Nodes.ArrayElements), scope))
            : node.Is(Nodes.Coalesce) ? Either(node.Items(Nodes.CoalesceArgs), scope)
            : node.Is(Nodes.MinMax) ? Either(node.Items(Nodes.MinMaxArgs), scope)
            : Rest(node, scope);
    }

    Value Rest(TreeNode node, Scope scope)
    {
        if (node.Is(Nodes.NullTest))
            return Told(Of(node.Child(Nodes.NullTestArg), scope));
        if (node.Is(Nodes.BooleanTest))
            return new(Of(node.Child(Nodes.BooleanTestArg), scope).Sources);
        if (node.Is(Nodes.Collate))
            return Plain(Of(node.Child(Nodes.CollateArg), scope));
        if (node.Is(Nodes.NamedArg))
            return Of(node.Child(Nodes.NamedArgArg), scope);
        if (node.Is(Tree.ResTarget))
            return Of(node.Child(Tree.TargetValue), scope);
        if (node.Is(Nodes.XmlExpr))
            return new(Sum(node.Items(Nodes.XmlNamed), scope).Sources.Union(Sum(node.Items(Nodes.XmlArgs), scope).Sources));
        if (node.Is(Nodes.XmlSerialize))
            return a.Calls.Cast(Of(node.Child(Nodes.XmlSerializeExpr), scope), 0);
        if (node.Is(Nodes.SqlValue))
            return Value.Nothing;
        if (node.Is(Nodes.Grouping))
        {
            Sum(node.Items(Nodes.GroupingArgs), scope);
            return Value.Nothing; // Which columns the row is grouped by, whatever they hold.
        }
        if (node.Is(Tree.CurrentOf))
            return Value.Nothing;
        a.Effects.Unknown("an expression that is not known here: " + node.Type.Name);
        return Value.Anything;
    }

    /// <summary>That a value is there, as EXISTS with the same condition tells it: nothing of the value itself. Of everything, and of what a body's
    /// variables hold, it is not said so easily what it is.</summary>
    public Value Told(Value value)
    {
        var sources = value.Sources;
        if (sources.IsEverything || !sources.WithoutParameters().Equals(sources))
            return new(sources);
        a.Effects.Use(sources, ColumnUses.Predicate);
        return Value.Nothing;
    }

    /// <summary>A column, or a star where the grammar has an expression: all columns, as in <c>row_to_json(p.*)</c>.</summary>
    Value Column(TreeNode node, Scope scope)
    {
        if (!EndsWithStar(node))
            return a.Names.Column(node, scope);
        if (a.Names.Star(node, scope) is { } columns)
            return new(columns);
        a.Effects.Unknown("a star whose columns are not known");
        return Value.Anything;
    }

    public static bool EndsWithStar(TreeNode column)
    {
        var isStar = false;
        foreach (var part in column.Items(Tree.ColumnFields))
            isStar = part.Is(Tree.Star);
        return isStar;
    }

    /// <summary>All of them together.</summary>
    public Value Sum(TreeItems nodes, Scope scope)
    {
        var sum = SourceSet.Empty;
        foreach (var node in nodes)
            sum = sum.Union(Of(node, scope).Sources);
        return sum.IsEmpty ? Value.Nothing : new(sum);
    }

    static Value Array(Value elements) =>
        elements.Row is not null || elements.Type >= Catalog.CatalogRoutine.FirstUserId ? elements : new(elements.Sources) { Type = Calls.AnyArray };

    Value Either(TreeItems nodes, Scope scope)
    {
        Value? result = null;
        foreach (var node in nodes)
            result = result is null ? Plain(Of(node, scope)) : Value.Either(result, Of(node, scope));
        return result ?? Value.Nothing;
    }

    /// <summary>An expression's value is no column's plain value, whatever is in it.</summary>
    static Value Plain(Value value) => value.Origin is null ? value : value.Derived(value.Sources);

    /// <summary>The fields of ROW(...), where a star stands for several.</summary>
    List<Field> Row(TreeItems nodes, Scope scope)
    {
        var fields = new List<Field>();
        foreach (var node in nodes)
        {
            var value = Of(node, scope);
            if (node.Is(Tree.ColumnRef) && EndsWithStar(node) && value.Row is not null)
                foreach (var field in value.Row)
                    fields.Add(new("f" + (fields.Count + 1), field.Value));
            else
                fields.Add(new("f" + (fields.Count + 1), value));
        }
        return fields;
    }

    Value Operator(TreeNode node, Scope scope)
    {
        var left = Of(node.Child(Tree.AExprLeft), scope);
        var right = Of(node.Child(Tree.AExprRight), scope);
        var kind = node.Number(Nodes.AExprKind);
        if (kind >= Nodes.Between && kind <= Nodes.BetweenLast)
            return a.Calls.Operator(null, "<=", left, right).With(a.Calls.Operator(null, ">=", left, right).Sources);
        string? schema = null, name = null;
        foreach (var part in node.Items(Tree.AExprName))
            (schema, name) = (name, part.Text(Tree.StringValue));
        var result = a.Calls.Operator(schema, name ?? "=", left, right);
        return kind == Nodes.NullIf ? Value.Either(Plain(left), new Value(result.Sources)) : result;
    }

    Value Parameter(int number)
    {
        if (a.Body is not { } body)
            return new(SourceSet.OfParameter(number - 1));
        if (number >= 1 && number <= body.Parameters.Count)
            return body.HasVariables ? body.Parameters[number - 1].With(SourceSet.Variable) : body.Parameters[number - 1];
        return body.HasVariables ? new(SourceSet.Variable) : Value.Anything;
    }

    Value SubLink(TreeNode node, Scope scope)
    {
        var kind = node.Number(Nodes.SubLinkKind);
        var columns = a.Queries.Of(node.Child(Nodes.SubLinkSelect), scope, scope.Ctes);
        if (kind == Nodes.Exists)
            return Value.Nothing; // That a row is there; its condition is a predicate.
        if (columns is null)
            return Value.Anything;
        var value = columns.Count == 1 ? Plain(columns[0].Value) : new Value(columns);
        if (kind == Nodes.ExprLink || kind == Nodes.Array || kind == Nodes.MultiLink)
            return kind == Nodes.Array ? Array(value) : value;
        var test = Of(node.Child(Nodes.SubLinkTest), scope);
        string? schema = null, name = null;
        foreach (var part in node.Items(Tree.SubLinkOperator))
            (schema, name) = (name, part.Text(Tree.StringValue));
        return new(a.Calls.Operator(schema, name ?? "=", test, value).Sources);
    }

    Value Case(TreeNode node, Scope scope)
    {
        var conditions = Of(node.Child(Nodes.CaseArg), scope).Sources;
        var isSimple = !node.Child(Nodes.CaseArg).IsAbsent;
        Value? result = null;
        foreach (var when in node.Items(Nodes.CaseArgs))
        {
            var condition = Of(when.Child(Nodes.WhenExpr), scope);
            conditions = conditions.Union(isSimple ? a.Calls.Operator(null, "=", new(conditions), condition).Sources : condition.Sources);
            var value = Plain(Of(when.Child(Nodes.WhenResult), scope));
            result = result is null ? value : Value.Either(result, value);
        }
        var otherwise = Plain(Of(node.Child(Nodes.CaseDefault), scope));
        return (result is null ? otherwise : Value.Either(result, otherwise)).With(conditions);
    }

    /// <summary>Fields and subscripts of a value; a star at the end is for the target list.</summary>
    public Value Indirection(TreeNode node, Scope scope)
    {
        var value = Of(node.Child(Nodes.IndirectionArg), scope);
        foreach (var part in node.Items(Tree.IndirectionItems))
        {
            if (part.Is(Tree.String))
                value = a.Names.Field(value, NameReader.Text(part));
            else if (part.Is(Nodes.A_Indices))
                value = Plain(value).With(Subscripts(part, scope));
            else if (!part.Is(Tree.Star))
            {
                a.Effects.Unknown("a part of a value that is not known here");
                return Value.Anything;
            }
        }
        if (value.Sources.Count > 0)
            a.Effects.Use(value.Sources, ColumnUses.Named);
        return value;
    }

    SourceSet Subscripts(TreeNode indices, Scope scope) =>
        Of(indices.Child(Nodes.IndicesLower), scope).Sources.Union(Of(indices.Child(Nodes.IndicesUpper), scope).Sources);

    /// <summary>A condition: which rows there are depends on it.</summary>
    public void Condition(TreeNode node, Scope scope)
    {
        if (!node.IsAbsent)
            a.Effects.Use(Of(node, scope).Sources, ColumnUses.Predicate);
    }

    /// <summary>Expressions that order, group or partition. The name of a target, or its number, stands for it.</summary>
    public void Conditions(TreeItems nodes, Scope scope, IReadOnlyList<Field>? targets)
    {
        foreach (var item in nodes)
        {
            if (item.Is(Nodes.GroupingSet))
            {
                Conditions(item.Items(Nodes.GroupingContent), scope, targets);
                continue;
            }
            if (item.Is(Tree.List)) // The columns of one grouping set.
            {
                Conditions(item.Items(Tree.ListItems), scope, targets);
                continue;
            }
            if (item.Is(Nodes.SortBy))
                SortOperator(item);
            var node = item.Is(Nodes.SortBy) ? item.Child(Nodes.SortNode) : item;
            if (Target(node, targets) is { } target)
                a.Effects.Use(target.Sources, ColumnUses.Predicate);
            // A name may be both a target's and a column's: which one it means differs, so both count.
            if (!node.Is(Tree.ColumnRef) || targets is null || Target(node, targets) is null || IsColumn(node, scope))
                Condition(node, scope);
        }
    }

    void SortOperator(TreeNode sort)
    {
        string? schema = null, name = null;
        foreach (var part in sort.Items(Tree.SortOperator))
            (schema, name) = (name, part.Text(Tree.StringValue));
        if (name is not null)
            a.Calls.Operator(schema, name, Value.Nothing, Value.Nothing);
    }

    static Value? Target(TreeNode node, IReadOnlyList<Field>? targets)
    {
        if (targets is null)
            return null;
        if (node.Is(Tree.Const))
        {
            var number = (int)node.Child(Nodes.ConstInteger).Number(Nodes.IntegerValue);
            return number >= 1 && number <= targets.Count ? targets[number - 1].Value : null;
        }
        if (!node.Is(Tree.ColumnRef) || NameReader.Last(node.Items(Tree.ColumnFields)) is not { } name)
            return null;
        var count = 0;
        foreach (var _ in node.Items(Tree.ColumnFields))
            count++;
        Value? found = null;
        foreach (var target in targets)
            if (count == 1 && target.Name == name)
                found = found is null ? target.Value : Value.Either(found, target.Value);
        return found;
    }

    static bool IsColumn(TreeNode node, Scope scope)
    {
        var name = NameReader.Last(node.Items(Tree.ColumnFields));
        return scope.Entries.Exists(e => e.ShowsColumns && (e.Others is not null || e.Columns.Any(c => c.Name == name)));
    }

    /// <summary>OVER (...): what a window orders and partitions by is a predicate.</summary>
    public void Window(TreeNode window, Scope scope)
    {
        if (window.IsAbsent)
            return;
        Conditions(window.Items(Nodes.WindowPartition), scope, null);
        Conditions(window.Items(Nodes.WindowOrder), scope, null);
        Condition(window.Child(Nodes.WindowStart), scope);
        Condition(window.Child(Nodes.WindowEnd), scope);
    }
}
