using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>DDL that gives another meaning to what is known already: to the system's functions, to functions that run just now, to what a
/// materialized view was filled from.</summary>
/// <remarks>A materialized view keeps its rows, and goes by its definition: what it was filled through must not lose what it was filled from.</remarks>
internal sealed class OwnCode(Analysis a)
{
    static readonly TreeType s_objectWithArgs = ProtoSchema.Type("ObjectWithArgs");
    static readonly long s_tables = ProtoSchema.Value("ObjectType", "OBJECT_TABLE"), s_schemas = ProtoSchema.Value("ObjectType", "OBJECT_SCHEMA");

    /// <summary>CREATE FUNCTION. Inside a function it may be of the very function that runs, and is called again for the next row.</summary>
    public Outcome Function(TreeNode node)
    {
        if (a.Body is { } body && (body.Name is not null || body.TransitionsOf is not null))
            a.Effects.UnknownCode("a function that makes functions while it runs");
        var (schema, name) = NameOf(node.Items(Nodes.CreatedFunction));
        if (schema == "pg_catalog")
            Touched(schema, name);
        new ServerRun(a).Replaced(name, node);
        return new Definitions(a).Silent();
    }

    /// <summary>ALTER, RENAME or SET SCHEMA of a function, or of something else. What the system's functions do is known by their names and traits.</summary>
    /// <param name="newName">What it is called from now on; null where that stays.</param>
    public Outcome Altered(TreeNode named, string? newName = null)
    {
        if (named.Is(s_objectWithArgs))
        {
            var (schema, name) = NameOf(named.Items(Nodes.ObjectName));
            Touched(schema, name);
            new ServerRun(a).Altered(newName ?? name);
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

    /// <summary>DROP of tables, or of a schema with all in it.</summary>
    public Outcome Dropped(TreeNode node)
    {
        var kind = node.Number(Tree.DropType);
        foreach (var item in node.Items(Tree.DropObjects))
            if (kind == s_schemas)
                LeaveAll(NameReader.Text(item));
            else if (kind == s_tables)
            {
                string? schema = null, name = null;
                foreach (var part in item.Items(Tree.ListItems))
                    (schema, name) = (name, NameReader.Text(part));
                if (a.Relation(schema, name ?? "") is { } table)
                    Leave(table);
            }
        return new Definitions(a).Silent();
    }

    /// <summary>DROP OWNED takes what roles have; which that is, the catalog here does not tell.</summary>
    public Outcome DroppedOwned()
    {
        LeaveAll(null);
        return new Definitions(a).Silent();
    }

    void LeaveAll(string? schema)
    {
        foreach (var relation in a.Catalog.Relations)
            if (!relation.Parents.IsEmpty && (schema is null || relation.Schema == schema))
                Leave(relation);
    }

    /// <summary>A table leaves those that it inherits from. Of each column, the parent's own has to protect what it held.</summary>
    public void Leave(CatalogRelation? child)
    {
        if (child is null || child.Parents.IsEmpty)
            return;
        var leaving = a.Shared.Relations.Descendants(child.Id).Prepend(child.Id).ToHashSet();
        var parents = Ancestors(child);
        foreach (var view in a.Catalog.Relations)
        {
            if (view.Kind != 'm' || view.IsSystem || !parents.Any(p => Reads(view, p.Id)))
                continue;
            var kept = new Value(a.Shared.Relations.Columns(view, inherits: true, a.Inside(a.Shared.ReadPath, null))).Sources;
            foreach (var column in kept.Columns)
                if (leaving.Contains(column.Relation) && a.Catalog.Relation(column.Relation)?.Column(column.Attribute) is { } found)
                    foreach (var parent in parents)
                        if (parent.Columns.FirstOrDefault(c => c.Name == found.Name) is { } theirs)
                            a.Effects.Write(WriteKind.KeptRows, new(parent.Id, theirs.Number), NameOf(view), SourceSet.Of(column), column);
            if (kept.IsEverything)
                a.Effects.Write(WriteKind.KeptRows, default, NameOf(view), kept);
        }
    }

    List<CatalogRelation> Ancestors(CatalogRelation child)
    {
        var found = new List<CatalogRelation> { child };
        for (var i = 0; i < found.Count; i++)
            foreach (var id in found[i].Parents)
                if (a.Catalog.Relation(id) is { } parent && !found.Contains(parent))
                    found.Add(parent);
        return found[1..];
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
                a.Effects.Write(WriteKind.KeptRows, default, NameOf(relation), gone);
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

    static string NameOf(CatalogRelation relation) => $"{relation.Schema}.{relation.Name}";

    static (string? Schema, string Name) NameOf(TreeItems parts)
    {
        string? schema = null, name = null;
        foreach (var part in parts)
            (schema, name) = (name, NameReader.Text(part));
        return (schema, name ?? "");
    }
}
