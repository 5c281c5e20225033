using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.Sql.TransactSql;

/// <summary>Reads names of one to four parts. An empty part (<c>db..table</c>) counts as none.</summary>
internal static class NameText
{
    /// <summary>Database and schema of an object's name. A server before them becomes part of the database, because what it holds is not
    /// here.</summary>
    public static (string? Database, string? Schema, string Name) Of(SchemaObjectName name)
    {
        var database = Part(name.DatabaseIdentifier);
        if (Part(name.ServerIdentifier) is { } server)
            database = server + "." + database;
        return (database, Part(name.SchemaIdentifier), Part(name.BaseIdentifier) ?? "");
    }

    public static (string? Schema, string Name) Function(MultiPartIdentifier? before, Identifier name)
    {
        var count = before?.Count ?? 0;
        return (count == 0 ? null : Part(before![count - 1]), name.Value);
    }

    /// <summary>An identifier's value; null for an empty one. Names are compared as if blanks at their end were not there.</summary>
    public static string? Part(Identifier? identifier) => identifier?.Value?.TrimEnd(' ') is { Length: > 0 } name ? name : null;

    /// <summary>Part <paramref name="fromEnd"/> of a name, 0 being the last; null where it has none there.</summary>
    public static string? Part(MultiPartIdentifier? name, int fromEnd) =>
        name is null || fromEnd >= name.Count ? null : Part(name[name.Count - 1 - fromEnd]);

    public static bool Same(string? a, string? b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    /// <summary>A table of tempdb, by its name.</summary>
    public static bool IsTemporary(string name) => name.StartsWith('#');
}
