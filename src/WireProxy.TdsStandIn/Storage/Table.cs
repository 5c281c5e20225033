using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Storage;

/// <summary>
/// A table with its rows. Readers take the rows as they are at one moment and wait for nobody: isolation is READ UNCOMMITTED
/// whatever a session sets. Every change can be taken back by the <see cref="UndoLog"/> that it is given.
/// </summary>
internal sealed class Table(Database database, string schemaName, string name, int objectId, IReadOnlyList<Column> columns)
    : SchemaObject(database, schemaName, name, objectId)
{
    private readonly Lock _gate = new();
    private readonly List<Row> _rows = [];
    private Row[]? _snapshot;

    public IReadOnlyList<Column> Columns { get; private set; } = columns;

    public List<UniqueKey> Keys { get; } = [];

    public List<CheckRule> Checks { get; } = [];

    public List<ForeignKey> ForeignKeys { get; } = [];

    /// <summary>The values of a row in a table valued parameter's or variable's type.</summary>
    public bool IsVariable { get; init; }

    public int IdentityOrdinal { get; } = IndexOf(columns, column => column.Identity is not null);

    public int Ordinal(string column) => IndexOf(Columns, candidate => string.Equals(candidate.Name, column, StringComparison.OrdinalIgnoreCase));

    public Row[] Snapshot()
    {
        lock (_gate)
            return _snapshot ??= [.. _rows];
    }

    public Row? Find(UniqueKey key, object?[] values)
    {
        lock (_gate)
            return key.TryFind(values, out var row) ? row : null;
    }

    /// <exception cref="SqlError">2627 or 2601; the row is then not in the table.</exception>
    public void Insert(object?[] values, UndoLog undo)
    {
        var row = new Row(values);
        lock (_gate)
        {
            AddKeys(row);
            _rows.Add(row);
            _snapshot = null;
        }
        undo.Add(() => Remove([row]));
    }

    public void Delete(IReadOnlyCollection<Row> rows, UndoLog undo)
    {
        Remove(rows);
        undo.Add(() => Restore(rows));
    }

    /// <summary>All rows of a statement at once, so that keys may change places.</summary>
    /// <exception cref="SqlError">2627 or 2601; the caller takes the statement back by its undo log.</exception>
    public void Update(IReadOnlyList<(Row Row, object?[] Values)> changes, UndoLog undo)
    {
        var before = changes.Select(change => (change.Row, change.Row.Values)).ToList();
        undo.Add(() => Replace(before, null));
        Replace(changes, before);
    }

    /// <summary>Another column at the end, with a value for the rows that are there.</summary>
    public void AddColumn(Column column, object? value)
    {
        lock (_gate)
        {
            Columns = [.. Columns, column];
            foreach (var row in _rows)
                row.Values = [.. row.Values, value];
            _snapshot = null;
        }
    }

    /// <exception cref="SqlError">The rows that are there break the key.</exception>
    public void AddKey(UniqueKey key)
    {
        lock (_gate)
        {
            foreach (var row in _rows)
                key.Add(this, row);
            Keys.Add(key);
        }
    }

    private void Replace(IReadOnlyList<(Row Row, object?[] Values)> changes, List<(Row Row, object?[] Values)>? before)
    {
        lock (_gate)
        {
            foreach (var (row, _) in changes)
                RemoveKeys(row);
            foreach (var (row, values) in changes)
                row.Values = values;
            try
            {
                foreach (var (row, _) in changes)
                    AddKeys(row);
            }
            catch (SqlError) when (before is not null)
            {
                foreach (var (row, _) in changes)
                    RemoveKeys(row);
                throw;
            }
        }
    }

    private void Remove(IReadOnlyCollection<Row> rows)
    {
        lock (_gate)
        {
            var gone = rows as IReadOnlySet<Row> ?? rows.ToHashSet();
            foreach (var row in gone)
                RemoveKeys(row);
            if (gone.Count == 1 && ReferenceEquals(_rows.LastOrDefault(), gone.First()))
                _rows.RemoveAt(_rows.Count - 1);
            else
                _rows.RemoveAll(gone.Contains);
            _snapshot = null;
        }
    }

    private void Restore(IReadOnlyCollection<Row> rows)
    {
        lock (_gate)
        {
            foreach (var row in rows)
                AddKeys(row);
            _rows.AddRange(rows);
            _snapshot = null;
        }
    }

    private void AddKeys(Row row)
    {
        for (int i = 0; i < Keys.Count; i++)
        {
            try
            {
                Keys[i].Add(this, row);
            }
            catch (SqlError)
            {
                for (int before = 0; before < i; before++)
                    Keys[before].Remove(row);
                throw;
            }
        }
    }

    private void RemoveKeys(Row row)
    {
        foreach (var key in Keys)
            key.Remove(row);
    }

    private static int IndexOf(IReadOnlyList<Column> columns, Predicate<Column> match)
    {
        for (int i = 0; i < columns.Count; i++)
            if (match(columns[i]))
                return i;
        return -1;
    }
}
