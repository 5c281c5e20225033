using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Functions;
using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Binding;

/// <summary>FROM: tables, views, subqueries and what joins them.</summary>
internal sealed class FromBinder(BindContext context, Scope? parent)
{
    public BoundSource Bind(FromClause? from)
    {
        if (from is null || from.TableReferences.Count == 0)
            return BoundSource.OneRow;
        var source = Bind(from.TableReferences[0]);
        foreach (var next in from.TableReferences.Skip(1))
            source = Joins.Cross(source, Bind(next));
        return source;
    }

    public BoundSource Bind(TableReference reference)
    {
        switch (reference)
        {
            case NamedTableReference named:
                return Named(named);
            case QueryDerivedTable derived:
                return Derived(new QueryBinder(context).Bind(derived.QueryExpression, parent), derived.Alias.Value, derived.Columns);
            case InlineDerivedTable inline:
                return Values(inline);
            case VariableTableReference variable:
                var table = context.Module.Tables.GetValueOrDefault(variable.Variable.Name) ?? throw SqlError.UndeclaredTable(variable.Variable.Name);
                return OfTable(table, variable.Alias?.Value ?? variable.Variable.Name, "");
            case JoinParenthesisTableReference inner:
                return Bind(inner.Join);
            case QualifiedJoin join:
                return new Joins(context, parent).Qualified(join, Bind(join.FirstTableReference), Bind(join.SecondTableReference));
            case UnqualifiedJoin { UnqualifiedJoinType: UnqualifiedJoinType.CrossJoin } cross:
                return Joins.Cross(Bind(cross.FirstTableReference), Bind(cross.SecondTableReference));
            case UnqualifiedJoin apply:
                var left = Bind(apply.FirstTableReference);
                var right = new FromBinder(context, new Scope(left.Columns, parent)).Bind(apply.SecondTableReference);
                return Joins.Apply(left, right, apply.UnqualifiedJoinType == UnqualifiedJoinType.OuterApply);
            case SchemaObjectFunctionTableReference function:
                return TableFunctions.Bind(function.SchemaObject.BaseIdentifier.Value, [.. function.Parameters.Select(Scalar)], function.Alias?.Value, function.Columns, context);
            case GlobalFunctionTableReference function:
                return TableFunctions.Bind(function.Name.Value, [.. function.Parameters.Select(Scalar)], function.Alias?.Value, [], context);
            default:
                throw SqlError.Unsupported($"'{SyntaxText.Original(reference)}' in FROM");
        }
    }

    public static BoundSource OfTable(Table table, string source, string schema) => new(
        [.. table.Columns.Select(column => new ScopeColumn(source, schema, column.Name, column.Type, column.IsNullable, new Origin(table, column)))],
        _ => table.Snapshot().Select(row => row.Values))
    { Table = table };

    private BoundExpression Scalar(ScalarExpression expression) => new ExpressionBinder(context, parent).Scalar(expression);

    private BoundSource Named(NamedTableReference named)
    {
        var name = named.SchemaObject;
        var alias = named.Alias?.Value ?? name.BaseIdentifier.Value;
        var schema = named.Alias is null ? name.SchemaIdentifier?.Value ?? Database.DefaultSchema : "";
        if (name.Count == 1 && context.CommonTables.TryGetValue(name.BaseIdentifier.Value, out var common))
            return Common(common, alias);
        var found = new Names(context).Find(name);
        return found switch
        {
            Table table => OfTable(table, alias, schema),
            View view => Derived(OfView(view), alias, view.Body.Columns, schema),
            SystemView system => new BoundSource(
                [.. system.Columns.Select(column => new ScopeColumn(alias, schema, column.Name, column.Type, true))],
                _ => system.Rows(context.Session, new Names(context).DatabaseOf(name))),
            _ => throw SqlError.InvalidObject(SyntaxText.Joined(name)),
        };
    }

    private BoundQuery OfView(View view)
    {
        var inner = context.ForView(view.Database);
        return new QueryBinder(inner.With(view.Body.SelectStatement.WithCtesAndXmlNamespaces)).Bind(view.Body.SelectStatement.QueryExpression, null);
    }

    private static BoundSource Common(CommonTable common, string alias)
    {
        if (common.Working is { } working)
            return new BoundSource([.. working.Columns.Select(column => column with { Source = alias })], working.Rows);
        var query = new RecursiveBinder(common.Context).Bind(common.Syntax);
        return Derived(query, alias, common.Syntax.Columns);
    }

    public static BoundSource Derived(BoundQuery query, string alias, IList<Identifier> names, string schema = "")
    {
        if (names.Count > 0 && names.Count != query.Columns.Count)
            throw new SqlError(8158, 16, 1, $"'{alias}' has {(names.Count < query.Columns.Count ? "more" : "fewer")} columns than were specified in the column list.");
        var columns = query.Columns.Select((column, i) => new ScopeColumn(
            alias, schema, names.Count > 0 ? names[i].Value : column.Name, column.Type, column.IsNullable, column.Origin)).ToList();
        if (columns.FindIndex(column => column.Name.Length == 0) is >= 0 and var unnamed)
            throw new SqlError(8155, 16, 2, $"No column name was specified for column {unnamed + 1} of '{alias}'.");
        return new BoundSource(columns, query.Rows);
    }

    private BoundSource Values(InlineDerivedTable inline)
    {
        var binder = new ExpressionBinder(context, parent);
        var rows = inline.RowValues.Select(row => row.ColumnValues.Select(binder.Scalar).ToArray()).ToArray();
        if (Array.Exists(rows, row => row.Length != inline.Columns.Count))
            throw new SqlError(10709, 16, 1, "The number of columns for each row in a table value constructor must be the same.");
        var types = Enumerable.Range(0, inline.Columns.Count).Select(i => CaseBinder.CommonType(rows.Select(row => row[i]))).ToArray();
        var values = Array.ConvertAll(rows, row => row.Select((value, i) => value.To(types[i]).Evaluate).ToArray());
        return new BoundSource(
            [.. inline.Columns.Select((column, i) => new ScopeColumn(inline.Alias.Value, "", column.Value, types[i], true))],
            outer =>
            {
                var frame = new Frame(outer?.Outer) { Row = outer?.Row ?? [] };
                return values.Select(row => Array.ConvertAll(row, value => value(outer ?? frame)));
            });
    }
}
