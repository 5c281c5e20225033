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
        var (isStale, isTurned) = (false, false);
        var changes = new TextChanges(shared);
        foreach (var raw in parsed.Statements)
        {
            var lineage = changes.Behind(Statement(raw.Child(Tree.RawStmt), shared, changes.Path ?? path, changes));
            var turns = lineage.Turns;
            isStale |= changes.IsUncertain(lineage);
            // What a new table holds, and what it may be named for, is known without a catalog.
            if (!isStale && changes.Take(raw.Child(Tree.RawStmt), lineage, new(shared, changes.Path ?? path, new()) { Before = changes }))
            {
                isTurned |= changes.Hides;
                statements.Add(lineage);
                continue;
            }
            // What an earlier statement of the text has changed, the catalog here does not show.
            if (isStale && (!lineage.Relations.IsEmpty || !lineage.Functions.IsEmpty || lineage.Shape == ResultShape.OfName))
                lineage = StatementLineage.Unknown("an earlier statement of the same text may change what this one means") with
                {
                    IsStale = true,
                    Before = lineage,
                    MayCarry = isTurned && (!lineage.Writes.IsEmpty || lineage.Functions.Any(f => f.Id >= CatalogRoutine.FirstUserId && shared.Routine(f.Id) is not { Language: 'c' or 'i' })),
                    // By the old catalog; what it uses now, these tell only together with what was changed.
                    Relations = lineage.Relations,
                    Functions = lineage.Functions,
                };
            else if (isStale && !(lineage.Labels.IsEmpty && lineage.Renamings.IsEmpty))
                lineage = lineage with
                {
                    Labels = [.. lineage.Labels.Select(l => l with { IsKnown = false })],
                    Renamings = [.. lineage.Renamings.Select(r => r with { Relation = 0 })],
                };
            isStale |= lineage.ChangesMeaning;
            isTurned |= turns;
            statements.Add(lineage);
        }
        return new(statements.DrainToImmutable());
    }

    static StatementLineage Statement(TreeNode node, SnapshotLineage shared, SearchPath path, TextChanges changes)
    {
        try
        {
            var analysis = new Analysis(shared, path, new()) { Before = changes };
            return LineageResult.Of(analysis, new Statements(analysis).Run(node));
        }
        catch (Exception e) when (LineageResult.IsOurs(e))
        {
            return LineageResult.Failed(e);
        }
    }

    /// <summary>Somebody has written the function, and not an extension in C.</summary>
    public static bool IsUsers(CalledFunction function, CatalogSnapshot catalog) => SnapshotLineage.Of(catalog).IsUsers(function);

    /// <summary>The lineage of a FunctionCall message, which names its function by OID; its arguments are the client's.</summary>
    public static StatementLineage OfFunctionCall(uint function, CatalogSnapshot catalog, SearchPath path)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        try
        {
            var analysis = new Analysis(SnapshotLineage.Of(catalog), path, new());
            if (analysis.Shared.Routine(function) is not { } routine)
                return StatementLineage.Unknown("a function that the catalog does not know");
            var arguments = new Arguments();
            for (var i = 0; i < routine.ArgumentCount; i++)
                arguments.Add(Value.Nothing);
            // Its text arguments, if it runs them, are not seen here.
            if (KnownFunctions.TextArguments(routine.Name) != 0)
                return StatementLineage.Unknown($"the function {routine.Name} runs SQL that is not written out");
            return LineageResult.Of(analysis, Outcome.Of([new(routine.Name, analysis.Calls.Run(routine, arguments))]));
        }
        catch (Exception e) when (LineageResult.IsOurs(e) || e is InsufficientExecutionStackException)
        {
            return LineageResult.Failed(e);
        }
    }

    /// <summary>Where the columns of a relation come from, in the order of their numbers: a view's from what it reads, a parent's also from its
    /// children, a generated column's from what it is computed from. Each names itself among its sources. Empty for one that is not known.</summary>
    public static ImmutableArray<OutputColumn> ColumnsOf(uint relation, CatalogSnapshot catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        if (catalog.Relation(relation) is not { } found)
            return [];
        try
        {
            LibPgQuery.ThrowIfMissing();
            var shared = SnapshotLineage.Of(catalog);
            return [.. shared.Relations.Columns(found, inherits: true, new(shared, shared.ReadPath, new()))
                .Select(f => new OutputColumn(f.Name, f.Value.Sources, f.Value.Origin))];
        }
        catch (Exception e) when (LineageResult.IsOurs(e) || e is InsufficientExecutionStackException)
        {
            return [.. found.AllColumns.Select(c => new OutputColumn(c.Name, SourceSet.Everything, null))];
        }
    }

    /// <summary>What decides which rows a view has, and in what order or groups.</summary>
    public static SourceSet ConditionsOf(uint relation, CatalogSnapshot catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        if (catalog.Relation(relation) is not { } found)
            return SourceSet.Everything;
        try
        {
            LibPgQuery.ThrowIfMissing();
            var shared = SnapshotLineage.Of(catalog);
            var analysis = new Analysis(shared, shared.ReadPath, new());
            shared.Relations.Columns(found, inherits: true, analysis);
            return analysis.Effects.ReachesEverything ? SourceSet.Everything
                : SourceSet.OfAll(analysis.Effects.Uses.Where(use => use.Value.HasFlag(ColumnUses.Predicate)).Select(use => use.Key));
        }
        catch (Exception e) when (LineageResult.IsOurs(e) || e is InsufficientExecutionStackException)
        {
            return SourceSet.Everything;
        }
    }

    static TextLineage Unknown(string reason) => new([StatementLineage.Unknown(reason)]);
}
