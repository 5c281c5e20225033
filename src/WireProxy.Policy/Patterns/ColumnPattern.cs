using System.Diagnostics.CodeAnalysis;

namespace WireProxy.Policy;

/// <summary>Columns as a policy names them: <c>schema.table.column</c> or <c>database.schema.table.column</c>.</summary>
/// <remarks>Each part is kept as written. <c>*</c> within an unquoted part stands for any characters; an unquoted part ignores
/// letter case; a part in double quotes is literal and may hold dots.</remarks>
public sealed record ColumnPattern(string? Database, string Schema, string Table, string Column)
{
    private readonly NamePattern? _database = Database is null ? null : NamePattern.FromSource(Database);
    private readonly NamePattern _schema = NamePattern.FromSource(Schema);
    private readonly NamePattern _table = NamePattern.FromSource(Table);
    private readonly NamePattern _column = NamePattern.FromSource(Column);

    /// <summary>Reads a pattern; false with a <paramref name="problem"/> in words where it is not one.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ColumnPattern? pattern, out string problem)
    {
        pattern = null;
        if (!NamePattern.TrySplit(text, out List<string> parts, out problem))
            return false;
        pattern = parts.Count switch
        {
            3 => new ColumnPattern(null, parts[0], parts[1], parts[2]),
            4 => new ColumnPattern(parts[0], parts[1], parts[2], parts[3]),
            _ => null,
        };
        if (pattern is null)
            problem = $"'{text}' has {parts.Count} part(s); a column is schema.table.column or database.schema.table.column";
        return pattern is not null;
    }

    /// <summary>True where the pattern names this column. A null name is not known and matches: too much rather than too little.</summary>
    public bool Matches(string? database, string? schema, string table, string column) =>
        MatchesTable(database, schema, table) && _column.Matches(column);

    /// <summary>True where the pattern may name columns of this database.</summary>
    public bool MatchesDatabase(string database) => _database is null || _database.Matches(database);

    /// <summary>True where the pattern may name columns of this table.</summary>
    public bool MatchesTable(string? database, string? schema, string table) =>
        _table.Matches(table)
        && (schema is null || _schema.Matches(schema))
        && (database is null || _database is null || _database.Matches(database));

    /// <summary>True where the pattern names a column of this name in whatever table.</summary>
    internal bool MatchesColumn(string column) => _column.Matches(column);

    internal bool MatchesEveryColumn => _column.IsAny;

    /// <summary>True where the schema is named without a wildcard, as it must be to mean a system schema.</summary>
    internal bool NamesOneSchema => _schema.IsOneName;

    /// <summary>True where every column of the other pattern is plainly one of this pattern.</summary>
    public bool Covers(ColumnPattern other) =>
        (_database is null || (other._database is not null && _database.Covers(other._database)))
        && _schema.Covers(other._schema) && _table.Covers(other._table) && _column.Covers(other._column);

    public override string ToString() => (Database is null ? "" : Database + ".") + $"{Schema}.{Table}.{Column}";
}
