using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>MERGE.</summary>
internal sealed class MergePlan
{
    private readonly MergeSpecification _merge;
    private readonly BindContext _context;
    private readonly Table _table;
    private readonly TableWriter _writer;
    private readonly BoundSource _source;
    private readonly Scope _scope;
    private readonly OutputRows _output;
    private readonly int _width;

    public MergePlan(MergeSpecification merge, BindContext context)
    {
        (_merge, _context) = (merge, context);
        if (merge.TopRowFilter is not null)
            throw SqlError.Unsupported("MERGE TOP");
        _table = ModificationStatements.TableOf(merge.Target, context);
        _writer = new TableWriter(_table, context);
        _source = new FromBinder(context, null).Bind(merge.TableReference);
        _scope = new Scope([.. FromBinder.OfTable(_table, merge.TableAlias?.Value ?? _table.Name, "").Columns, .. _source.Columns], null);
        _output = new OutputRows(merge, _table, _source.Columns, context);
        _width = _table.Columns.Count;
    }

    public (long Count, OutputRows Output) Run(UndoLog undo)
    {
        var binder = new ExpressionBinder(_context, _scope);
        var condition = binder.Boolean(_merge.SearchCondition);
        var clauses = _merge.ActionClauses.Select(clause => new BoundClause(
            clause, clause.SearchCondition is null ? _ => true : binder.Boolean(clause.SearchCondition),
            clause.Action is UpdateMergeAction update ? UpdatePlan.Setters(update.SetClauses, _table, _writer, binder, _scope) : [])).ToList();
        var matched = new HashSet<Row>();
        var rows = _table.Snapshot();
        var steps = new List<(BoundClause Clause, Row? Row, object?[] Source)>();
        var frame = new Frame(null);
        foreach (var source in _source.Rows(null))
        {
            bool any = false;
            foreach (var row in rows)
            {
                frame.Row = [.. row.Values, .. source];
                if (condition(frame) != true)
                    continue;
                any = true;
                if (!matched.Add(row))
                    throw new SqlError(8672, 16, 1, "The MERGE statement attempted to UPDATE or DELETE the same row more than once.");
                Plan(steps, clauses, MergeCondition.Matched, row, source, frame);
            }
            frame.Row = [.. new object?[_width], .. source];
            if (!any)
                Plan(steps, clauses, MergeCondition.NotMatchedByTarget, null, source, frame);
        }
        foreach (var row in rows.Where(row => !matched.Contains(row)))
        {
            var nothing = new object?[_source.Columns.Count];
            frame.Row = [.. row.Values, .. nothing];
            Plan(steps, clauses, MergeCondition.NotMatchedBySource, row, nothing, frame);
        }
        foreach (var (clause, row, source) in steps)
            Apply(clause, row, source, undo);
        return (steps.Count, _output);
    }

    private static void Plan(List<(BoundClause, Row?, object?[])> steps, List<BoundClause> clauses, MergeCondition condition, Row? row, object?[] source, Frame frame)
    {
        var clause = clauses.Find(item => Is(item.Syntax.Condition, condition) && item.Condition(frame) == true);
        if (clause is not null)
            steps.Add((clause, row, source));
    }

    private static bool Is(MergeCondition stated, MergeCondition condition) =>
        stated == condition || stated == MergeCondition.NotMatched && condition == MergeCondition.NotMatchedByTarget;

    private void Apply(BoundClause clause, Row? row, object?[] source, UndoLog undo)
    {
        switch (clause.Syntax.Action)
        {
            case InsertMergeAction insert:
                Insert(insert, source, undo);
                break;
            case DeleteMergeAction:
                var gone = row!.Values;
                _table.Delete([row], undo);
                _writer.CheckReferences([gone], "MERGE");
                _output.Add(null, gone, source, "DELETE", undo);
                break;
            case UpdateMergeAction:
                var before = row!.Values;
                var after = (object?[])before.Clone();
                var frame = new Frame(null) { Row = [.. before, .. source] };
                foreach (var set in clause.Setters)
                    set(frame, after);
                _writer.Check(after, "UPDATE");
                _table.Update([(row, after)], undo);
                _output.Add(after, before, source, "UPDATE", undo);
                break;
        }
    }

    private void Insert(InsertMergeAction insert, object?[] source, UndoLog undo)
    {
        int[] targets = _writer.Targets([.. insert.Columns.Select(column => SyntaxText.Parts(column)[^1])]);
        var values = insert.Source.RowValues[0].ColumnValues;
        if (values.Count != targets.Length)
            throw new SqlError(213, 16, 1, "Column name or number of supplied values does not match table definition.");
        var binder = new ExpressionBinder(_context, new Scope(_source.Columns, null));
        var frame = new Frame(null) { Row = source };
        var row = new object?[_width];
        bool[] given = new bool[_width];
        for (int i = 0; i < targets.Length; i++)
        {
            given[targets[i]] = values[i] is not DefaultLiteral;
            if (!given[targets[i]])
                continue;
            var value = binder.Scalar(values[i]);
            row[targets[i]] = _writer.Store(targets[i], value.Evaluate(frame), value.Type);
        }
        _table.Insert(_writer.Complete(row, given), undo);
        _output.Add(row, null, source, "INSERT", undo);
    }

    private sealed record BoundClause(MergeActionClause Syntax, Func<Frame, bool?> Condition, List<Action<Frame, object?[]>> Setters);
}
