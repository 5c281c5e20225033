using System.Collections.Immutable;
using WireProxy.Policy;
using WireProxy.Protocols.Postgres;
using WireProxy.Relay.Postgres.Masking;
using WireProxy.Relay.Sessions;
using WireProxy.Sql;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Relay.Postgres;

/// <summary>
/// What the response side knows of statements and portals as the server has accepted them, and what becomes of the rows or the
/// copy that come now. Only what the server itself described counts, and only as long as nothing can have changed its meaning.
/// </summary>
internal sealed class ResultPlans(PostgresSession session)
{
    private NameMap<StatementWork> _statements;
    private NameMap<Portal> _portals;
    private byte[] _lastDescription = [];
    private Protection? _lastProtection;
    private StatementLineage? _lastLineage;
    private bool _lastTouches;
    private RowPlan? _lastPlan;

    /// <summary>The plan of the rows that come now; null where it is not known.</summary>
    public RowPlan? Rows { get; private set; }

    /// <summary>The mask of the copy that comes now.</summary>
    public CopyMask? Copy { get; private set; }

    public bool CopyIsClear => !session.Masks || _copyIsClear;

    private bool _copyIsClear;

    public void Prepared(StatementWork? work)
    {
        if (work is null)
            return;
        _statements[work.Name] = work;
        work.IsComplete = true;
    }

    /// <summary>True where the portal touches protected data.</summary>
    public bool Bound(BindWork? bind)
    {
        if (bind is null)
            return false;
        StatementWork? statement = _statements.GetValueOrDefault(bind.Statement);
        if (statement?.NamesMeaning != bind.NamesMeaning)
            statement = null;
        bool isPlanned = statement is not null && ReferenceEquals(statement, bind.Planned);
        StatementPlans? plans = isPlanned ? bind.Plans : null;
        var portal = new Portal(statement, plans?.Touches ?? statement?.TouchesUnder(bind.Under) ?? true, bind.NamesMeaning, plans)
        {
            Code = isPlanned ? bind.Code : null,
        };
        if (statement?.Description is { } description && description.Meaning == bind.Meaning)
            portal.Describe(PlanOf(statement, description, bind, plans, portal.Touches), bind.Meaning);
        _portals[bind.Portal] = portal;
        return portal.Touches;
    }

    /// <summary>A prepared statement is bound in the same formats again and again.</summary>
    private RowPlan PlanOf(StatementWork statement, StatementDescription description, BindWork bind, StatementPlans? plans, bool touches)
    {
        if (statement.LastPlan is { } last && ReferenceEquals(last.Description, description) && ReferenceEquals(last.Under, bind.Under)
            && ReferenceEquals(last.Plans, plans) && last.Touches == touches && last.Formats.AsSpan().SequenceEqual(bind.Formats.AsSpan()))
        {
            return last.Plan;
        }
        RowPlan plan = PlanOf(RowPlan.InFormats(description.Columns, bind.Formats), touches, bind.Under, plans, 0);
        statement.LastPlan = new BoundPlan(description, bind.Formats, bind.Under, plans, touches, plan);
        return plan;
    }

    public void Closed(NameWork? work)
    {
        if (work is null)
            return;
        if (work.IsStatement)
            _statements.Remove(work.Name);
        else
            _portals.Remove(work.Name);
    }

    public void DescribeQuery(QueryWork? work, ReadOnlySpan<byte> body)
    {
        if (session.Masks)
        {
            Rows = PlanOf(body, work is null || work.Touches, work?.Under, work?.Plans, work?.ResultsBegun ?? 0);
            if (work is not null)
                work.ResultsBegun++;
        }
    }

    /// <param name="work">Null where nothing is masked.</param>
    /// <param name="body">The RowDescription; empty for NoData.</param>
    public void DescribeStatement(NameWork? work, ReadOnlySpan<byte> body)
    {
        if (work is null)
            return;
        if (!_statements.TryGetValue(work.Name, out StatementWork? statement))
            _statements[work.Name] = statement = new StatementWork(work.Name, [], null, session.NamesMeaning);
        statement.Description = new StatementDescription(body.IsEmpty ? [] : RowPlan.ColumnsOf(RowDescription.Decode(body)), work.Meaning);
    }

    /// <inheritdoc cref="DescribeStatement"/>
    public void DescribePortal(NameWork? work, ReadOnlySpan<byte> body)
    {
        if (work is null)
            return;
        if (!_portals.TryGetValue(work.Name, out Portal? portal))
            _portals[work.Name] = portal = new Portal(null, true, work.NamesMeaning, null);
        portal.Describe(body.IsEmpty ? RowPlan.Clear : PlanOf(body, TouchesNow(work), work.Under, portal.Plans, 0), work.Meaning);
    }

    /// <summary>True where the portal may touch protected data when it runs: a FETCH or EXECUTE looks its name up then, not when it is
    /// bound.</summary>
    public bool TouchesNow(NameWork work) =>
        _portals.TryGetValue(work.Name, out Portal? portal) && (portal.Touches || portal.NamesMeaning != work.NamesMeaning);

    /// <summary>What a portal may run when it is executed; null where that is not known.</summary>
    public KnownCode? CodeOf(NameWork work) =>
        !work.IsStatement && _portals.TryGetValue(work.Name, out Portal? portal) && portal.NamesMeaning == work.NamesMeaning ? portal.Code : null;

    /// <summary>The plan of a portal's rows; null where the portal was not described under the meaning that holds for the Execute.</summary>
    public RowPlan? BeginExecute(NameWork work)
    {
        if (_portals.TryGetValue(work.Name, out Portal? portal) && portal.Meaning == work.Meaning)
            Rows = portal.Plan;
        return Rows;
    }

    public void EndRows() => Rows = null;

    public void BeginCopy(Pending head, CopyResponse response)
    {
        _copyIsClear = false;
        Copy = null;
        if (!session.Masks)
            return;
        (bool touches, CopyFacts? facts) = CopyOf(head);
        // Counted whether it is masked or not: the next result of the text must find its own lineage.
        StatementLineage? lineage = LineageOf(head);
        if (!touches)
            _copyIsClear = true;
        else if (facts is null)
            throw UnknownCopy();
        else
            Copy = CopyPlan.Create(facts, response, head.Work!.Under, JudgeOf(head), lineage, session.ClientEncoding);
        _copyIsClear |= Copy is null;
    }

    public void EndCopy()
    {
        Copy = null;
        _copyIsClear = false;
    }

    public void EndExchange(TransactionStatus status)
    {
        Rows = null;
        EndCopy();
        // Portals end with their transaction.
        if (status == TransactionStatus.Idle)
            _portals.Clear();
    }

    private (bool Touches, CopyFacts? Facts) CopyOf(Pending head)
    {
        if (head.Work is QueryWork query)
            return (query.Touches, query.CopiesBegun < query.Copies.Length ? query.Copies[query.CopiesBegun++] : null);
        // The server looks a COPY's table up when it runs, not when it is bound.
        StatementWork? statement = head.Work is NameWork work ? _portals.GetValueOrDefault(work.Name)?.Statement : null;
        return (statement?.TouchesUnder(head.Work!.Under) ?? true, statement?.Copies is [CopyFacts only] ? only : null);
    }

    private LineageJudge? JudgeOf(Pending head) =>
        head.Work is QueryWork query ? query.Plans?.Judge : head.Work is NameWork work ? _portals.GetValueOrDefault(work.Name)?.Plans?.Judge : null;

    /// <summary>Of the copy that begins; null where it is not known.</summary>
    private StatementLineage? LineageOf(Pending head)
    {
        if (head.Work is QueryWork query)
            return query.Plans?.WithRows(query.ResultsBegun++);
        return head.Work is NameWork work ? _portals.GetValueOrDefault(work.Name)?.Plans?.WithRows(0) : null;
    }

    /// <summary>A driver describes the same result again and again: the last plan serves as long as its description is the same.</summary>
    private RowPlan PlanOf(ReadOnlySpan<byte> body, bool touches, Protection? under, StatementPlans? plans, int index)
    {
        StatementLineage? lineage = plans?.WithRows(index);
        if (_lastPlan is not null && touches == _lastTouches && ReferenceEquals(under, _lastProtection) && ReferenceEquals(lineage, _lastLineage)
            && body.SequenceEqual(_lastDescription))
        {
            return _lastPlan;
        }
        RowPlan plan = PlanOf(RowPlan.ColumnsOf(RowDescription.Decode(body)), touches, under, plans, index);
        (_lastPlan, _lastTouches, _lastProtection, _lastLineage, _lastDescription) = (plan, touches, under, lineage, body.ToArray());
        return plan;
    }

    private RowPlan PlanOf(ImmutableArray<ResultColumn> columns, bool touches, Protection? under, StatementPlans? plans, int index)
    {
        RowPlan plan = RowPlan.Create(columns, touches, under, plans, index, out bool unknownOrigin, out bool disagrees);
        if (unknownOrigin)
            session.View.UnknownOriginSeen();
        if (disagrees)
            session.WitnessesDisagree();
        return plan;
    }

    private static SessionEndException UnknownCopy() => new(new SessionEnd(
        Stage.Relay, Party.Proxy, "a COPY came whose columns are not known, and none is passed on without them", "XX000"));

    /// <summary>A portal as the server made it.</summary>
    /// <param name="statement">Null where it is not known.</param>
    /// <param name="names">The session's <see cref="PostgresSession.NamesMeaning"/> when it was bound.</param>
    /// <param name="plans">Null where its lineage is not known.</param>
    private sealed class Portal(StatementWork? statement, bool touches, long names, StatementPlans? plans)
    {
        public StatementWork? Statement { get; } = statement;

        public bool Touches { get; } = touches;

        public long NamesMeaning { get; } = names;

        public StatementPlans? Plans { get; } = plans;

        /// <inheritdoc cref="BindWork.Code"/>
        public KnownCode? Code { get; init; }

        public RowPlan? Plan { get; private set; }

        /// <summary>The meaning under which <see cref="Plan"/> was stated.</summary>
        public long Meaning { get; private set; } = -1;

        public void Describe(RowPlan plan, long meaning) => (Plan, Meaning) = (plan, meaning);
    }
}
