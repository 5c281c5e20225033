using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>DDL that gives another meaning to what is known already: to the system's functions, to functions that run just now, to what a
/// materialized view was filled from.</summary>
internal sealed class OwnCode(Analysis a)
{
    static readonly TreeType s_objectWithArgs = ProtoSchema.Type("ObjectWithArgs");

    /// <summary>CREATE FUNCTION. Inside a function it may be of the very function that runs, and is called again for the next row.</summary>
    public Outcome Function(TreeNode node)
    {
        if (a.Body is { } body && (body.Name is not null || body.TransitionsOf is not null))
            a.Effects.UnknownCode("a function that makes functions while it runs");
        var (schema, name) = NameOf(node.Items(Nodes.CreatedFunction));
        if (schema == "pg_catalog")
            Touched(schema, name);
        return new Definitions(a).Silent();
    }

    /// <summary>ALTER, RENAME or SET SCHEMA of a function, or of something else. What the system's functions do is known by their names and traits.</summary>
    public Outcome Altered(TreeNode named)
    {
        if (named.Is(s_objectWithArgs))
        {
            var (schema, name) = NameOf(named.Items(Nodes.ObjectName));
            Touched(schema, name);
        }
        return new Definitions(a).Silent();
    }

    /// <summary>CREATE OR REPLACE AGGREGATE puts users' functions into one of the system's.</summary>
    public Outcome Defined(TreeNode node)
    {
        var (schema, name) = NameOf(node.Items(Nodes.DefineNames));
        if (schema == "pg_catalog" || node.Flag(Nodes.DefineReplaces))
            Touched(schema, name);
        return new Definitions(a).Silent();
    }

    void Touched(string? schema, string name)
    {
        if (schema is null or "pg_catalog" or "information_schema" && a.Shared.RoutinesNamed(name).Any(r => r.IsBuiltIn))
            a.Effects.UnknownCode($"a change of the system's own function {name}");
    }

    /// <summary>CREATE RULE. A view's own rule is its definition.</summary>
    public Outcome Rule(TreeNode node)
    {
        if (node.Text(Nodes.RuleName) == "_RETURN")
            Replaced(node.Child(Nodes.RuleRelation), null);
        return new Definitions(a).Silent();
    }

    /// <summary>A view gets another definition. A materialized view that was filled from it keeps the rows of the old one, and goes by the new.</summary>
    /// <param name="columns">What the view shows from now on; null where that is not known.</param>
    public void Replaced(TreeNode range, IReadOnlyList<Field>? columns)
    {
        if (a.Relation(range) is not { Kind: 'v' } view)
            return;
        var now = columns is null ? SourceSet.Empty : new Value(columns).Sources;
        foreach (var relation in a.Catalog.Relations)
        {
            if (relation.Kind != 'm' || relation.IsSystem || !Reads(relation, view.Id))
                continue;
            var inside = a.Inside(a.Shared.ReadPath, null);
            var before = new Value(a.Shared.Relations.Columns(view, inherits: true, inside)).Sources;
            var gone = before.IsEverything ? before : SourceSet.OfAll(before.Columns.Where(c => c.Relation != view.Id && !now.Contains(c)));
            if (!gone.IsEmpty)
                a.Effects.Write(WriteKind.NewColumn, default, $"the materialized view {relation.Name}, which keeps its rows", gone);
        }
    }

    bool Reads(CatalogRelation relation, uint view)
    {
        var seen = new HashSet<uint>();
        var open = new Stack<CatalogRelation>([relation]);
        while (open.TryPop(out var one))
            foreach (var id in one.Reads)
            {
                if (id == view)
                    return true;
                if (seen.Add(id) && a.Catalog.Relation(id) is { } read)
                    open.Push(read);
            }
        return false;
    }

    static (string? Schema, string Name) NameOf(TreeItems parts)
    {
        string? schema = null, name = null;
        foreach (var part in parts)
            (schema, name) = (name, NameReader.Text(part));
        return (schema, name ?? "");
    }
}
