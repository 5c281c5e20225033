namespace WireProxy.Sql.Catalog;

/// <summary>Numbers of relations, functions and types.</summary>
internal sealed class CatalogOwners
{
    public HashSet<uint> Relations { get; } = [];
    public HashSet<uint> Routines { get; } = [];
    public HashSet<uint> Types { get; } = [];

    public int Count => Relations.Count + Routines.Count + Types.Count;

    public void Add(CatalogOwners others)
    {
        Relations.UnionWith(others.Relations);
        Routines.UnionWith(others.Routines);
        Types.UnionWith(others.Types);
    }

    public void Remove(CatalogOwners others)
    {
        Relations.ExceptWith(others.Relations);
        Routines.ExceptWith(others.Routines);
        Types.ExceptWith(others.Types);
    }
}

/// <summary>A catalog's objects before anything is looked up in them: of some that are no more it may not be known yet.</summary>
internal sealed record CatalogContent(IReadOnlyCollection<CatalogRelation> Relations, IReadOnlyCollection<CatalogFunction> Functions, CatalogDefinitions Definitions)
{
    /// <summary>What a catalog with these objects finds by name, it finds for certain.</summary>
    public bool HasOneOfEachName => Relations.DistinctBy(static r => (r.Schema, r.Name)).Count() == Relations.Count;
}

/// <summary>Puts what was read anew of some objects into a catalog.</summary>
internal static class CatalogMerge
{
    /// <param name="basis">The catalog as it was.</param>
    /// <param name="part">All that there is now of the objects, and what belongs to none.</param>
    /// <param name="owners">The objects; where <paramref name="part"/> has one not, it is gone.</param>
    public static CatalogContent Merge(CatalogSnapshot basis, CatalogContent part, CatalogOwners owners) => new(
        [.. basis.Relations.Where(r => !owners.Relations.Contains(r.Id)), .. part.Relations],
        [.. basis.OwnFunctions.Where(f => !owners.Routines.Contains(f.Id)), .. part.Functions], Definitions(basis.Definitions, part.Definitions, owners));

    static CatalogDefinitions Definitions(CatalogDefinitions basis, CatalogDefinitions part, CatalogOwners owners)
    {
        var relations = owners.Relations;
        var triggers = Join(basis.Triggers, part.Triggers, relations);
        return new()
        {
            ReadPath = part.ReadPath,
            Views = Join(basis.Views, part.Views, relations),
            Generated = Join(basis.Generated, part.Generated, relations),
            Defaults = Join(basis.Defaults, part.Defaults, relations),
            Routines = Join(basis.Routines, part.Routines, owners.Routines),
            Types = Join(basis.Types, part.Types, owners.Types),
            Operators = part.Operators,
            Casts = part.Casts,
            Triggers = triggers,
            HasDeferrable = triggers.Values.Any(static all => all.Any(static t => t.MayBePutOff)),
            Rules = Join(basis.Rules, part.Rules, relations),
            Indexes = Join(basis.Indexes, part.Indexes, relations),
            Checks = Join(basis.Checks, part.Checks, relations),
            Statistics = Join(basis.Statistics, part.Statistics, relations),
            Policies = Join(basis.Policies, part.Policies, relations),
            Cascades = [.. basis.Cascades.Where(c => !relations.Contains(c.Referring)), .. part.Cascades],
            Comparisons = part.Comparisons,
            EventTriggers = part.EventTriggers,
            SequenceOwners = Join(basis.SequenceOwners, part.SequenceOwners, relations),
            Labels = [.. basis.Labels.Where(l => l.Place == LabelPlace.Relation && !relations.Contains(l.Relation)), .. part.Labels],
            Publications = part.Publications,
            Extensions = part.Extensions,
        };
    }

    static IReadOnlyDictionary<uint, T> Join<T>(IReadOnlyDictionary<uint, T> basis, IReadOnlyDictionary<uint, T> part, HashSet<uint> owners)
    {
        if (part.Count == 0 && !owners.Any(basis.ContainsKey))
            return basis;
        var joined = new Dictionary<uint, T>(basis);
        foreach (var owner in owners)
            joined.Remove(owner);
        foreach (var (owner, value) in part)
            joined[owner] = value;
        return joined;
    }

    static Dictionary<(uint Relation, short Column), string> Join(IReadOnlyDictionary<(uint Relation, short Column), string> basis,
        IReadOnlyDictionary<(uint Relation, short Column), string> part, HashSet<uint> relations)
    {
        var joined = new Dictionary<(uint, short), string>(basis);
        foreach (var column in basis.Keys)
            if (relations.Contains(column.Relation))
                joined.Remove(column);
        foreach (var (column, value) in part)
            joined[column] = value;
        return joined;
    }
}
