using System.Collections.Immutable;
using WireProxy.Protocols.Postgres;

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

    private readonly Dictionary<string, StatementNote> _statements = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PortalNote> _portals = new(StringComparer.Ordinal);
    private long _exchange;

    /// <summary>A Sync or a Query has passed: an error before it no longer skips what comes after.</summary>
    public void ExchangeEnds() => _exchange++;

    public void Parsed(StatementWork work)
    {
        if (!session.Masks)
            return;
        if (_statements.Count >= MostNames)
            _statements.Clear();
        _statements[work.Name] = new StatementNote(work);
    }

    public BindWork Bound(BindMessage bind)
    {
        if (!session.Masks)
            return BindWork.Unnamed();
        var formats = ImmutableArray.CreateBuilder<short>(bind.ResultFormats.Count);
        for (int i = 0; i < bind.ResultFormats.Count; i++)
            formats.Add(bind.ResultFormats[i]);
        return Bound(Names.Of(bind.Portal), Names.Of(bind.Statement), formats.MoveToImmutable());
    }

    public BindWork Bound(BindScanner bind) =>
        session.Masks ? Bound(Names.Of(bind.Portal), Names.Of(bind.Statement), bind.ResultFormats) : BindWork.Unnamed();

    public Pending Described(DescribeMessage describe)
    {
        bool isStatement = describe.Kind == StatementOrPortal.Statement;
        Expectation kind = isStatement ? Expectation.DescribeStatement : Expectation.DescribePortal;
        if (!session.Masks)
            return new Pending(kind);
        string name = Names.Of(describe.Name);
        if (!isStatement)
            Portal(name).DescribedAt = session.Meaning;
        else if (_statements.TryGetValue(name, out StatementNote? note))
            note.Describe(_exchange, session.Meaning);
        return new Pending(kind, new NameWork(name, isStatement, session.Meaning));
    }

    public NameWork Executed(ExecuteMessage execute, bool changesCatalog, out bool mustDescribe)
    {
        mustDescribe = false;
        if (!session.Masks)
            return changesCatalog ? new NameWork("", false, 0) { ChangesCatalog = true } : NameWork.Unnamed;
        string name = Names.Of(execute.Portal);
        PortalNote portal = Portal(name);
        if (portal.DescribedAt != session.Meaning && !IsStatementDescribed(portal))
        {
            mustDescribe = true;
            portal.DescribedAt = session.Meaning;
        }
        return new NameWork(name, isStatement: false, session.Meaning) { ChangesCatalog = changesCatalog };
    }

    public NameWork? Closed(CloseMessage close)
    {
        if (!session.Masks)
            return null;
        string name = Names.Of(close.Name);
        bool isStatement = close.Kind == StatementOrPortal.Statement;
        if (isStatement)
            _statements.Remove(name);
        else
            _portals.Remove(name);
        return new NameWork(name, isStatement, session.Meaning);
    }

    private BindWork Bound(string portal, string statement, ImmutableArray<short> formats)
    {
        if (_portals.Count >= MostNames)
            _portals.Clear();
        _portals[portal] = new PortalNote { Statement = statement, Meaning = session.Meaning };
        return new BindWork(portal, statement, formats, session.Meaning, session.NamesMeaning);
    }

    private bool IsStatementDescribed(PortalNote portal)
    {
        if (portal.Statement is null || portal.Meaning != session.Meaning || !_statements.TryGetValue(portal.Statement, out StatementNote? note))
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

    private sealed class StatementNote(StatementWork work)
    {
        public StatementWork Work { get; } = work;

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
        public string? Statement { get; init; }

        public long Meaning { get; init; }

        /// <summary>The meaning under which a description of the portal was last asked for; -1 for never.</summary>
        public long DescribedAt { get; set; } = -1;
    }
}
