using System.Collections.Immutable;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>Where unqualified names are looked for, in order: what <c>current_schemas(true)</c> says in the session.</summary>
public sealed class SearchPath : IEquatable<SearchPath>
{
    /// <param name="schemas">The effective path. Where pg_catalog is not in it, it comes first, as the server has it; pg_temp stands for the
    /// session's own temporary schema.</param>
    public SearchPath(IEnumerable<string> schemas)
    {
        ArgumentNullException.ThrowIfNull(schemas);
        var list = schemas.ToList();
        if (!list.Contains("pg_catalog"))
            list.Insert(list.Count > 0 && IsTemporary(list[0]) ? 1 : 0, "pg_catalog");
        Schemas = [.. list];
        Key = string.Join('\0', Schemas);
        HasTemporary = Schemas.Any(IsTemporary);
    }

    /// <summary>The session has temporary objects, or had some.</summary>
    public bool HasTemporary { get; }

    public ImmutableArray<string> Schemas { get; }

    internal string Key { get; private set; }

    /// <summary>The path of a value of the setting search_path, such as <c>"$user", public</c>.</summary>
    /// <param name="user">Whose schema $user is.</param>
    /// <param name="temporarySchema">The session's temporary schema, such as pg_temp_3, where it has one: it is searched first for relations and
    /// types unless the setting lists it.</param>
    public static SearchPath OfSetting(string setting, string user, string? temporarySchema = null)
    {
        ArgumentNullException.ThrowIfNull(setting);
        var schemas = new List<string>();
        foreach (var name in Names(setting))
        {
            var schema = name == "$user" ? user : name == "pg_temp" ? temporarySchema : name;
            if (schema is not null && !schemas.Contains(schema))
                schemas.Add(schema);
        }
        if (!schemas.Contains("pg_catalog"))
            schemas.Insert(0, "pg_catalog");
        if (temporarySchema is not null && !schemas.Contains(temporarySchema))
            schemas.Insert(0, temporarySchema);
        return new(schemas);
    }

    /// <summary>The path that a SET in a text has asked for. Which of its schemas the role may use is not known, so that of two relations of one name either
    /// may be meant.</summary>
    internal static SearchPath Assumed(IEnumerable<string> schemas, SearchPath before)
    {
        var temporary = before.Schemas.FirstOrDefault(IsTemporary);
        var list = schemas.Distinct().ToList();
        if (!list.Contains("pg_catalog"))
            list.Insert(0, "pg_catalog");
        if (temporary is not null)
            list.Insert(0, temporary);
        return new(list) { IsAssumed = true };
    }

    /// <inheritdoc cref="Assumed"/>
    internal bool IsAssumed { get; private init { field = value; Key += "\0?"; } }

    /// <summary>Whoever it is may use it.</summary>
    internal static bool IsSure(string schema) => schema == "pg_catalog" || IsTemporary(schema);

    /// <summary>The names in a list of identifiers (SplitIdentifierString, src/backend/utils/adt/varlena.c).</summary>
    static IEnumerable<string> Names(string list)
    {
        for (var i = 0; i < list.Length;)
        {
            while (i < list.Length && (char.IsWhiteSpace(list[i]) || list[i] == ','))
                i++;
            var name = new System.Text.StringBuilder();
            if (i < list.Length && list[i] == '"')
            {
                for (i++; i < list.Length && (list[i] != '"' || (i + 1 < list.Length && list[i + 1] == '"')); i++)
                {
                    i += list[i] == '"' ? 1 : 0;
                    name.Append(list[i]);
                }
                i++;
            }
            else
            {
                for (; i < list.Length && list[i] != ',' && !char.IsWhiteSpace(list[i]); i++)
                    name.Append(char.ToLowerInvariant(list[i]));
            }
            if (name.Length > 0)
                yield return name.ToString();
        }
    }

    internal static bool IsTemporary(string schema) => schema == "pg_temp" || schema.StartsWith("pg_temp_", StringComparison.Ordinal);

    /// <summary>Functions and operators are never looked for in the temporary schema.</summary>
    internal bool FindsFunctionsIn(string schema) => !IsTemporary(schema) && Schemas.Contains(schema);

    public bool Equals(SearchPath? other) => other is not null && Key == other.Key;

    public override bool Equals(object? obj) => Equals(obj as SearchPath);

    public override int GetHashCode() => Key.GetHashCode(StringComparison.Ordinal);
}
