using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>OUTPUT and OUTPUT INTO: what a statement that changes rows says of them.</summary>
internal sealed class OutputRows
{
    private readonly List<SelectItem> _items = [];
    private readonly List<SelectItem> _into = [];
    private readonly Table? _target;
    private readonly int[] _ordinals = [];
    private readonly TableWriter? _writer;
    private readonly List<object?[]> _rows = [];
    private readonly int _width;

    /// <param name="source">Columns of the FROM of an UPDATE or DELETE, or of MERGE's source; none for an INSERT.</param>
    public OutputRows(DataModificationSpecification statement, Table table, IReadOnlyList<ScopeColumn> source, BindContext context)
    {
        _width = table.Columns.Count;
        if (statement.OutputClause is null && statement.OutputIntoClause is null)
            return;
        bool before = statement is not InsertSpecification, after = statement is not DeleteSpecification;
        IEnumerable<ScopeColumn> Of(string name, bool visible) => FromBinder.OfTable(table, visible ? name : "\0", "").Columns.Select(column => column with { IsNullable = true });
        var scope = new Scope([.. Of("inserted", after), .. Of("deleted", before), .. source, new ScopeColumn("\0", "", "$action", SqlType.NVarChar(10), false)], null);
        var binder = new ExpressionBinder(context, scope);
        if (statement.OutputClause is { } output)
            _items = new SelectList(binder, scope).Bind(output.SelectColumns);
        if (statement.OutputIntoClause is not { } into)
            return;
        _into = new SelectList(binder, scope).Bind(into.SelectColumns);
        _target = ModificationStatements.TableOf(into.IntoTable, context);
        _writer = new TableWriter(_target, context);
        _ordinals = _writer.Targets([.. into.IntoTableColumns.Select(column => SyntaxText.Parts(column)[^1])]);
        if (_ordinals.Length != _into.Count)
            throw new SqlError(213, 16, 1, "Column name or number of supplied values does not match table definition.");
    }

    public bool SendsRows => _items.Count > 0;

    public IReadOnlyList<ResultColumn> Columns => [.. _items.Select(item => item.Column)];

    public IReadOnlyList<object?[]> Rows => _rows;

    public void Add(object?[]? inserted, object?[]? deleted, object?[] source, string action, UndoLog undo)
    {
        if (_items.Count == 0 && _into.Count == 0)
            return;
        var frame = new Frame(null) { Row = [.. inserted ?? new object?[_width], .. deleted ?? new object?[_width], .. source, action] };
        if (_items.Count > 0)
            _rows.Add([.. _items.Select(item => item.Expression.Evaluate(frame))]);
        if (_target is null)
            return;
        var row = new object?[_target.Columns.Count];
        bool[] given = new bool[row.Length];
        for (int i = 0; i < _ordinals.Length; i++)
        {
            row[_ordinals[i]] = _writer!.Store(_ordinals[i], _into[i].Expression.Evaluate(frame), _into[i].Expression.Type);
            given[_ordinals[i]] = true;
        }
        _target.Insert(_writer!.Complete(row, given), undo);
    }
}
