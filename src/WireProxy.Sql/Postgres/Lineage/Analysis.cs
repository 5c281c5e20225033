using System.Runtime.CompilerServices;
using System.Text;
using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>The work on one text takes more than it may.</summary>
internal sealed class LineageLimitException : Exception;

/// <summary>How much work is left for one text and all that it reaches.</summary>
internal sealed class WorkBudget
{
    public int Steps { get; set; } = 400_000;
}

/// <summary>What the names of parameters and variables mean inside a function's body.</summary>
internal sealed class BodyNames
{
    /// <summary>Names of arguments and what is known of them; the empty name is not among them.</summary>
    public Dictionary<string, Value> Arguments { get; } = [];
    /// <summary>By position, for $1.</summary>
    public List<Value> Parameters { get; } = [];
    /// <summary>PL/pgSQL: a name that is no column is a variable.</summary>
    public bool HasVariables { get; init; }
    /// <summary>Names that PL/pgSQL may take for variables even where a column has them (#variable_conflict).</summary>
    public HashSet<string> Variables { get; } = [];
    /// <summary>Rows of a trigger or rule: new and old.</summary>
    public Dictionary<string, RangeEntry> Rows { get; } = [];
    /// <summary>What a trigger calls the rows that its statement has changed (REFERENCING): rows of this relation.</summary>
    public HashSet<string> Transitions { get; } = [];
    public CatalogRelation? TransitionsOf { get; init; }
    /// <summary>The function's own name qualifies its arguments.</summary>
    public string? Name { get; init; }
}

/// <summary>The state of resolving one statement or body: the catalog, where names are looked for, and what was found.</summary>
internal sealed class Analysis
{
    readonly WorkBudget _budget;

    public Analysis(SnapshotLineage shared, SearchPath path, WorkBudget budget, BodyNames? body = null, int depth = 0)
    {
        (Shared, Path, _budget, Body, Depth) = (shared, path, budget, body, depth);
        Expressions = new(this);
        Names = new(this);
        Calls = new(this);
        Ranges = new(this);
        Queries = new(this);
        Writes = new(this);
    }

    public SnapshotLineage Shared { get; }
    public CatalogSnapshot Catalog => Shared.Catalog;
    public SearchPath Path { get; }
    public BodyNames? Body { get; }
    /// <summary>How many views and functions this is inside of.</summary>
    public int Depth { get; }
    public Effects Effects { get; } = new();
    public WorkBudget Budget => _budget;
    /// <summary>What is being read; shared by all that is inside.</summary>
    public Running Running { get; private init; } = new();

    public Expressions Expressions { get; }
    public Names Names { get; }
    public Calls Calls { get; }
    public Ranges Ranges { get; }
    public Queries Queries { get; }
    public Writes Writes { get; }

    /// <summary>The same work one level further inside.</summary>
    public Analysis Inside(SearchPath path, BodyNames? body) => new(Shared, path, _budget, body, Depth + 1) { Running = Running };

    /// <summary>Counts a step.</summary>
    /// <exception cref="LineageLimitException">There were too many.</exception>
    public void Step(int count = 1)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if ((_budget.Steps -= count) < 0)
            throw new LineageLimitException();
    }

    /// <summary>What the text itself has made before; null for nothing.</summary>
    public TextChanges? Before { get; set; }

    /// <summary>The relation that a RangeVar names, or null.</summary>
    public CatalogRelation? Relation(TreeNode range)
    {
        var name = range.Text(Tree.RangeName) ?? "";
        var found = Relation(range.Text(Tree.RangeSchema), name);
        if (found is null || Before?.Made(name) is null)
            return found;
        Effects.Unknown("which relation of the name " + name + " is meant, the new one or the other");
        return null;
    }

    public CatalogRelation? Relation(string? schema, string name)
    {
        if (schema is not null)
            return There(Catalog.Relation(schema == "pg_temp" ? Path.Schemas.FirstOrDefault(SearchPath.IsTemporary) ?? schema : schema, name));
        if (!Path.HasTemporary && Shared.IsTemporaryName(name))
            return null; // It may be the session's own, which hides all others.
        CatalogRelation? first = null;
        foreach (var candidate in Path.Schemas)
        {
            if (Catalog.Relation(candidate, name) is not { } found)
                continue;
            if (first is not null)
            {
                Effects.Unknown("which relation of the name " + name + " is meant, because the role may not see all schemas of the search path");
                return null;
            }
            if (!Path.IsAssumed || SearchPath.IsSure(candidate))
                return There(found);
            first = found;
        }
        return There(first);
    }

    CatalogRelation? There(CatalogRelation? found) => found is not null && Before?.IsGone(found.Id) == true ? null : found;

    /// <summary>The type that a TypeName names, of an array its element's; 0 for an unknown one.</summary>
    public uint Type(TreeNode typeName)
    {
        string? schema = null, name = null;
        foreach (var part in typeName.Items(Tree.TypeNameNames))
            (schema, name) = (name, part.Text(Tree.StringValue));
        return name is null ? 0 : Type(schema, name);
    }

    public uint Type(string? schema, string name)
    {
        if (schema is not null)
            return Shared.TypeNamed(schema, name);
        var first = 0u;
        foreach (var candidate in Path.Schemas)
        {
            if (Shared.TypeNamed(candidate, name) is not (not 0 and var found))
                continue;
            if (first != 0)
            {
                Effects.UnknownCode("which type of the name " + name + " is meant, because the role may not see all schemas of the search path");
                return 0;
            }
            if (!Path.IsAssumed || SearchPath.IsSure(candidate))
                return found;
            first = found;
        }
        return first;
    }

    /// <summary>The fields of a composite type, each with these sources; null where the type is none.</summary>
    public IReadOnlyList<Field>? Fields(uint type, SourceSet sources)
    {
        if (type == 0 || Shared.FieldsOf(type) is not { } columns)
            return null;
        var fields = new Field[columns.Length];
        for (var i = 0; i < fields.Length; i++)
            fields[i] = new(columns[i].Name, new Value(sources) { Type = Shared.UserType(columns[i]) });
        return fields;
    }

    /// <summary>The fields of a value that is a row, or rows; null where they are not known.</summary>
    public IReadOnlyList<Field>? Fields(Value value) => value.Row ?? Fields(value.Type, value.Sources);

    public static string Utf8(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text);
}
