using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>What a view or function gives and does; sources may be parameters.</summary>
internal sealed record Summary(Value Result, Effects Effects);

/// <summary>Puts arguments into results, and declarations into columns.</summary>
internal static class SummaryValue
{
    public static Value Substitute(Value value, IReadOnlyList<SourceSet> arguments)
    {
        if (value.Row is null)
            return value.Sources.Parameters == 0 ? value : new(value.Sources.Substitute(arguments)) { Type = value.Type };
        return new([.. value.Row.Select(f => new Field(f.Name, Substitute(f.Value, arguments)))]) { Type = value.Type };
    }

    public static Value Replace(Value value, ulong bit, SourceSet with) => (value.Sources.Parameters & bit) == 0 ? value
        : value.Row is null ? new(value.Sources.Replace(bit, with)) { Type = value.Type }
        : new([.. value.Row.Select(f => new Field(f.Name, Replace(f.Value, bit, with)))]) { Type = value.Type };

    /// <summary>The names of the OUT, INOUT and TABLE columns; null where the function declares none.</summary>
    public static List<string>? OutputNames(CatalogRoutine routine)
    {
        List<string>? names = null;
        for (var i = 0; i < routine.Modes.Length; i++)
            if (routine.Modes[i] is 'o' or 'b' or 't')
                (names ??= []).Add(i < routine.Names.Length && routine.Names[i].Length > 0 ? routine.Names[i] : "column" + ((names?.Count ?? 0) + 1));
        return names;
    }

    /// <summary>The names of the arguments that it takes, in order; empty strings for those without.</summary>
    public static List<string> InputNames(CatalogRoutine routine)
    {
        var names = new List<string>();
        for (var i = 0; i < routine.Names.Length; i++)
            if (routine.Modes.Length == 0 || i >= routine.Modes.Length || routine.Modes[i] is not ('o' or 't'))
                names.Add(routine.Names[i]);
        while (names.Count < routine.ArgumentCount)
            names.Add("");
        return names;
    }

    /// <summary>The types of the OUT columns, in order, where the catalog says them.</summary>
    public static List<uint> OutputTypes(CatalogRoutine routine)
    {
        var types = new List<uint>();
        for (var i = 0; i < routine.Modes.Length && i < routine.AllTypes.Length; i++)
            if (routine.Modes[i] is 'o' or 'b' or 't')
                types.Add(routine.AllTypes[i]);
        return types;
    }
}
