using System.Collections.Immutable;
using WireProxy.Relay.Transport;
using WireProxy.Sql;
using WireProxy.Sql.Postgres;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Relay.Postgres;

/// <summary>Finds where the values of a text come from and go to before it passes, and what must not run for that reason.</summary>
internal sealed class StatementPlanner(PostgresSession session, NamedStatements named)
{
    private StatementPlans? _foundElsewhere;
    private bool _pathTried;

    /// <summary>What must be waited for, or null: then the plans are as good as they get. They are null where the lineage cannot be had, because the
    /// server cannot be asked now what names stand for.</summary>
    /// <param name="utf8">The text.</param>
    public Task? Plan(ReadOnlySpan<byte> utf8, AnalyzedText analyzed, OutputBuffer output, out StatementPlans? plans)
    {
        plans = null;
        if (analyzed.Problem is not null || !(session.Masks ? analyzed.Statements.Any(DependsOnCatalog) : analyzed.Statements.Any(Unprotects)))
            return null;
        if (KnowPath(output) is { } asking)
            return asking;
        if (_foundElsewhere is { } found)
        {
            (plans, _foundElsewhere) = (found, null);
        }
        else if (!PostgresAnalyzer.IsSmall(utf8.Length) && session.IsUnknownText(utf8))
        {
            byte[] copy = utf8.ToArray();
            return Task.Run(() => _foundElsewhere = session.PlansOf(copy));
        }
        else
        {
            plans = session.PlansOf(utf8);
        }
        plans = plans?.Statements.Length == analyzed.Statements.Length ? WithNames(plans, analyzed.Statements) : null;
        return null;
    }

    /// <summary>What a prepared text means now; null where that is not certain.</summary>
    public StatementPlans? PlansOf(StatementWork work)
    {
        if (work.Text.Length == 0)
            return null;
        if (work.PlansFor(session) is { } plans)
            return plans.Statements.Length == work.Statements.Length ? plans : null;
        if (!work.Statements.Any(static facts => facts.NameEffect is NameEffect.Execute or NameEffect.FetchCursor))
            return null;
        StatementPlans? running = session.PlansOf(work.Text);
        return running?.Statements.Length == work.Statements.Length ? WithNames(running, work.Statements) : null;
    }

    /// <summary>Only others have changed the catalog since the session has seen it, and nothing that these statements hang on: they are judged by what is
    /// known, so that nobody waits for other people's changes.</summary>
    public bool GoesOnWithoutNews(ReadOnlySpan<byte> utf8, ImmutableArray<StatementFacts> statements)
    {
        CatalogView view = session.View;
        if (!session.Masks || !view.MissesNewsOfOthers || utf8.IsEmpty || statements.Any(static facts => facts.ChangesCatalog))
            return false;
        view.GoOnWithoutNews();
        StatementPlans? plans = PostgresAnalyzer.IsSmall(utf8.Length) || !session.IsUnknownText(utf8) ? session.PlansOf(utf8) : null;
        bool isSame = plans?.Statements.Length == statements.Length && plans.Statements.All(IsUnderstood) && !view.HasNewsFor(plans.UseOf(statements));
        if (isSame)
            view.ReadNews();
        else
            view.BeginMessage();
        return isSame;
    }

    private static bool IsUnderstood(StatementLineage lineage) => !lineage.ReachesEverything && !lineage.IsStale && !lineage.ChangesCatalog
        && lineage.Shape is ResultShape.None or ResultShape.Columns && lineage.Missing is null && lineage.Labels.IsEmpty && lineage.Renamings.IsEmpty;

    /// <summary>What a text meant before the session's own changes that are not answered yet; null where there are none, or it is not known.</summary>
    public StatementPlans? PlansBeforeChanges(ReadOnlySpan<byte> utf8, int count) =>
        session.Masks && session.View.MayHaveOpenChanges && session.CertainProtection is null && !utf8.IsEmpty
        && session.PlansBeforeChanges(utf8) is { } plans && plans.Statements.Length == count ? plans : null;

    /// <summary>What must be waited for to know the search path; null where it is known, or cannot be asked for now.</summary>
    public Task? KnowPath(OutputBuffer output) => _pathTried ? null : session.Path.Ensure(output, out _pathTried);

    /// <summary>The message is judged: the next one may ask again.</summary>
    public void Judged() => _pathTried = false;

    /// <summary>SELECT 1 is the same whatever the catalog says.</summary>
    public static bool DependsOnCatalog(StatementFacts facts) =>
        facts.Command is "ANALYZE" or "VACUUM" or "REINDEX" or "CLUSTER" or "DROP SCHEMA" or "DROP OWNED" or "ALTER SCHEMA" or "ALTER DATABASE" or "CREATE DATABASE" or "ALTER TYPE" || facts.UsesOperatorsOrTypes || !facts.Relations.IsEmpty || !facts.Functions.IsEmpty || !facts.Columns.IsEmpty || facts.HasUnknownSql || facts.NameEffect != NameEffect.None;

    /// <summary>What is refused to those, too, from whom nothing is protected.</summary>
    private bool Unprotects(StatementFacts facts) => (session.GuardsLabels && ChangesLabels(facts)) || (session.GuardsNames && MayRename(facts));

    private static bool MayRename(StatementFacts facts) => IsRenaming(facts.Command) || facts.InnerCommands.Any(IsRenaming);

    private static bool IsRenaming(string command) => command is "CREATE DATABASE" || command.StartsWith("ALTER ", StringComparison.Ordinal);

    private static bool ChangesLabels(StatementFacts facts) =>
        IsLabelling(facts.Command) || facts.InnerCommands.Any(IsLabelling);

    private static bool IsLabelling(string command) => command is "COMMENT" or "SECURITY LABEL";

    /// <summary>What the rules allow may still carry protected values away. Without a lineage only what plainly does not is let through.</summary>
    /// <param name="before">Of the text by the catalog that does not show what the session has just changed; null where the lineage is certain, or nothing
    /// was changed.</param>
    public Refusal? RefusalOf(StatementFacts facts, StatementLineage? lineage, StatementPlans? plans, (StatementLineage Lineage, LineageJudge Judge)? before = null)
    {
        if (!session.Masks)
            return !Unprotects(facts) ? null : lineage is not null ? plans!.Judge.RefusalOfUnprotecting(lineage, facts.Command) : ChangesLabels(facts) ? UnknownLabel(facts) : null;
        if (session.GuardsLabels && lineage is null && ChangesLabels(facts))
            return UnknownLabel(facts);
        if (facts.NameEffect == NameEffect.Execute && lineage is null or { OfName: not null, Fills: null } or { IsStale: true })
            return RefusalOfNamed(facts) ?? RefusalOfFilling(facts);
        // Behind DDL in the same text it is judged by its names, and everything that it shows is masked.
        if (lineage is { IsStale: false })
            return plans!.Judge.RefusalOf(lineage, facts.Command, session.Policy);
        if (lineage?.Before is { } by)
            before = (by, plans!.Judge);
        if (before is var (known, judge) && judge.RefusalBehindChanges(known, facts.Command, session.Policy) is { } early)
            return early;
        if (session.Protection is { ProtectsNothing: false } && facts.InnerCommands.Contains("COPY PROGRAM"))
            return Refusals.Unknowable(facts.Command, "a program of the server may reach any of its databases");
        // Where no column of the database is protected, there is nothing to carry away.
        if (!DependsOnCatalog(facts) || session.Protection is not { ProtectsNoColumn: false } protection || !protection.Touches(facts, _ => false))
            return null;
        if (protection.CopiesElsewhere(facts))
            return Refusals.Copies(facts.Command);
        bool isPlainRead = IsRead(facts) && !StatementEffects.RunsUnknownCode(facts, session.Catalog);
        return isPlainRead ? null : Refusals.Unknowable(facts.Command, "what names stand for is not known before the statements sent before it are answered");
    }

    /// <summary>Of an EXECUTE of which it is not certain what it runs now: everything that may stand under the name must be harmless.</summary>
    public Refusal? RefusalOfNamed(StatementFacts running)
    {
        if (session.Protection is not { ProtectsNoColumn: false })
            return null;
        if (!named.KnowsAll)
            return Refusals.Unknowable(running.Command, "it is not certain what stands under the name");
        // Where nothing was put under the name, the server says so.
        return named.Find(running)?.Select(one => RefusalOf(one, null, null)).FirstOrDefault(static refusal => refusal is not null);
    }

    /// <summary>CREATE TABLE AS EXECUTE keeps what may stand under the name, which may be no protected value.</summary>
    private Refusal? RefusalOfFilling(StatementFacts running) =>
        (running.Command == "EXECUTE" || (running.Command == "EXPLAIN" && !running.InnerCommands.Contains("CREATE TABLE AS")))
            || session.Protection is not { ProtectsNoColumn: false } protection
            || (!protection.Touches(running, static _ => false) && named.Find(running)?.All(one => !protection.Touches(one)) == true)
                ? null : Refusals.Copies(running.Command);

    /// <summary>A cursor whose plan is not known any more: its rows may be of what its names stood for when it was declared.</summary>
    public bool FetchesFromBefore(StatementFacts facts, StatementLineage? lineage) =>
        facts.NameEffect == NameEffect.FetchCursor && lineage is null or { Shape: ResultShape.OfName } &&
        (session.View.MayHaveOpenChanges || named.Find(facts) is not null);

    /// <summary>Code may run that puts something under a name of the session's, or takes it away.</summary>
    public bool MayHandleNames(AnalyzedText analyzed, StatementPlans? plans)
    {
        for (int i = 0; i < analyzed.Statements.Length; i++)
        {
            StatementFacts facts = analyzed.Statements[i];
            bool mayByLineage = plans?.Statements[i] is { IsStale: false } lineage
                ? lineage.ChangesNames
                : StatementEffects.RunsUnknownCode(facts, session.Catalog);
            if (mayByLineage)
                return true;
        }
        return false;
    }

    /// <summary>PREPARE and DECLARE are of another class than what they keep.</summary>
    public static bool IsRead(StatementFacts facts) => facts.Classes.Contains(StatementClass.Read) && facts.Classes.All(one =>
        one == StatementClass.Read || (one == StatementClass.Misc && facts.NameEffect is NameEffect.Prepare or NameEffect.DeclareCursor));

    private static Refusal UnknownLabel(StatementFacts facts) =>
        Refusals.Label(facts.Command, "what it names is not known before the statements sent before it are answered");

    /// <summary>In a transaction that has failed the server runs nothing, and says so.</summary>
    public bool IsLost(AnalyzedText analyzed) => session.IsLost &&
        analyzed.Statements is [{ Command: not ("ROLLBACK" or "ROLLBACK TO SAVEPOINT" or "COMMIT" or "PREPARE TRANSACTION") }];

    /// <summary>EXECUTE and FETCH give the columns of what stands under the name, where that is certain.</summary>
    public StatementPlans WithNames(StatementPlans plans, ImmutableArray<StatementFacts> facts)
    {
        if (!plans.Statements.Any(static statement => statement.OfName is not null))
            return plans;
        ImmutableArray<StatementLineage>.Builder statements = plans.Statements.ToBuilder();
        for (int i = 0; i < statements.Count; i++)
        {
            if (statements[i].OfName is not null && MadeBefore(i, statements, facts, plans.Judge) is { } made)
                statements[i] = Running(statements[i], made);
        }
        return new StatementPlans(new TextLineage(statements.DrainToImmutable()), plans.Judge);
    }

    /// <summary>What stands under the name of a statement: what the text itself has put there last, or else what was there before it.</summary>
    private StatementLineage? MadeBefore(int index, IReadOnlyList<StatementLineage> statements, ImmutableArray<StatementFacts> facts, LineageJudge judge)
    {
        for (int i = index - 1; i >= 0; i--)
        {
            if (statements[i].IsStale || statements[i].ChangesNames)
                return null;
            if (facts[i].NameEffect is NameEffect.None or NameEffect.Execute or NameEffect.FetchCursor && !facts[i].Command.StartsWith("DISCARD ", StringComparison.Ordinal))
                continue;
            bool isMade = facts[i].NameEffect == (facts[index].NameEffect == NameEffect.Execute ? NameEffect.Prepare : NameEffect.DeclareCursor);
            return isMade && facts[i].AffectedName is { } name && name == facts[index].AffectedName ? statements[i] : null;
        }
        return named.PlanOf(facts[index], judge, session.Path.Current, session);
    }

    private static StatementLineage Running(StatementLineage running, StatementLineage made) => running with
    {
        Shape = running.Shape == ResultShape.OfName ? made.Shape == ResultShape.Unknown ? ResultShape.Unknown : ResultShape.Columns : running.Shape,
        Columns = running.Shape == ResultShape.OfName ? made.ColumnsWith(running.Arguments) : running.Columns,
        OfName = null,
        Touched = [.. running.Touched, .. made.Touched],
        Relations = [.. running.Relations, .. made.Relations],
        Functions = [.. running.Functions, .. made.Functions],
        Writes = [.. running.WritesWith(made.Shape == ResultShape.Unknown ? default : made.ColumnsWith(running.Arguments)), .. made.Writes],
        Fills = null,
        Messages = running.Messages.IsEmpty ? made.Messages : SourceSet.Everything,
        ReachesEverything = made.ReachesEverything,
        RunsUnseen = running.RunsUnseen || made.RunsUnseen,
        Reasons = made.Reasons,
        ChangesNames = made.ChangesNames,
        ChangesCatalog = running.ChangesCatalog || made.ChangesCatalog,
        RunsLater = made.RunsLater,
    };
}
