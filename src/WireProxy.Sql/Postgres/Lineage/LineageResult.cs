using System.Collections.Immutable;
using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>Makes the lineage of a statement from what was found.</summary>
internal static class LineageResult
{
    /// <summary>Whatever goes wrong inside must not open a way: it makes a statement unknown.</summary>
    public static bool IsOurs(Exception e) => e is not InsufficientExecutionStackException and not OutOfMemoryException;

    public static StatementLineage Failed(Exception e) => StatementLineage.Unknown(e is LineageLimitException
        ? "the statement takes more work than it may" : "the statement is not understood: " + e.GetType().Name);

    public static StatementLineage Of(Analysis analysis, Outcome outcome)
    {
        var shared = analysis.Shared;
        var effects = analysis.Effects;
        if (effects.HasOtherResults)
        {
            effects.Unknown("a rule gives rows of its own");
            outcome = new(ResultShape.Unknown, null);
        }
        foreach (var field in outcome.Columns ?? [])
            effects.Use(field.Value.Sources, outcome.Shape == ResultShape.Columns ? ColumnUses.Output : ColumnUses.Named);
        if (ChangesAmid(effects, shared))
            effects.UnknownCode("what names mean is changed while the statement runs, and functions of somebody's own run beside it");
        // Before what runs unnamed adds what it reads by itself.
        var used = effects.AllUsed();
        var implied = ImplicitCasts(analysis, shared);
        if (effects.Relations.Count > 0)
            Compare(analysis, shared, used);
        if (outcome.Shape != ResultShape.None || effects.RunsBodies || effects.Relations.Count + effects.Functions.Count > 0)
            Convert(analysis, shared, used);
        effects.ReplaceRecursion();
        effects.Chain();
        var columns = ImmutableArray.CreateBuilder<OutputColumn>(outcome.Columns?.Count ?? 0);
        foreach (var field in outcome.Columns ?? [])
        {
            var sources = (field.Value.Origin is null ? field.Value.Sources.Union(implied) : field.Value.Sources)
                .Replace(SourceSet.RecursionBit, effects.AllUsed());
            effects.Use(sources, outcome.Shape == ResultShape.Columns ? ColumnUses.Output : ColumnUses.Named);
            columns.Add(new(field.Name.Length == 0 ? null : field.Name, sources, field.Value.Origin));
        }
        return new()
        {
            Shape = outcome.Shape,
            Columns = columns.DrainToImmutable(),
            OfName = outcome.Name,
            Arguments = [.. outcome.Arguments],
            Fills = outcome.Fills,
            Touched = [.. effects.Uses.Select(u => new ColumnUse(u.Key, u.Value))],
            Relations = [.. effects.Relations],
            Functions = [.. effects.Functions],
            Writes = [.. effects.Writes],
            Messages = effects.Messages,
            ReachesEverything = effects.ReachesEverything,
            Reasons = [.. effects.Reasons],
            Missing = effects.Missing,
            ChangesMeaning = effects.ChangesMeaning || CallsChanger(effects, shared),
            ChangesCatalog = effects.ChangesCatalog,
            ChangesInside = effects.ChangesInside,
            Turns = effects.Turns,
            RunsLater = effects.RunsLater,
            IsHeld = effects.IsHeld,
            RunsProgram = effects.RunsProgram,
            RunsUnseen = effects.RunsUnseen,
            ChangesNames = effects.ChangesNames,
            Labels = [.. effects.Labels],
            Renamings = [.. effects.Renamings],
        };
    }

    /// <summary>An operator class of somebody's own may compare whatever rows the statement looks at, and runs functions on their values.</summary>
    static void Compare(Analysis analysis, SnapshotLineage shared, SourceSet used)
    {
        foreach (var id in shared.Definitions.Comparisons)
            if (shared.Routine(id) is { } routine)
            {
                var arguments = new Arguments();
                for (var i = 0; i < routine.ArgumentCount; i++)
                    arguments.Add(new Value(used));
                analysis.Calls.Run(routine, arguments);
            }
            else
                analysis.Effects.UnknownCode("an operator class of somebody's own compares rows");
    }

    /// <summary>Values are put into variables and fields that the lineage does not look at one by one. Where nobody knows what that runs, a statement
    /// without such code is still believed to be what it says.</summary>
    static void Convert(Analysis analysis, SnapshotLineage shared, SourceSet used)
    {
        var conversions = shared.Bodies.Conversions(analysis);
        var effects = analysis.Effects;
        effects.RunsUnseen |= conversions.RunsUnseen;
        if (conversions.Functions.Any(f => f.Id >= CatalogRoutine.FirstUserId) && (effects.RunsBodies || !conversions.ReachesEverything))
            effects.Merge(conversions, [used]);
    }

    /// <summary>A user's cast that may apply by itself may run in any expression, or where PL/pgSQL puts a value into a variable.</summary>
    static SourceSet ImplicitCasts(Analysis analysis, SnapshotLineage shared)
    {
        var sources = SourceSet.Empty;
        if (!shared.HasCasts)
            return sources;
        foreach (var cast in shared.Definitions.Casts)
            if (cast.Context != 'e')
                sources = sources.Union(shared.Routine(cast.Function) is { } routine
                    ? analysis.Calls.Run(routine, Arguments.Of(Value.Nothing)).Sources : SourceSet.Everything);
        return sources;
    }

    /// <summary>A function has moved the search path, or changed the catalog, and another one, which was read as things were before, may run after it.</summary>
    static bool ChangesAmid(Effects effects, SnapshotLineage shared)
    {
        if (!effects.ChangesAmid && !effects.MovesPath)
            return false;
        var own = 0;
        foreach (var function in effects.Functions)
            // What compares is found by its number: only CREATE OR REPLACE changes it, which no function may while it runs.
            if (shared.Routine(function.Id) is { IsBuiltIn: false, Language: not ('c' or 'i') } && !shared.Definitions.Comparisons.Contains(function.Id))
                own++;
        return own > (effects.MovesPath ? 0 : 1);
    }

    /// <summary>A volatile function of a user's may run DDL; what its body shows is in the effects.</summary>
    static bool CallsChanger(Effects effects, SnapshotLineage shared) =>
        effects.Functions.Any(f => shared.Routine(f.Id) is not { } routine || routine.Name == "set_config");
}
