using System.Collections.Immutable;

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
        var implied = new Unnamed(analysis).Run();
        effects.Chain();
        var columns = ImmutableArray.CreateBuilder<OutputColumn>(outcome.Columns?.Count ?? 0);
        foreach (var field in outcome.Columns ?? [])
        {
            var sources = field.Value.Origin is null ? field.Value.Sources.Union(implied) : field.Value.Sources;
            effects.Use(sources, outcome.Shape == ResultShape.Columns ? ColumnUses.Output : ColumnUses.Named);
            columns.Add(new(field.Name.Length == 0 ? null : field.Name, sources, field.Value.Origin));
        }
        return new()
        {
            Shape = outcome.Shape,
            Columns = columns.DrainToImmutable(),
            OfName = outcome.Name,
            Arguments = [.. outcome.Arguments],
            Touched = [.. effects.Uses.Select(u => new ColumnUse(u.Key, u.Value))],
            Relations = [.. effects.Relations],
            Functions = [.. effects.Functions],
            Writes = [.. effects.Writes],
            Messages = effects.Messages,
            ReachesEverything = effects.ReachesEverything,
            Reasons = [.. effects.Reasons],
            MissingFunction = effects.MissingFunction,
            ChangesMeaning = effects.ChangesMeaning || Unnamed.CallsChanger(effects, shared),
            ChangesCatalog = effects.ChangesCatalog,
            ChangesInside = effects.ChangesInside,
            RunsLater = effects.RunsLater,
            ChangesNames = effects.ChangesNames,
            Labels = [.. effects.Labels],
        };
    }
}
