using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.Sql.TransactSql.Lineage;

/// <summary>Resolves what stands in FROM.</summary>
internal sealed class FromLineage(Resolver resolver)
{
    /// <summary>Adds a table reference's rows to a scope; answers with what its join conditions are made of.</summary>
    /// <param name="around">What a derived table sees: the queries around, and under APPLY what stands to its left.</param>
    public SourceSet Add(TableReference table, Scope scope, Scope? around, IReadOnlyDictionary<string, Rows>? queries)
    {
        // Joins are chains to the left, as long as MaxChain.
        var joins = new Stack<JoinTableReference>();
        while (table is JoinTableReference or JoinParenthesisTableReference or OdbcQualifiedJoinTableReference)
        {
            if (table is JoinTableReference join)
                joins.Push(join);
            table = table switch
            {
                JoinTableReference j => j.FirstTableReference,
                JoinParenthesisTableReference inner => inner.Join,
                OdbcQualifiedJoinTableReference odbc => odbc.TableReference,
                _ => table,
            };
        }
        var predicates = SourceSet.Empty;
        Leaf(table, scope, around, queries);
        foreach (var join in joins)
        {
            var isApply = join is UnqualifiedJoin { UnqualifiedJoinType: UnqualifiedJoinType.CrossApply or UnqualifiedJoinType.OuterApply };
            predicates = predicates.Union(Add(join.SecondTableReference, scope, isApply ? scope : around, queries));
            if (join is QualifiedJoin { SearchCondition: { } condition })
                predicates = predicates.Union(resolver.Queries.Test(condition, scope, queries, null));
        }
        return predicates;
    }

    void Leaf(TableReference table, Scope scope, Scope? around, IReadOnlyDictionary<string, Rows>? queries)
    {
        switch (table)
        {
            case NamedTableReference named:
                var (_, schema, name) = NameText.Of(named.SchemaObject);
                scope.Add(named.Alias is null ? schema : null, named.Alias?.Value ?? name, resolver.Names.Table(named.SchemaObject, queries));
                break;
            case TableReferenceWithAliasAndColumns columns:
                scope.Add(null, NameText.Part(columns.Alias) ?? FunctionName(columns), Named(columns, around, scope, queries).Renamed([.. columns.Columns.Select(c => c.Value)]));
                break;
            case VariableTableReference variable:
                scope.Add(null, variable.Alias?.Value ?? variable.Variable.Name, resolver.Names.TableVariable(variable.Variable.Name));
                break;
            case PivotedTableReference pivot:
                scope.Add(null, pivot.Alias?.Value, Pivot(pivot, around, queries));
                break;
            case UnpivotedTableReference unpivot:
                scope.Add(null, unpivot.Alias?.Value, Unpivot(unpivot, around, queries));
                break;
            case OpenJsonTableReference json:
                scope.Add(null, json.Alias?.Value ?? "OPENJSON", Made(json, around ?? scope, queries,
                    json.SchemaDeclarationItems.Select(item => item.ColumnDefinition.ColumnIdentifier.Value), ["key", "value", "type"]));
                break;
            case GlobalFunctionTableReference function:
                scope.Add(null, function.Alias?.Value ?? function.Name.Value, Made(function, around ?? scope, queries, [], ["value"]));
                break;
            case FullTextTableReference text:
                scope.Add(null, text.Alias?.Value, Rows.Open(resolver.Names.Table(text.TableName, null).All));
                break;
            case SemanticTableReference semantic:
                scope.Add(null, semantic.Alias?.Value, Rows.Open(resolver.Names.Table(semantic.TableName, null).All));
                break;
            default:
                scope.Add(null, (table as TableReferenceWithAlias)?.Alias?.Value, resolver.UnknownRows("a source of rows that is not followed"));
                break;
        }
    }

    static string? FunctionName(TableReferenceWithAliasAndColumns table) =>
        (table as SchemaObjectFunctionTableReference)?.SchemaObject.BaseIdentifier?.Value;

    Rows Named(TableReferenceWithAliasAndColumns table, Scope? around, Scope scope, IReadOnlyDictionary<string, Rows>? queries)
    {
        switch (table)
        {
            case QueryDerivedTable derived:
                return resolver.Queries.Resolve(derived.QueryExpression, around, queries).Rows;
            case InlineDerivedTable values:
                return Values(values.RowValues, around, queries);
            case SchemaObjectFunctionTableReference function:
                return Function(function, around, queries);
            case VariableMethodCallTableReference method:
                return Rows.Open(resolver.Frame.Variable(method.Variable.Name)); // @xml.nodes('...')
            case ChangeTableChangesTableReference changes:
                return Rows.Open(resolver.Names.Table(changes.Target, null).All);
            case ChangeTableVersionTableReference version:
                return Rows.Open(resolver.Names.Table(version.Target, null).All);
            case DataModificationTableReference change:
                return resolver.Changes.Change(change.DataModificationSpecification, queries);
            default:
                return resolver.UnknownRows("a source of rows that is not followed");
        }
    }

    public Rows Values(IList<RowValue> rows, Scope? around, IReadOnlyDictionary<string, Rows>? queries)
    {
        var columns = new List<SourceSet>();
        foreach (var row in rows)
            for (var i = 0; i < row.ColumnValues.Count; i++)
            {
                var sources = resolver.Expression(row.ColumnValues[i], around, queries);
                if (i < columns.Count)
                    columns[i] = columns[i].Union(sources);
                else
                    columns.Add(sources);
            }
        return new([.. columns.Select(sources => new RowColumn(null, sources, null))], false, SourceSet.Empty);
    }

    Rows Function(SchemaObjectFunctionTableReference function, Scope? around, IReadOnlyDictionary<string, Rows>? queries)
    {
        var arguments = function.Parameters.Select(p => resolver.Expression(p, around, queries)).ToList();
        var (database, schema, name) = NameText.Of(function.SchemaObject);
        // column.nodes('...')
        var column = schema is null ? null : around?.Find(null, database, schema);
        if (column is not null)
            resolver.Effects.Touch(column.Sources);
        var rows = resolver.Modules.Tabular(database, schema, name, arguments);
        return rows is not null && column is not null ? Rows.Open(rows.All.Union(column.Sources))
            : rows ?? (column is not null ? Rows.Open(column.Sources) : resolver.UnknownRows("a table function that the catalog does not know"));
    }

    /// <summary>Rows made of a function's arguments.</summary>
    Rows Made(TableReference table, Scope? around, IReadOnlyDictionary<string, Rows>? queries, IEnumerable<string> declared, string[] otherwise)
    {
        var sources = resolver.Expression(table, around, queries);
        var names = declared.ToList();
        return new([.. (names.Count > 0 ? names : [.. otherwise]).Select(name => new RowColumn(name, sources, null))],
            table is GlobalFunctionTableReference, table is GlobalFunctionTableReference ? sources : SourceSet.Empty);
    }

    Rows Pivot(PivotedTableReference pivot, Scope? around, IReadOnlyDictionary<string, Rows>? queries)
    {
        var scope = new Scope(around);
        Add(pivot.TableReference, scope, around, queries);
        var rows = scope.Star(null, null) ?? Rows.Unknown;
        var spread = resolver.Expression(pivot.PivotColumn, scope, queries);
        resolver.Effects.Predicate(spread);
        var value = SourceSet.UnionOf(pivot.ValueColumns.Select(c => resolver.Expression(c, scope, queries))).Union(spread);
        var gone = pivot.ValueColumns.Append(pivot.PivotColumn).Select(c => NameText.Part(c.MultiPartIdentifier, 0)).ToList();
        return rows with
        {
            Columns = [.. rows.Columns.Where(c => !gone.Exists(g => NameText.Same(g, c.Name))), .. pivot.InColumns.Select(c => new RowColumn(c.Value, value, null))],
        };
    }

    Rows Unpivot(UnpivotedTableReference unpivot, Scope? around, IReadOnlyDictionary<string, Rows>? queries)
    {
        var scope = new Scope(around);
        Add(unpivot.TableReference, scope, around, queries);
        var rows = scope.Star(null, null) ?? Rows.Unknown;
        var value = SourceSet.UnionOf(unpivot.InColumns.Select(c => resolver.Expression(c, scope, queries)));
        var gone = unpivot.InColumns.Select(c => NameText.Part(c.MultiPartIdentifier, 0)).ToList();
        return rows with
        {
            Columns =
            [
                .. rows.Columns.Where(c => !gone.Exists(g => NameText.Same(g, c.Name))),
                new(unpivot.ValueColumn.Value, value, null), new(unpivot.PivotColumn.Value, SourceSet.Empty, null),
            ],
        };
    }
}
