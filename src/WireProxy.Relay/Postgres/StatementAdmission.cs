using WireProxy.Policy;
using WireProxy.Protocols.Postgres;
using WireProxy.Sql;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Relay.Postgres;

/// <summary>Makes the work of statements that pass, and notes what they do to what the gateway knows.</summary>
internal sealed class StatementAdmission(PostgresSession session, NamedStatements named, StatementPlanner planner, TextReading reading)
{
    /// <summary>A statement runs, or a portal of one: what the gateway knows may hold no longer.</summary>
    public void Runs(StatementEffect effects)
    {
        if ((effects & StatementEffect.Catalog) != 0 || ((effects & StatementEffect.EndsChanges) != 0 && session.View.MayHaveOpenChanges))
            session.View.CatalogMayChange();
        if ((effects & (StatementEffect.EndsChanges | StatementEffect.Names | StatementEffect.Settings)) != 0)
            session.Turn?.LocksEnd();
        if ((effects & StatementEffect.EndsTransaction) != 0)
            session.Turn?.TransactionEnds();
        if ((effects & StatementEffect.Names) != 0)
            session.NamesMayChange();
        if ((effects & (StatementEffect.Settings | StatementEffect.Hidden)) != 0)
            reading.SettingsMayChange();
        if ((effects & StatementEffect.Settings) != 0)
            session.MeaningMayChange();
    }

    public Work Admit(ReadOnlySpan<byte> text, AnalyzedText analyzed, StatementPlans? plans, Needs needs, string? statement)
    {
        if (session.Status == TransactionStatus.Idle && !session.ExchangeIsOpen && session.InFlight.Count == 0)
            named.NoTransactionIsOpen();
        bool dependsOnCatalog = analyzed.Statements.Any(StatementPlanner.DependsOnCatalog);
        Protection? under = dependsOnCatalog ? session.CertainProtection : session.Protection;
        StatementEffect effects = StatementEffect.None;
        for (int i = 0; i < analyzed.Statements.Length; i++)
            effects |= EffectsOf(analyzed.Statements[i], plans?.Statements[i]);
        if (planner.MayHandleNames(analyzed, plans))
            named.UnknownCodeRuns();
        // A trigger that sets the search path is in the lineage, and in no fact.
        foreach (StatementLineage lineage in plans?.Statements ?? [])
            effects |= lineage.ChangesMeaning ? StatementEffect.Settings : StatementEffect.None;
        // What is changed behind a COMMIT in the same text is open when the text is answered.
        if (ChangesBehindCommit(analyzed, plans))
            effects &= ~StatementEffect.EndsTransaction;
        if (plans is not null && StatementEffects.ChangesCatalog(analyzed.Statements, plans.Statements, session.Catalog))
            effects |= StatementEffect.Catalog;
        // A pool resets each connection that it hands out, and hardly any has made a temporary table.
        if (analyzed.Statements.All(static facts => facts.Command.StartsWith("DISCARD ", StringComparison.Ordinal)) && session.Path.Current is { HasTemporary: false })
            effects &= ~StatementEffect.Catalog;
        session.HasSeenEffects |= effects != StatementEffect.None;
        // Whatever the catalog says of a cursor's names now, its rows are of what they stood for when it was declared.
        if (session.Masks && FetchesFromBefore(analyzed, plans))
            under = null;
        if (session.Masks || session.HasSeenEffects)
            NoteNames(text, analyzed, plans, statement);
        if (statement is not null)
            return new StatementWork(statement, analyzed.Statements, NamedBy(analyzed), session.NamesMeaning)
            {
                Under = under,
                Effects = effects,
                DependsOnCatalog = dependsOnCatalog,
                Text = !session.Masks ? [] : ClientEncodings.ToUtf8(text, session.ClientEncoding) ?? text.ToArray(),
                Judged = (session.Catalog, plans),
                Needs = needs,
            };
        Runs(effects);
        // A text that changes the catalog may read by its later statements what its earlier ones have changed.
        bool changesAmid = (effects & StatementEffect.Catalog) != 0 && analyzed.Statements.Length > 1;
        if (changesAmid && (plans is null || plans.Statements.Any(static one => one.IsStale)))
            under = null;
        return new QueryWork([.. analyzed.Statements.Select(facts => facts.Copy).OfType<CopyFacts>().Where(copy => copy.ToClient)])
        {
            Touches = session.Masks && (under is null || changesAmid || Touches(analyzed, plans, under)),
            Under = under,
            Plans = under is null ? null : plans,
            Code = under is null || changesAmid ? null : KnownCode.Of(analyzed.Statements, plans, session.View.CatalogGeneration),
        };
    }

    private static bool ChangesBehindCommit(AnalyzedText analyzed, StatementPlans? plans)
    {
        bool changes = false;
        for (int i = analyzed.Statements.Length - 1; i >= 0 && analyzed.Statements[i].Command != "COMMIT"; i--)
            changes |= analyzed.Statements[i].ChangesCatalog || analyzed.Statements[i].Change is not null || plans?.Statements[i].ChangesCatalog == true;
        return changes;
    }

    private StatementEffect EffectsOf(StatementFacts facts, StatementLineage? lineage)
    {
        StatementEffect effects = StatementEffects.Of(facts, session.Catalog, running => named.Find(running) is { } all
            ? all.Aggregate(StatementEffect.None, (sum, one) => sum | StatementEffects.Of(one, session.Catalog, _ => StatementEffect.All))
            : named.HasForgotten ? StatementEffect.All : StatementEffect.Settings | StatementEffect.Names);
        // What a user's function does is in the lineage.
        return facts.NameEffect == NameEffect.None && StatementEffects.IsQuery(facts) && lineage is { IsStale: false, ChangesNames: false }
            ? effects & ~StatementEffect.Names : effects;
    }

    /// <summary>By the lineage where it is known; what runs by a name that may mean several statements, by all of them.</summary>
    private bool Touches(AnalyzedText analyzed, StatementPlans? plans, Protection under)
    {
        for (int i = 0; i < analyzed.Statements.Length; i++)
        {
            StatementLineage? lineage = plans?.Statements[i];
            if (lineage is null or { Shape: ResultShape.OfName } ? Touches(analyzed.Statements[i], under) : plans!.Judge.Touches(lineage))
                return true;
        }
        return false;
    }

    private bool Touches(StatementFacts facts, Protection under) => under.Touches(facts) &&
        (facts.NameEffect is not (NameEffect.Execute or NameEffect.FetchCursor) ||
            under.Touches(facts, _ => named.Find(facts)?.Any(one => under.Touches(one))));

    private IReadOnlyList<StatementFacts>? NamedBy(AnalyzedText analyzed) =>
        analyzed.Statements is [{ NameEffect: NameEffect.Execute or NameEffect.FetchCursor } running] ? named.Find(running) : null;

    private bool FetchesFromBefore(AnalyzedText analyzed, StatementPlans? plans)
    {
        for (int i = 0; i < analyzed.Statements.Length; i++)
        {
            if (planner.FetchesFromBefore(analyzed.Statements[i], plans?.Statements[i]))
                return true;
        }
        return false;
    }

    private void NoteNames(ReadOnlySpan<byte> text, AnalyzedText analyzed, StatementPlans? plans, string? statement)
    {
        if (string.IsNullOrEmpty(statement) && !analyzed.Statements.Any(static facts => facts.NameEffect is NameEffect.Prepare or NameEffect.DeclareCursor))
            return;
        byte[]? kept = text.Length > MadeStatement.LongestText ? null : ClientEncodings.ToUtf8(text, session.ClientEncoding) ?? text.ToArray();
        for (int i = 0; i < analyzed.Statements.Length; i++)
        {
            StatementFacts facts = analyzed.Statements[i];
            var made = plans is null ? null : new MadeStatement(facts, plans.Statements[i], plans.Judge, session.Path.Current, kept, i);
            if (facts is { NameEffect: NameEffect.Prepare or NameEffect.DeclareCursor, AffectedName: { } name })
                named.Note(name, facts, made, runsNow: statement is null);
            if (!string.IsNullOrEmpty(statement))
                named.Note(statement, facts, made, runsNow: false);
        }
    }
}
