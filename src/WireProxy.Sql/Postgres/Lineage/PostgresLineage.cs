using System.Collections.Immutable;
using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>Tells where the values of PostgreSQL statements come from and go to, from libpg_query's tree and a catalog. Thread-safe.</summary>
/// <remarks>
/// Resolution follows parse analysis (src/backend/parser) except for types: where types would decide which function or operator is
/// meant, all that fit count. What is not understood comes from everything and goes anywhere; nothing that is not understood is taken for
/// harmless. Each text has a budget of work, and beyond it is unknown.
/// </remarks>
public static class PostgresLineage
{
    const int ThreadStackBytes = 64 << 20;

    /// <param name="text">As it stands in Query or Parse, in UTF-8, without the NUL at its end.</param>
    /// <param name="catalog">Of the session's database, as it is now.</param>
    /// <param name="path">The session's search path, as it is now.</param>
    /// <remarks>Never throws on any text.</remarks>
    public static TextLineage Resolve(ReadOnlySpan<byte> text, CatalogSnapshot catalog, SearchPath path)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(path);
        LibPgQuery.ThrowIfMissing();
        try
        {
            return OnThisThread(text, catalog, path);
        }
        catch (InsufficientExecutionStackException)
        {
            return OnItsOwn(text.ToArray(), catalog, path);
        }
    }

    static TextLineage OnItsOwn(byte[] text, CatalogSnapshot catalog, SearchPath path)
    {
        TextLineage? result = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = OnThisThread(text, catalog, path);
            }
            catch (InsufficientExecutionStackException)
            {
                result = Unknown("the statement is nested too deeply");
            }
        }, ThreadStackBytes)
        { IsBackground = true, Name = "lineage" };
        thread.Start();
        thread.Join();
        return result!;
    }

    static TextLineage OnThisThread(ReadOnlySpan<byte> text, CatalogSnapshot catalog, SearchPath path)
    {
        using var parsed = ParsedText.Of(text);
        if (parsed.IsBroken)
            return Unknown("the text does not parse");
        var shared = SnapshotLineage.Of(catalog);
        var statements = ImmutableArray.CreateBuilder<StatementLineage>(1);
        var isStale = false;
        foreach (var raw in parsed.Statements)
        {
            var lineage = Statement(raw.Child(Tree.RawStmt), shared, path);
            // What an earlier statement of the text has changed, the catalog here does not show.
            if (isStale && (!lineage.Relations.IsEmpty || !lineage.Functions.IsEmpty || lineage.Shape == ResultShape.OfName))
                lineage = StatementLineage.Unknown("an earlier statement of the same text may change what this one means");
            isStale |= lineage.ChangesMeaning;
            statements.Add(lineage);
        }
        return new(statements.DrainToImmutable());
    }

    static StatementLineage Statement(TreeNode node, SnapshotLineage shared, SearchPath path)
    {
        try
        {
            var analysis = new Analysis(shared, path, new());
            var outcome = new Statements(analysis).Run(node);
            return Finish(analysis, outcome, shared);
        }
        catch (LineageLimitException)
        {
            return StatementLineage.Unknown("the statement takes more work than it may");
        }
#pragma warning disable CA1031 // Whatever is wrong here must not open a way: the statement is unknown.
        catch (Exception e) when (e is not InsufficientExecutionStackException and not OutOfMemoryException)
#pragma warning restore CA1031
        {
            return StatementLineage.Unknown("the statement is not understood: " + e.GetType().Name);
        }
    }

    static StatementLineage Finish(Analysis analysis, Outcome outcome, SnapshotLineage shared)
    {
        var effects = analysis.Effects;
        if (effects.HasOtherResults)
        {
            effects.Unknown("a rule gives rows of its own");
            outcome = new(ResultShape.Unknown, null);
        }
        var implied = ImplicitCasts(analysis, shared);
        if (!shared.Definitions.Comparisons.IsEmpty && effects.Relations.Count > 0)
            effects.UnknownCode("an operator class of somebody's own compares rows");
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
            ChangesMeaning = effects.ChangesMeaning || CallsChanger(effects, shared),
        };
    }

    /// <summary>A user's cast that may apply anywhere may run in any expression.</summary>
    static SourceSet ImplicitCasts(Analysis analysis, SnapshotLineage shared)
    {
        var sources = SourceSet.Empty;
        if (!shared.HasCasts || analysis.Effects.Uses.Count == 0)
            return sources;
        foreach (var cast in shared.Definitions.Casts)
            if (cast.Context == 'i')
                sources = sources.Union(shared.Routine(cast.Function) is { } routine
                    ? analysis.Calls.Run(routine, Arguments.Of(Value.Nothing)).Sources : SourceSet.Everything);
        return sources;
    }

    /// <summary>A volatile function of a user's may run DDL; what its body shows is in the effects.</summary>
    static bool CallsChanger(Effects effects, SnapshotLineage shared) =>
        effects.Functions.Any(f => shared.Routine(f.Id) is not { } routine || routine.Name == "set_config");

    static TextLineage Unknown(string reason) => new([StatementLineage.Unknown(reason)]);
}
