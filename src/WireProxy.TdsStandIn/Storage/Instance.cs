using System.Collections.Concurrent;

namespace WireProxy.TdsStandIn.Storage;

/// <summary>Everything that the sessions of one server share.</summary>
internal sealed class Instance
{
    private const int FirstUserDatabase = 5;
    private const int FirstObjectId = 245_575_913;
    private const int FirstSpid = 50;

    private readonly ConcurrentDictionary<string, Database> _databases = new(StringComparer.OrdinalIgnoreCase);
    private int _lastDatabaseId = FirstUserDatabase - 1;
    private int _lastObjectId = FirstObjectId - 1;
    private int _lastSpid = FirstSpid;
    private long _lastRowVersion = 2000;

    public Instance()
    {
        foreach (var (name, id) in new[] { ("master", 1), ("tempdb", 2), ("model", 3), ("msdb", 4) })
            _databases[name] = new Database(this, name, id);
    }

    public IEnumerable<Database> Databases => _databases.Values.OrderBy(database => database.Id);

    public Database TempDb => _databases["tempdb"];

    public Database? Find(string name) => _databases.GetValueOrDefault(name);

    /// <summary>Null where the name is taken.</summary>
    public Database? CreateDatabase(string name)
    {
        var database = new Database(this, name, Interlocked.Increment(ref _lastDatabaseId));
        return _databases.TryAdd(name, database) ? database : null;
    }

    /// <summary>False where there is none, or where it belongs to the server.</summary>
    public bool DropDatabase(string name) =>
        Find(name) is { Id: >= FirstUserDatabase } && _databases.TryRemove(name, out _);

    public int NextObjectId() => Interlocked.Increment(ref _lastObjectId);

    public int NextSpid() => Interlocked.Increment(ref _lastSpid);

    public long NextRowVersion() => Interlocked.Increment(ref _lastRowVersion);

    /// <summary>Sensitivity labels by database.schema.table.column.</summary>
    public ConcurrentDictionary<string, ColumnLabel> Labels { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Held while a statement reads what it is about to change: two of them do not lose each other's changes.</summary>
    public Lock WriteGate { get; } = new();

    public ColumnLabel? LabelOf(Table table, Column column) => Labels.IsEmpty ? null
        : Labels.GetValueOrDefault($"{table.Database.Name}.{table.SchemaName}.{table.Name}.{column.Name}");
}
