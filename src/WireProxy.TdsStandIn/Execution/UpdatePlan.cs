using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>UPDATE and DELETE, with FROM.</summary>
internal sealed class UpdatePlan(BindContext context)
{
    public (long Count, OutputRows Output) Update(UpdateSpecification update, UndoLog undo)
    {
        var (table, source, position) = Source(update);
        var scope = new Scope(source.Columns, null);
        var writer = new TableWriter(table, context);
        var binder = new ExpressionBinder(context, scope);
        var setters = Setters(update.SetClauses, table, writer, binder, scope);
        var output = new OutputRows(update, table, update.FromClause is null ? [] : source.Columns, context);
        var changes = new List<(Row Row, object?[] Before, object?[] After, object?[] Source)>();
        var frame = new Frame(null);
        foreach (var (row, all) in Matches(update, source, scope, position, table))
        {
            frame.Row = all;
            var after = (object?[])row.Values.Clone();
            foreach (var set in setters)
                set(frame, after);
            writer.Check(after, "UPDATE");
            changes.Add((row, row.Values, after, all));
        }
        table.Update([.. changes.Select(change => (change.Row, change.After))], undo);
        writer.CheckReferences(changes.Select(change => change.Before), "UPDATE");
        foreach (var (_, before, after, all) in changes)
            output.Add(after, before, update.FromClause is null ? [] : all, "UPDATE", undo);
        return (changes.Count, output);
    }

    public (long Count, OutputRows Output) Delete(DeleteSpecification delete, UndoLog undo)
    {
        var (table, source, position) = Source(delete);
        var output = new OutputRows(delete, table, delete.FromClause is null ? [] : source.Columns, context);
        var rows = Matches(delete, source, new Scope(source.Columns, null), position, table).ToList();
        table.Delete(rows.Select(match => match.Row).ToHashSet(), undo);
        new TableWriter(table, context).CheckReferences(rows.Select(match => match.Row.Values), "DELETE");
        foreach (var (row, all) in rows)
            output.Add(null, row.Values, delete.FromClause is null ? [] : all, "DELETE", undo);
        return (rows.Count, output);
    }

    /// <summary>What SET says, each as a step that puts values into the new row.</summary>
    public static List<Action<Frame, object?[]>> Setters(IEnumerable<SetClause> clauses, Table table, TableWriter writer, ExpressionBinder binder, Scope scope)
    {
        var setters = new List<Action<Frame, object?[]>>();
        foreach (var clause in clauses)
        {
            if (clause is not AssignmentSetClause assignment)
                throw SqlError.Unsupported($"'{SyntaxText.Original(clause)}' in SET");
            var variable = assignment.Variable is null ? null : binder.Context.Module.Variable(assignment.Variable.Name);
            int at = assignment.Column is null ? -1 : table.Ordinal(SyntaxText.Parts(assignment.Column)[^1]) is >= 0 and var found ? found
                : throw SqlError.InvalidColumn(SyntaxText.Parts(assignment.Column)[^1]);
            if (at >= 0)
                writer.CheckUpdate(at);
            if (assignment.NewValue is DefaultLiteral && at >= 0)
            {
                setters.Add((_, row) => row[at] = writer.Default(at));
                continue;
            }
            var value = binder.Scalar(assignment.NewValue);
            if (Assignments.OperatorOf(assignment.AssignmentKind) is { } operation)
                value = ExpressionBinder.Binary(operation, at >= 0 ? scope.Resolve(SyntaxText.Parts(assignment.Column!)) : new BoundExpression(variable!.Type, _ => variable.Value), value);
            setters.Add((frame, row) =>
            {
                var result = value.Evaluate(frame);
                if (at >= 0)
                    row[at] = writer.Store(at, result, value.Type);
                if (variable is not null)
                    variable.Value = SqlConvert.Convert(result, value.Type, variable.Type);
            });
        }
        return setters;
    }

    /// <summary>The target, the rows to choose from, and where in them the target's columns begin.</summary>
    private (Table Table, BoundSource Source, int Position) Source(UpdateDeleteSpecificationBase statement)
    {
        if (statement.FromClause is null)
        {
            var own = ModificationStatements.TableOf(statement.Target, context);
            return (own, FromBinder.OfTable(own, own.Name, own.SchemaName), 0);
        }
        var source = new FromBinder(context, null).Bind(statement.FromClause);
        var name = statement.Target switch
        {
            NamedTableReference named => named.SchemaObject.BaseIdentifier.Value,
            VariableTableReference variable => variable.Variable.Name,
            _ => throw SqlError.Unsupported("this target"),
        };
        int position = source.Columns.ToList().FindIndex(column => string.Equals(column.Source, name, StringComparison.OrdinalIgnoreCase));
        if (position >= 0 && source.Columns[position].Origin is { } origin)
            return (origin.Table, source, position);
        // The target is named in full and stands under an alias in FROM.
        var table = ModificationStatements.TableOf(statement.Target, context);
        position = source.Columns.ToList().FindIndex(column => ReferenceEquals(column.Origin?.Table, table));
        return position >= 0 ? (table, source, position) : throw SqlError.Unsupported("a target that does not stand in FROM");
    }

    /// <summary>The rows of the target to change, each once, with the joined row that it was found by.</summary>
    private IEnumerable<(Row Row, object?[] All)> Matches(UpdateDeleteSpecificationBase statement, BoundSource source, Scope scope, int position, Table table)
    {
        if (statement.WhereClause?.Cursor is not null)
            throw SqlError.Unsupported("WHERE CURRENT OF");
        var binder = new ExpressionBinder(context, scope);
        var condition = statement.WhereClause is null ? null : binder.Boolean(statement.WhereClause.SearchCondition);
        long limit = statement.TopRowFilter is null ? long.MaxValue : (long)(binder.Scalar(statement.TopRowFilter.Expression, SqlType.BigInt).Evaluate(Frame.Empty) ?? 0L);
        var seek = statement.FromClause is null && condition is not null ? IndexSeek.TryBind(table, source.Columns, statement.WhereClause!.SearchCondition, context, null) : null;
        // A row is known by the array of its values until a change puts another one into it.
        var rows = new Dictionary<object, Row>(ReferenceEqualityComparer.Instance);
        foreach (var row in table.Snapshot())
            rows[row.Values] = row;
        var found = new HashSet<Row>();
        var frame = new Frame(null);
        foreach (var all in source.Table is not null ? seek?.Invoke(null) ?? rows.Values.Select(row => row.Values) : source.Rows(null))
        {
            if (found.Count >= limit)
                yield break;
            frame.Row = all;
            if (condition is not null && condition(frame) != true)
                continue;
            var target = source.Table is not null ? rows.GetValueOrDefault(all) : RowOf(all, position, table, rows, found);
            if (target is not null && found.Add(target))
                yield return (target, all);
        }
    }

    /// <summary>The row of the target inside a joined row: by its key, else by the values themselves, of rows that are equal the
    /// next one.</summary>
    private static Row? RowOf(object?[] all, int position, Table table, Dictionary<object, Row> rows, HashSet<Row> found)
    {
        var own = all.AsSpan(position, table.Columns.Count).ToArray();
        if (table.Keys.FirstOrDefault() is { } key)
            return table.Find(key, [.. key.Columns.Select(at => own[at])]);
        return rows.Values.FirstOrDefault(row => !found.Contains(row) && row.Values.AsSpan().SequenceEqual(own));
    }
}
