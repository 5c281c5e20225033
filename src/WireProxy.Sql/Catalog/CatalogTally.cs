namespace WireProxy.Sql.Catalog;

/// <summary>How many rows of each kind a catalog has, as <see cref="CatalogSource"/> counts them at the server, and what they belong to.</summary>
internal static class CatalogTally
{
    /// <summary>Count, and sum of the owners' numbers, of each letter.</summary>
    public static Dictionary<char, (ulong Count, ulong Sum)> Of(CatalogContent catalog)
    {
        var tally = new Dictionary<char, (ulong Count, ulong Sum)>();
        foreach (var letter in Letters)
        {
            ulong count = 0, sum = 0;
            foreach (var owner in Owners(catalog, letter))
            {
                count++;
                sum += owner;
            }
            tally.Add(letter, (count, sum));
        }
        return tally;
    }

    public static IEnumerable<char> Letters => CatalogSource.All.SelectMany(s => s.Counts).Select(c => c.Letter);

    /// <summary>How many rows of one kind belong to each owner.</summary>
    public static Dictionary<uint, ulong> ByOwner(CatalogContent catalog, char letter) =>
        Owners(catalog, letter).GroupBy(o => o).ToDictionary(g => g.Key, g => (ulong)g.Count());

    static IEnumerable<uint> Owners(CatalogContent catalog, char letter)
    {
        var definitions = catalog.Definitions;
        return letter switch
        {
            'r' => catalog.Relations.Where(r => IsUsers(r.Id)).Select(r => r.Id),
            'p' => catalog.Relations.SelectMany(r => r.Parents, static (r, _) => r.Id),
            'c' => definitions.Types.Values.Where(t => IsUsers(t.Id) && t.Kind == 'c').Select(t => t.Id),
            't' => definitions.Types.Values.Where(t => IsUsers(t.Id) && t.Kind != 'c').Select(t => t.Id),
            'x' => definitions.Types.Values.Where(t => IsUsers(t.Id)).SelectMany(t => t.Checks, static (t, _) => t.Id),
            'f' => catalog.Functions.Select(f => f.Id),
            'b' => definitions.Routines.Values.Where(r => r.Extension is not null).Select(r => r.Id),
            'u' => Of(definitions.Rules),
            'e' => definitions.Generated.Keys.Concat(definitions.Defaults.Keys).Select(k => k.Relation),
            'i' => definitions.Indexes.SelectMany(i => i.Value).Where(i => !i.IsPartitionKey).Select(i => i.Relation),
            'I' => definitions.Indexes.SelectMany(i => i.Value).Where(i => i.IsPartitionKey).Select(i => i.Relation),
            'X' => Of(definitions.Statistics),
            'h' => Of(definitions.Checks),
            'F' => definitions.Cascades.Select(c => c.Referring),
            'j' => Of(definitions.Policies),
            'T' => Of(definitions.Triggers),
            'q' => definitions.SequenceOwners.Keys,
            'l' => definitions.Labels.Where(l => l.Place == LabelPlace.Relation && l.Provider is not null).Select(l => l.Relation),
            'n' => definitions.Labels.Where(l => l.Place == LabelPlace.Relation && l.Provider is null).Select(l => l.Relation),
            _ => throw new ArgumentOutOfRangeException(nameof(letter)),
        };
    }

    static IEnumerable<uint> Of<T>(IReadOnlyDictionary<uint, System.Collections.Immutable.ImmutableArray<T>> all) => all.SelectMany(one => one.Value, static (one, _) => one.Key);

    static bool IsUsers(uint id) => id >= CatalogRoutine.FirstUserId;
}
