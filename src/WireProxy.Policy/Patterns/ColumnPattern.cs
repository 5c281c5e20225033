using System.Diagnostics.CodeAnalysis;

namespace WireProxy.Policy;

/// <summary>Columns as a policy names them: <c>schema.table.column</c> or <c>database.schema.table.column</c>.</summary>
/// <remarks>Each part is kept as written. <c>*</c> within an unquoted part stands for any characters; an unquoted part ignores
/// letter case; a part in double quotes is literal and may hold dots.</remarks>
public sealed record ColumnPattern(string? Database, string Schema, string Table, string Column)
{
    private readonly NamePattern? database = Database is null ? null : NamePattern.FromSource(Database);
    private readonly NamePattern schema = NamePattern.FromSource(Schema);
    private readonly NamePattern table = NamePattern.FromSource(Table);
    private readonly NamePattern column = NamePattern.FromSource(Column);

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
        MatchesTable(database, schema, table) && this.column.Matches(column);

    /// <summary>True where the pattern may name columns of this table.</summary>
    public bool MatchesTable(string? database, string? schema, string table) =>
        this.table.Matches(table)
        && (schema is null || this.schema.Matches(schema))
        && (database is null || this.database is null || this.database.Matches(database));

    /// <summary>True where the pattern names a column of this name in whatever table.</summary>
    internal bool MatchesColumn(string column) => this.column.Matches(column);

    internal bool MatchesEveryColumn => column.IsAny;

    /// <summary>True where the schema is named without a wildcard, as it must be to mean a system schema.</summary>
    internal bool NamesOneSchema => schema.IsOneName;

    /// <summary>True where every column of the other pattern is plainly one of this pattern.</summary>
    internal bool Covers(ColumnPattern other) =>
        (database is null || (other.database is not null && database.Covers(other.database)))
        && schema.Covers(other.schema) && table.Covers(other.table) && column.Covers(other.column);

    public override string ToString() => (Database is null ? "" : Database + ".") + $"{Schema}.{Table}.{Column}";
}
