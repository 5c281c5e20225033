using WireProxy.Policy;
using WireProxy.Sql;

namespace WireProxy.Relay.Postgres;

/// <summary>
/// Judges anew, when it is bound and when it is run, what was judged when it was prepared: views, functions, names and the hour may be others by
/// then. Where nothing of that has changed it costs two comparisons.
/// </summary>
internal sealed class PreparedGate(PostgresSession session, NamedStatements named, PortalNotes notes, UnansweredChanges unanswered)
{
    private readonly StatementPlanner _planner = new(session, named);

    /// <summary>Why a portal of the statement must not be made; null where it may.</summary>
    /// <param name="waiting">Set where the answers to what was sent before must come first: whether the name means this statement is not certain.</param>
    public Refusal? OfBind(string statement, out Task? waiting)
    {
        waiting = null;
        if (notes.Meant(statement) is { } work && (work.NamesMeaning == session.NamesMeaning || IsOnlyOne(statement, work)))
            return RefusalOf(work);
        if (!session.Masks || session.Protection is not { ProtectsNoColumn: false })
            return null;
        if (notes.MayMean(statement).Concat(named.Find(statement) ?? []).Select(OfUnknown).FirstOrDefault(static one => one is not null) is not { } refusal)
            return named.KnowsAll || notes.Knows(statement) ? null : Refusals.Unknowable("Bind", "it is not certain what stands under the name");
        waiting = session.InFlight.Count > 0 && session.InFlight.WillDrain ? session.InFlight.WhenEmptyAsync() : null;
        return refusal;
    }

    /// <summary>SQL can have put something else under the name.</summary>
    private bool IsOnlyOne(string statement, StatementWork work) =>
        named.KnowsAll && (statement.Length == 0 || named.Find(statement)?.All(one => work.Statements.Contains(one)) == true);

    private Refusal? OfUnknown(StatementFacts facts) => _planner.RefusalOf(facts, null, null);

    /// <summary>Why it must not run as things are now; null where it may.</summary>
    public Refusal? RefusalOf(StatementWork work)
    {
        StatementPlans? plans = session.Masks && work.DependsOnCatalog && !work.Statements.IsEmpty ? _planner.PlansOf(work) : null;
        if (unanswered.RefusalOf(work.Statements, plans) is { } early)
            return early;
        unanswered.Passed(work.Statements, plans);
        if (ReferenceEquals(plans, work.Judged.Plans) && ReferenceEquals(session.Catalog, work.Judged.Catalog) && !session.Policy.VerdictDependsOnTime)
            return null;
        if (session.IsLost)
            return null;
        StatementPlans? before = plans is null ? _planner.PlansBeforeChanges(work.Text, work.Statements.Length) : null;
        for (int i = 0; i < work.Statements.Length; i++)
        {
            StatementFacts facts = work.Statements[i];
            Verdict verdict = session.Policy.Judge(facts, session.Subject, session.Catalog, session.Session.Listener.Time.GetUtcNow());
            if (verdict.Decision != Decision.Allow)
                return Refusals.Of(verdict, facts.Command);
            if (_planner.RefusalOf(facts, plans?.Statements[i], plans, before is null ? null : (before.Statements[i], before.Judge)) is { } refusal)
                return refusal;
        }
        work.Judged = (session.Catalog, plans);
        if (session.Turn is not null)
            work.Needs = plans?.NeedsOf(work.Statements) ?? ChangeNeeds.Of(work.Statements, null, session.Catalog, session.Masks);
        return null;
    }
}
