using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace WireProxy.TdsStandIn.Storage;

/// <summary>A database: schemas and what is in them.</summary>
internal sealed class Database(Instance instance, string name, int id)
{
    public const string DefaultSchema = "dbo";

    private readonly ConcurrentDictionary<string, SchemaObject> _objects = new(StringComparer.OrdinalIgnoreCase);

    public Instance Instance { get; } = instance;

    public string Name { get; } = name;

    public int Id { get; } = id;

    public DateTime Created { get; } = DateTime.Now;

    /// <summary>Schemas by name, with their numbers.</summary>
    public ConcurrentDictionary<string, int> Schemas { get; } = new(StringComparer.OrdinalIgnoreCase)
    {
        [DefaultSchema] = 1,
        ["guest"] = 2,
        ["INFORMATION_SCHEMA"] = 3,
        ["sys"] = 4,
    };

    /// <summary>In the order in which they were made.</summary>
    public IEnumerable<SchemaObject> Objects => _objects.Values.OrderBy(found => found.ObjectId);

    public bool TryFind<T>(string schema, string name, [MaybeNullWhen(false)] out T found)
        where T : SchemaObject
    {
        found = _objects.GetValueOrDefault(Key(schema, name)) as T;
        return found is not null;
    }

    public bool TryAdd(SchemaObject added) => _objects.TryAdd(Key(added.SchemaName, added.Name), added);

    public void Put(SchemaObject added) => _objects[Key(added.SchemaName, added.Name)] = added;

    public void Remove(SchemaObject removed) => _objects.TryRemove(Key(removed.SchemaName, removed.Name), out _);

    private static string Key(string schema, string name) => schema + "\0" + name;
}
