using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Storage;

internal enum UniqueKind
{
    PrimaryKey,
    Constraint,
    Index,
}

/// <summary>A primary key, a unique constraint or a unique index, with the rows by their keys.</summary>
internal sealed class UniqueKey(string name, UniqueKind kind, int[] columns)
{
    private readonly Dictionary<object?[], Row> _rows = new(SqlCompare.Instance);

    public string Name { get; } = name;

    public UniqueKind Kind { get; } = kind;

    /// <summary>Ordinals of the key's columns in the table.</summary>
    public IReadOnlyList<int> Columns => columns;

    public bool TryFind(object?[] key, out Row? row) => _rows.TryGetValue(key, out row);

    /// <exception cref="SqlError">2627 or 2601, which quote the key.</exception>
    public void Add(Table table, Row row)
    {
        var key = KeyOf(row.Values);
        if (_rows.TryAdd(key, row))
            return;
        var text = "(" + string.Join(", ", columns.Zip(key, (column, value) =>
            value is null ? "<NULL>" : TextForms.Form(value, table.Columns[column].Type, SqlType.NVarChar(SqlType.Max)))) + ")";
        var owner = table.SchemaName + "." + table.Name;
        throw Kind == UniqueKind.Index ? SqlError.DuplicateIndexKey(Name, owner, text)
            : SqlError.DuplicateKey(Kind == UniqueKind.PrimaryKey ? "PRIMARY KEY" : "UNIQUE KEY", Name, owner, text);
    }

    public void Remove(Row row)
    {
        var key = KeyOf(row.Values);
        if (_rows.TryGetValue(key, out var found) && ReferenceEquals(found, row))
            _rows.Remove(key);
    }

    public void Clear() => _rows.Clear();

    private object?[] KeyOf(object?[] values) => Array.ConvertAll(columns, column => values[column]);
}
