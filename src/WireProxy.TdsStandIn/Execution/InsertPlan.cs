using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>INSERT ... VALUES, SELECT, EXEC, DEFAULT VALUES.</summary>
internal sealed class InsertPlan
{
    private readonly InsertSpecification _insert;
    private readonly BindContext _context;
    private readonly Table _table;
    private readonly TableWriter _writer;
    private readonly int[] _targets;
    private readonly OutputRows _output;

    public InsertPlan(InsertSpecification insert, BindContext context)
    {
        (_insert, _context) = (insert, context);
        _table = ModificationStatements.TableOf(insert.Target, context);
        _writer = new TableWriter(_table, context);
        _targets = insert.InsertSource is ValuesInsertSource { IsDefaultValues: true } ? [] : _writer.Targets([.. insert.Columns.Select(column => SyntaxText.Parts(column)[^1])]);
        _output = new OutputRows(insert, _table, [], context);
    }

    public (long Count, OutputRows Output) Run(UndoLog undo) => _insert.InsertSource switch
    {
        ValuesInsertSource values => Values(values, undo),
        SelectInsertSource select => Select(new QueryBinder(_context).Bind(select.Select, null), undo),
        _ => throw SqlError.Unsupported("this source of an INSERT"),
    };

    /// <summary>The rows that a procedure gave.</summary>
    public (long Count, OutputRows Output) Run(CollectedRows rows, UndoLog undo)
    {
        if (rows.Columns.Count != _targets.Length)
            throw Mismatch();
        foreach (var row in rows.Rows)
            Insert(i => row[i], i => rows.Columns[i].Type, undo);
        return (rows.Rows.Count, _output);
    }

    private static SqlError Mismatch() => new(213, 16, 1, "Column name or number of supplied values does not match table definition.");

    private (long Count, OutputRows Output) Values(ValuesInsertSource values, UndoLog undo)
    {
        if (values.IsDefaultValues)
        {
            Insert(_ => null, _ => SqlType.Int, undo);
            return (1, _output);
        }
        var binder = new ExpressionBinder(_context, null);
        var rows = new List<(object? Value, SqlType Type)[]>();
        foreach (var row in values.RowValues)
        {
            if (row.ColumnValues.Count != _targets.Length)
                throw _insert.Columns.Count == 0 ? Mismatch() : new SqlError(row.ColumnValues.Count < _targets.Length ? 109 : 110, 15, 1,
                    $"There are {(row.ColumnValues.Count < _targets.Length ? "more" : "fewer")} columns in the INSERT statement than values specified in the VALUES clause. The number of values in the VALUES clause must match the number of columns specified in the INSERT statement.");
            rows.Add([.. row.ColumnValues.Select((item, i) => Value(item, i, binder))]);
        }
        foreach (var row in rows)
            Insert(i => row[i].Value, i => row[i].Type, undo);
        return (rows.Count, _output);
    }

    private (object? Value, SqlType Type) Value(ScalarExpression expression, int i, ExpressionBinder binder)
    {
        var type = _table.Columns[_targets[i]].Type;
        if (expression is DefaultLiteral)
            return (_writer.Default(_targets[i]), type);
        var bound = binder.Scalar(expression);
        return (bound.Evaluate(Frame.Empty), bound.Type);
    }

    private (long Count, OutputRows Output) Select(BoundQuery query, UndoLog undo)
    {
        if (query.Columns.Count != _targets.Length)
            throw query.Columns.Count < _targets.Length
                ? new SqlError(120, 15, 1, "The select list for the INSERT statement contains fewer items than the insert list. The number of SELECT values must match the number of INSERT columns.")
                : new SqlError(121, 15, 1, "The select list for the INSERT statement contains more items than the insert list. The number of SELECT values must match the number of INSERT columns.");
        var rows = query.Rows(null).ToList();
        if (_insert.TopRowFilter is { } top)
            rows = rows.GetRange(0, (int)Math.Min(rows.Count, (long)(new ExpressionBinder(_context, null).Scalar(top.Expression, SqlType.BigInt).Evaluate(Frame.Empty) ?? 0L)));
        foreach (var row in rows)
            Insert(i => row[i], i => query.Columns[i].Type, undo);
        return (rows.Count, _output);
    }

    private void Insert(Func<int, object?> value, Func<int, SqlType> type, UndoLog undo)
    {
        var row = new object?[_table.Columns.Count];
        bool[] given = new bool[row.Length];
        for (int i = 0; i < _targets.Length; i++)
        {
            row[_targets[i]] = _writer.Store(_targets[i], value(i), type(i));
            given[_targets[i]] = true;
        }
        _table.Insert(_writer.Complete(row, given), undo);
        _output.Add(row, null, [], "INSERT", undo);
    }
}
