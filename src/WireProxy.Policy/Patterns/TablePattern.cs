using System.Diagnostics.CodeAnalysis;

namespace WireProxy.Policy;

/// <summary>Tables, views and other relations as a rule names them: <c>schema.table</c>, <c>database.schema.table</c>, or
/// <c>table</c> alone for that name in any schema.</summary>
/// <remarks>The parts follow the rules of <see cref="ColumnPattern"/>.</remarks>
public sealed record TablePattern(string? Database, string? Schema, string Table)
{
    private readonly NamePattern? _database = Database is null ? null : NamePattern.FromSource(Database);
    private readonly NamePattern? _schema = Schema is null ? null : NamePattern.FromSource(Schema);
    private readonly NamePattern _table = NamePattern.FromSource(Table);

    /// <summary>Reads a pattern; false with a <paramref name="problem"/> in words where it is not one.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out TablePattern? pattern, out string problem)
    {
        pattern = null;
        if (!NamePattern.TrySplit(text, out List<string> parts, out problem))
            return false;
        pattern = parts.Count switch
        {
            1 => new TablePattern(null, null, parts[0]),
            2 => new TablePattern(null, parts[0], parts[1]),
            3 => new TablePattern(parts[0], parts[1], parts[2]),
            _ => null,
        };
        if (pattern is null)
            problem = $"'{text}' has {parts.Count} parts; a table is table, schema.table or database.schema.table";
        return pattern is not null;
    }

    /// <summary>True where the pattern names this table. A null name is not known and matches: too much rather than too little.</summary>
    public bool Matches(string? database, string? schema, string table) =>
        _table.Matches(table)
        && (schema is null || _schema is null || _schema.Matches(schema))
        && (database is null || _database is null || _database.Matches(database));

    /// <summary>True where the schema makes no difference to the pattern.</summary>
    internal bool IsAnySchema => _schema is null || _schema.IsAny;

    public override string ToString() =>
        (Database is null ? "" : Database + ".") + (Schema is null ? "" : Schema + ".") + Table;
}
