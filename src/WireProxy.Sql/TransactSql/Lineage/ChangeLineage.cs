using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.TransactSql.Lineage;

/// <summary>Resolves INSERT, UPDATE, DELETE and MERGE: what comes into which column, and what OUTPUT gives back.</summary>
internal sealed class ChangeLineage(Resolver resolver)
{
    /// <summary>What is changed: a table that was made here, a relation of the catalog, or neither.</summary>
    sealed record Target(string Name, MadeTable? Made, CatalogRelation? Relation, Rows Rows);

    /// <summary>What comes into a column; null for any of them.</summary>
    /// <param name="Plain">The table's column whose value it is, as it is.</param>
    readonly record struct WrittenValue(string? Column, SourceSet Sources, SourceColumn? Plain = null);

    /// <summary>Resolves a change; answers with the rows of OUTPUT, or of nothing.</summary>
    public Rows Change(DataModificationSpecification change, IReadOnlyDictionary<string, Rows>? queries)
    {
        var scope = new Scope(null);
        if (change is UpdateDeleteSpecificationBase { FromClause: { } from })
            foreach (var table in from.TableReferences)
                resolver.Tables.Add(table, scope, null, queries);
        var target = TargetOf(change, scope, queries);
        if (change is not InsertSpecification && !scope.Sources.Any(s => NameText.Same(s.Name, NameOf(change))))
            scope.Add(null, NameOf(change), target.Rows);
        var written = new List<WrittenValue>();
        switch (change)
        {
            case InsertSpecification insert:
                Insert(insert, target, queries, written);
                break;
            case MergeSpecification merge:
                Merge(merge, scope, queries, written);
                break;
            case UpdateDeleteSpecificationBase some:
                Set((some as UpdateSpecification)?.SetClauses ?? [], scope, queries, written);
                resolver.Queries.Test(some.WhereClause, scope, queries, null);
                break;
        }
        resolver.Queries.Test(change.TopRowFilter, scope, queries, null);
        Write(target, written);
        return Output(change, target, scope, queries, written);
    }

    static string? NameOf(DataModificationSpecification change) => change switch
    {
        MergeSpecification { TableAlias: { } alias } => alias.Value,
        { Target: NamedTableReference named } => named.SchemaObject.BaseIdentifier?.Value,
        { Target: VariableTableReference variable } => variable.Variable.Name,
        _ => null,
    };

    Target TargetOf(DataModificationSpecification change, Scope scope, IReadOnlyDictionary<string, Rows>? queries)
    {
        switch (change.Target)
        {
            case VariableTableReference variable:
                resolver.Frame.TableVariables.TryGetValue(variable.Variable.Name, out var made);
                return new(variable.Variable.Name, made, null, made?.Rows ?? Rows.Unknown);
            case NamedTableReference named:
                var aliased = change is UpdateDeleteSpecificationBase { FromClause: { } from } && named.SchemaObject.Count == 1
                    ? FromNames.Find(from, named.SchemaObject.BaseIdentifier.Value) : null;
                if (aliased is null && named.SchemaObject.Count == 1 && scope.Star(null, named.SchemaObject.BaseIdentifier.Value) is { } derived)
                    return new(named.SchemaObject.BaseIdentifier.Value, null, null, derived); // A derived table, or the name of one in FROM.
                return Named(aliased ?? named.SchemaObject, queries);
            default:
                return new("a source of rows that is not followed", null, null, Rows.Unknown);
        }
    }

    Target Named(SchemaObjectName written, IReadOnlyDictionary<string, Rows>? queries)
    {
        var (database, schema, name) = NameText.Of(written);
        var isQuery = database is null && schema is null && queries?.ContainsKey(name) == true;
        var made = isQuery ? null : resolver.Names.MadeTable(database, name) ?? resolver.Names.NewTable(schema, name);
        var relation = isQuery || made is not null || NameText.IsTemporary(name) ? null : resolver.Names.Relation(database, schema, name);
        return new(name, made, relation, resolver.Names.Table(written, queries));
    }

    void Insert(InsertSpecification insert, Target target, IReadOnlyDictionary<string, Rows>? queries, List<WrittenValue> written)
    {
        var rows = insert.InsertSource switch
        {
            SelectInsertSource select => resolver.Queries.Resolve(select.Select, null, queries).Rows,
            ValuesInsertSource { IsDefaultValues: false } values => resolver.Tables.Values(values.RowValues, null, queries),
            ExecuteInsertSource execute => resolver.Statements.Execution.InsertedRows(execute.Execute),
            _ => new([], false, SourceSet.Empty),
        };
        var columns = insert.Columns.Count > 0 ? [.. insert.Columns.Select(c => NameText.Part(c.MultiPartIdentifier, 0))] : InsertedColumns(target);
        if (rows.IsOpen || columns is null || (columns.Count != rows.Columns.Count && rows.Columns.Count > 0))
            written.Add(new(null, rows.All)); // Any value may come into any column.
        else
            written.AddRange(columns.Zip(rows.Columns, (name, column) => new WrittenValue(name, column.Sources, PlainOf(column))));
    }

    /// <summary>The columns that an INSERT without a list fills; null where they are not known.</summary>
    IReadOnlyList<string?>? InsertedColumns(Target target) =>
        target.Made is { IsOpen: false } made ? made.Inserted
        : target.Relation is { Kind: not 'v' } relation
            ? [.. relation.Columns.Where(c => !resolver.Objects!.IsNotInserted(relation.Id, c.Number)).Select(c => c.Name)]
        : target.Rows.IsOpen ? null
        : [.. target.Rows.Columns.Select(c => c.Name)];

    void Merge(MergeSpecification merge, Scope scope, IReadOnlyDictionary<string, Rows>? queries, List<WrittenValue> written)
    {
        resolver.Tables.Add(merge.TableReference, scope, null, queries);
        resolver.Queries.Test(merge.SearchCondition, scope, queries, null);
        foreach (var clause in merge.ActionClauses)
        {
            resolver.Queries.Test(clause.SearchCondition, scope, queries, null);
            switch (clause.Action)
            {
                case UpdateMergeAction update:
                    Set(update.SetClauses, scope, queries, written);
                    break;
                case InsertMergeAction { Source: { } source } insert:
                    var rows = source.IsDefaultValues ? new([], false, SourceSet.Empty) : resolver.Tables.Values(source.RowValues, scope, queries);
                    written.AddRange(insert.Columns.Count == rows.Columns.Count && insert.Columns.Count > 0
                        ? insert.Columns.Zip(rows.Columns, (c, r) => new WrittenValue(NameText.Part(c.MultiPartIdentifier, 0), r.Sources))
                        : [new(null, rows.All)]);
                    break;
            }
        }
    }

    void Set(IList<SetClause> clauses, Scope scope, IReadOnlyDictionary<string, Rows>? queries, List<WrittenValue> written)
    {
        foreach (var clause in clauses)
        {
            switch (clause)
            {
                case AssignmentSetClause assignment:
                    var sources = resolver.Expression(assignment.NewValue, scope, queries);
                    // @v = column = value gives the variable the new value; column += value keeps the old one in it.
                    if (assignment.Variable is not null)
                        resolver.Frame.Assign(assignment.Variable.Name, sources);
                    if (assignment.Column is not null)
                        written.Add(new(NameText.Part(assignment.Column.MultiPartIdentifier, 0), sources, PlainOf(assignment, scope)));
                    break;
                case FunctionCallSetClause { MutatorFunction: { } mutator }: // column.modify('...'), column.WRITE(...)
                    var before = (mutator.CallTarget as MultiPartIdentifierCallTarget)?.MultiPartIdentifier;
                    written.Add(new(NameText.Part(before, 0), SourceSet.UnionOf(mutator.Parameters.Select(p => resolver.Expression(p, scope, queries)))));
                    break;
                default:
                    written.Add(new(null, resolver.Unknown("a SET clause")));
                    break;
            }
        }
    }

    void Write(Target target, List<WrittenValue> written)
    {
        foreach (var value in written)
            Write(target, value);
        if (target.Relation is { } relation)
        {
            resolver.Effects.Quote(target.Rows.All);
            var incoming = SourceSet.UnionOf(written.Select(w => w.Sources));
            resolver.Modules.Triggers(relation, target.Rows with { Columns = [.. Written(target.Rows, written)], Rest = target.Rows.Rest.Union(target.Rows.IsOpen ? incoming : SourceSet.Empty) });
        }
    }

    static SourceColumn? PlainOf(RowColumn column) => column.Origin is null ? null : column.Base;

    SourceColumn? PlainOf(AssignmentSetClause assignment, Scope scope) => assignment is
    {
        AssignmentKind: AssignmentKind.Equals,
        NewValue: ColumnReferenceExpression { ColumnType: ColumnType.Regular } column,
    } ? PlainOf(resolver.Column(column, scope)) : null;

    void Write(Target target, WrittenValue value)
    {
        var (column, sources, plain) = value;
        if (target.Made is { } made)
        {
            made.Put(column, sources);
            var isSession = NameText.IsTemporary(made.Name) || made.Name.StartsWith('@');
            resolver.Effects.Write(isSession ? WriteKind.Session : WriteKind.NewColumn, default, $"{made.Name}.{column ?? "*"}", sources);
            return;
        }
        // Through a view, derived table or WITH query the column beneath is changed.
        var places = target.Rows.Columns.Where(c => column is null || NameText.Same(c.Name, column)).ToList();
        foreach (var place in places)
            if (target.Relation is { Kind: 'v' } || place.Origin is null)
                foreach (var beneath in place.Sources.Columns)
                    resolver.Effects.Write(WriteKind.Column, beneath, place.Name ?? "", sources, plain);
            else
                resolver.Effects.Write(WriteKind.Column, place.Origin.Value, place.Name ?? "", sources, plain);
        if (places.Count == 0 || target.Rows.IsOpen)
            resolver.Effects.Write(WriteKind.NewColumn, default, $"{target.Name}.{column ?? "*"}", sources);
    }

    static IEnumerable<RowColumn> Written(Rows rows, List<WrittenValue> written) =>
        rows.Columns.Select(c => c with
        {
            Sources = c.Sources.Union(SourceSet.UnionOf(written.Where(w => w.Column is null || NameText.Same(w.Column, c.Name)).Select(w => w.Sources))),
        });

    /// <summary>OUTPUT sees the rows before and after, and those of FROM.</summary>
    Rows Output(DataModificationSpecification change, Target target, Scope scope, IReadOnlyDictionary<string, Rows>? queries,
        List<WrittenValue> written)
    {
        var incoming = SourceSet.UnionOf(written.Select(w => w.Sources));
        var changed = target.Rows with { Columns = [.. Written(target.Rows, written)], Rest = target.Rows.Rest.Union(target.Rows.IsOpen ? incoming : SourceSet.Empty) };
        var inner = new Scope(scope);
        inner.Add(null, "inserted", changed);
        inner.Add(null, "deleted", changed);
        if (change.OutputIntoClause is { } into)
        {
            var rows = resolver.Queries.Elements(into.SelectColumns, inner, queries);
            var place = into.IntoTable is NamedTableReference named ? Named(named.SchemaObject, null)
                : into.IntoTable is VariableTableReference variable && resolver.Frame.TableVariables.TryGetValue(variable.Variable.Name, out var made)
                    ? new(variable.Variable.Name, made, null, made.Rows) : new("a table that is not known", null, null, Rows.Unknown);
            var columns = into.IntoTableColumns.Count > 0 ? [.. into.IntoTableColumns.Select(c => NameText.Part(c.MultiPartIdentifier, 0))] : InsertedColumns(place);
            var values = new List<WrittenValue>();
            if (rows.IsOpen || columns is null || columns.Count != rows.Columns.Count)
                values.Add(new(null, rows.All));
            else
                values.AddRange(columns.Zip(rows.Columns, (name, column) => new WrittenValue(name, column.Sources, PlainOf(column))));
            Write(place, values);
        }
        return change.OutputClause is { } output ? resolver.Queries.Elements(output.SelectColumns, inner, queries) : new([], false, SourceSet.Empty);
    }
}
