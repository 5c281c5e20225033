using System.Collections.Immutable;
using WireProxy.Policy;
using WireProxy.Protocols.Postgres;
using WireProxy.Sql;

namespace WireProxy.Relay.Postgres;

/// <summary>
/// What the request side knows of prepared statements and portals, so that no Execute passes whose rows the response side could
/// not describe: where the client has not asked for a description, the gateway asks. In doubt it asks once too often. The
/// truth about which statement a name means is the response side's, which sees what the server has accepted.
/// </summary>
internal sealed class PortalNotes(PostgresSession session)
{
    /// <summary>Beyond this many names the notes are forgotten, which costs a Describe each.</summary>
    private const int MostNames = 1024;

    /// <summary>What a statement may do that was not seen being prepared by the protocol: PREPARE takes queries alone.</summary>
    private const StatementEffect Unknown = StatementEffect.Settings | StatementEffect.Names;

    /// <summary>What one may do that was seen, and is forgotten: its Close may have been skipped.</summary>
    private const StatementEffect Unseen = Unknown | StatementEffect.Catalog | StatementEffect.EndsChanges;

    private NameMap<StatementNote> _statements;
    private NameMap<PortalNote> _portals;
    private long _exchange;
    private byte[] _lastName = [];
    private string _lastNameText = "";

    /// <summary>Without masks only what running a statement may change is of interest, once there has been such a statement.</summary>
    private bool IsTracking => session.Masks || session.HasSeenEffects || session.Policy.VerdictDependsOnTime;

    /// <summary>A Sync or a Query has passed: an error before it no longer skips what comes after.</summary>
    public void ExchangeEnds() => _exchange++;

    public void Parsed(StatementWork work)
    {
        if (!IsTracking)
            return;
        if (_statements.Count >= MostNames)
            _statements.RemoveWhere(static note => note.Effects == StatementEffect.None);
        StatementEffect earlier = _statements.TryGetValue(work.Name, out StatementNote? before) ? before.Effects : Unseen;
        _statements[work.Name] = new StatementNote(work, earlier, _exchange);
    }

    /// <summary>The statement that the name means, where that is certain.</summary>
    public StatementWork? Meant(string statement) =>
        _statements.TryGetValue(statement, out StatementNote? note) && note.IsCertainIn(_exchange) ? note.Work : null;

    /// <summary>What the statement does that the name may mean.</summary>
    public IEnumerable<StatementFacts> MayMean(string statement) =>
        _statements.TryGetValue(statement, out StatementNote? note) ? note.Work.Statements : [];

    public bool Knows(string statement) => _statements.TryGetValue(statement, out _);

    /// <summary>The session itself, or somebody since the portal's exchange, may have changed what the portal's statement means.</summary>
    public bool MustJudge(string portal) =>
        _portals.TryGetValue(portal, out PortalNote? note) && (note.BoundIn, note.OwnMeaning) != (_exchange, session.OwnMeaning);

    /// <summary>The statement that the portal was made of, where that is certain.</summary>
    public StatementWork? WorkOf(string portal) => _portals.GetValueOrDefault(portal)?.Of;

    public BindWork? Bound(BindMessage bind)
    {
        if (!IsTracking)
            return null;
        if (!session.Masks)
            return Bound(NameOf(bind.Portal), NameOf(bind.Statement), []);
        var formats = ImmutableArray.CreateBuilder<short>(bind.ResultFormats.Count);
        for (int i = 0; i < bind.ResultFormats.Count; i++)
            formats.Add(bind.ResultFormats[i]);
        return Bound(NameOf(bind.Portal), NameOf(bind.Statement), formats.MoveToImmutable());
    }

    public BindWork? Bound(BindScanner bind) =>
        IsTracking ? Bound(NameOf(bind.Portal), NameOf(bind.Statement), bind.ResultFormats) : null;

    public Pending Described(DescribeMessage describe)
    {
        bool isStatement = describe.Kind == StatementOrPortal.Statement;
        Expectation kind = isStatement ? Expectation.DescribeStatement : Expectation.DescribePortal;
        if (!session.Masks)
            return new Pending(kind);
        string name = NameOf(describe.Name);
        long meaning = session.Meaning;
        if (!isStatement)
            Portal(name).DescribedAt = meaning;
        else if (_statements.TryGetValue(name, out StatementNote? note))
            note.Describe(_exchange, meaning);
        return new Pending(kind, Work(name, isStatement, meaning));
    }

    /// <param name="effects">What the portal's statement may do.</param>
    public NameWork Executed(ExecuteMessage execute, out bool mustDescribe, out StatementEffect effects)
    {
        mustDescribe = false;
        effects = StatementEffect.None;
        if (!IsTracking)
            return NameWork.Unnamed;
        string name = NameOf(execute.Portal);
        PortalNote portal = Portal(name);
        effects = portal.Effects;
        if (!session.Masks)
            return NameWork.Unnamed;
        // Read once: other sessions make it grow at any time.
        long meaning = session.Meaning;
        if (portal.DescribedAt != meaning && !IsStatementDescribed(portal, meaning))
        {
            mustDescribe = true;
            portal.DescribedAt = meaning;
        }
        return Work(name, isStatement: false, meaning);
    }

    public NameWork? Closed(CloseMessage close)
    {
        if (!IsTracking)
            return null;
        string name = NameOf(close.Name);
        bool isStatement = close.Kind == StatementOrPortal.Statement;
        if (isStatement)
            _statements.Remove(name);
        else
            _portals.Remove(name);
        return session.Masks ? Work(name, isStatement, session.Meaning) : null;
    }

    private BindWork? Bound(string portal, string statement, ImmutableArray<short> formats)
    {
        if (_portals.Count >= MostNames)
            _portals.RemoveWhere(static note => note.Effects == StatementEffect.None);
        long meaning = session.Meaning;
        StatementWork? meant = Meant(statement);
        // A Bind under a name that is taken fails, and the name means what it meant. Between transactions there are cursors alone, which run queries.
        bool mayBeTaken = portal.Length > 0 && !(session.Status == TransactionStatus.Idle && !session.ExchangeIsOpen && session.InFlight.Count == 0);
        StatementEffect before = mayBeTaken && _portals.TryGetValue(portal, out PortalNote? bound) ? bound.Effects : StatementEffect.None;
        Portal(portal).Bind(statement, meant, meaning, EffectsOf(statement) | before, (_exchange, session.OwnMeaning));
        if (!session.Masks)
            return null;
        Protection? under = UnderOf(portal);
        StatementWork? planned = under is null ? null : meant;
        StatementPlans? plans = planned is { Text.Length: > 0, DependsOnCatalog: true } ? planned.PlansFor(session) : null;
        return new BindWork(portal, statement, formats, meaning, session.NamesMeaning)
        {
            Under = under,
            Touches = under is null,
            Planned = planned,
            Plans = plans,
            Code = planned?.CodeFor(plans, session.View.CatalogGeneration),
        };
    }

    /// <summary>What is protected from a portal's rows; null where that is not certain. A cursor that SQL has made may show what its names stood for
    /// then.</summary>
    private Protection? UnderOf(string portal)
    {
        PortalNote note = Portal(portal);
        return note.Statement is null ? null : note.DependsOnCatalog ? session.CertainProtection : session.Protection;
    }

    private NameWork Work(string name, bool isStatement, long meaning)
    {
        Protection? under = isStatement ? session.CertainProtection : UnderOf(name);
        return new NameWork(name, isStatement, meaning, session.NamesMeaning) { Under = under, Touches = under is null };
    }

    private StatementEffect EffectsOf(string statement) => !_statements.TryGetValue(statement, out StatementNote? note)
        ? Unseen
        : note.Work.NamesMeaning == session.NamesMeaning ? note.EffectsIn(_exchange) : note.Effects | Unknown;

    /// <summary>A driver names the same statement again and again.</summary>
    public string NameOf(ReadOnlySpan<byte> name)
    {
        if (!name.IsEmpty && !name.SequenceEqual(_lastName))
            (_lastName, _lastNameText) = (name.ToArray(), Names.Of(name));
        return name.IsEmpty ? "" : _lastNameText;
    }

    private bool IsStatementDescribed(PortalNote portal, long meaning)
    {
        if (portal.Statement is null || portal.Meaning != meaning || !_statements.TryGetValue(portal.Statement, out StatementNote? note))
            return false;
        // Asked for in this very exchange: either the description comes, or an error skips the Execute too.
        if (note.DescribedIn == _exchange && note.DescribedAt == portal.Meaning)
            return true;
        return note.Work.IsComplete && note.Work.Description is { } description && description.Meaning == portal.Meaning;
    }

    private PortalNote Portal(string name)
    {
        if (!_portals.TryGetValue(name, out PortalNote? note))
            _portals[name] = note = new PortalNote();
        return note;
    }

    /// <param name="earlier">The effects of what stood under the name before.</param>
    private sealed class StatementNote(StatementWork work, StatementEffect earlier, long parsedIn)
    {
        public StatementWork Work { get; } = work;

        /// <summary>Until the server has taken the new statement the name may still mean the old one.</summary>
        public StatementEffect Effects => Work.IsComplete ? Work.Effects : Work.Effects | earlier;

        /// <summary>Within its own exchange either the Parse succeeds, or its error skips the Bind too.</summary>
        public StatementEffect EffectsIn(long exchange) => exchange == parsedIn ? Work.Effects : Effects;

        /// <summary>The name means this statement, or what comes is skipped.</summary>
        public bool IsCertainIn(long exchange) => exchange == parsedIn || Work.IsComplete;

        public long DescribedIn { get; private set; } = -1;

        public long DescribedAt { get; private set; }

        public void Describe(long exchange, long meaning)
        {
            DescribedIn = exchange;
            DescribedAt = meaning;
        }
    }

    private sealed class PortalNote
    {
        public string? Statement { get; private set; }

        /// <summary>The statement of that name, where it was certain which that is.</summary>
        public StatementWork? Of { get; private set; }

        public long Meaning { get; private set; }

        /// <summary>A portal that was not seen being bound is a cursor, which runs a query, or one whose Close was skipped.</summary>
        public StatementEffect Effects { get; private set; } = Unseen;

        /// <summary>The meaning under which a description of the portal was last asked for; -1 for never.</summary>
        public long DescribedAt { get; set; } = -1;

        /// <summary>False where its rows are the same whatever the catalog holds.</summary>
        public bool DependsOnCatalog => Of?.DependsOnCatalog ?? true;

        public long BoundIn { get; private set; }

        public long OwnMeaning { get; private set; }

        public void Bind(string statement, StatementWork? of, long meaning, StatementEffect effects, (long Exchange, long OwnMeaning) at) =>
            (Statement, Of, Meaning, Effects, DescribedAt, BoundIn, OwnMeaning) = (statement, of, meaning, effects, -1, at.Exchange, at.OwnMeaning);
    }
}
