using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>What INSERT BULK asked for: the table, and the columns in the order in which rows have them.</summary>
internal sealed class BulkTarget
{
    private readonly int[] _ordinals;
    private readonly TableWriter _writer;
    private readonly bool _keepsNulls;

    public BulkTarget(InsertBulkStatement statement, BindContext context)
    {
        Table = new Names(context).Table(statement.To);
        _keepsNulls = statement.Options.Any(option => option.OptionKind == BulkInsertOptionKind.KeepNulls);
        _writer = new TableWriter(Table, context);
        _ordinals = statement.ColumnDefinitions.Count == 0 ? [.. Enumerable.Range(0, Table.Columns.Count)]
            : [.. statement.ColumnDefinitions.Select(definition => Ordinal(definition.Column.ColumnIdentifier.Value))];
    }

    public Table Table { get; }

    public void Insert((SqlType Type, object? Value)[] cells, UndoLog undo)
    {
        if (cells.Length != _ordinals.Length)
            throw new SqlError(4819, 16, 1, "Cannot bulk load. The bulk data stream was incorrectly specified as sorted or the data violates a uniqueness constraint imposed by the target table.");
        var row = new object?[Table.Columns.Count];
        bool[] given = new bool[row.Length];
        for (int i = 0; i < cells.Length; i++)
        {
            row[_ordinals[i]] = _writer.Store(_ordinals[i], cells[i].Value, cells[i].Type);
            given[_ordinals[i]] = cells[i].Value is not null || _keepsNulls || Table.Columns[_ordinals[i]] is { Default: null, Identity: null };
        }
        Table.Insert(_writer.Complete(row, given), undo);
    }

    private int Ordinal(string name) => Table.Ordinal(name) is >= 0 and var at ? at : throw SqlError.InvalidColumn(name);
}
