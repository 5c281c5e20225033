using System.Collections.Immutable;

namespace WireProxy.Sql.TransactSql.Lineage;

/// <summary>A table that the session or batch made itself: temporary, a variable, or new.</summary>
internal sealed class MadeTable(string name)
{
    readonly List<(string? Name, SourceSet Sources, bool IsComputed, bool IsNotInserted)> _columns = [];

    bool _isMixed;

    public string Name => name;
    public bool IsOpen { get; set; }
    public SourceSet Rest { get; private set; } = SourceSet.Empty;

    public void Add(string? column, SourceSet sources, bool isComputed = false, bool isNotInserted = false)
    {
        var at = _columns.FindIndex(c => NameText.Same(c.Name, column));
        if (at < 0)
            _columns.Add((column, sources, isComputed, isNotInserted));
        else
            Put(at, sources);
    }

    /// <summary>Values come into a column; null for any of them.</summary>
    public void Put(string? column, SourceSet sources)
    {
        var at = column is null ? -1 : _columns.FindIndex(c => NameText.Same(c.Name, column));
        if (at >= 0)
            Put(at, sources);
        else
        {
            Rest = Rest.Union(sources);
            for (var i = 0; column is null && i < _columns.Count; i++)
                Put(i, sources);
        }
    }

    /// <summary>Values that a column may hold which is not listed.</summary>
    public void PutElsewhere(SourceSet sources)
    {
        IsOpen = true;
        Rest = Rest.Union(sources);
    }

    /// <summary>Its columns may have changed places or names: each may hold what any does.</summary>
    public void Mix()
    {
        IsOpen = true;
        Put(null, Rows.All);
    }

    /// <summary>It is made, perhaps again after it was dropped: if not with the same columns, nobody knows which stands where.</summary>
    public void Remake(IEnumerable<string?> columns)
    {
        if (_columns.Count > 0 && !_columns.Select(c => c.Name).SequenceEqual(columns, StringComparer.OrdinalIgnoreCase))
            _isMixed = true;
    }

    /// <summary>To be said once the columns are there.</summary>
    public void Made()
    {
        if (_isMixed)
            Mix();
    }

    void Put(int at, SourceSet sources) => _columns[at] = _columns[at] with { Sources = _columns[at].Sources.Union(sources) };

    /// <summary>The columns that an INSERT without a list fills, in order.</summary>
    public IReadOnlyList<string?> Inserted => [.. _columns.Where(c => !c.IsComputed && !c.IsNotInserted).Select(c => c.Name)];

    public Rows Rows
    {
        get
        {
            var all = Rest.Union(SourceSet.UnionOf(_columns.Select(c => c.Sources)));
            return new([.. _columns.Select(c => new RowColumn(c.Name, c.IsComputed ? all : c.Sources, null))], IsOpen, Rest);
        }
    }
}

/// <summary>What all code that one batch runs shares: tables of the session, and what has been looked at.</summary>
internal sealed class SessionState
{
    readonly Dictionary<string, MadeTable> _made = new(StringComparer.OrdinalIgnoreCase);

    public IEnumerable<MadeTable> Made => _made.Values;
    public Dictionary<string, TempProcedure> Procedures { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The catalog no longer says what the batch's names mean.</summary>
    public bool IsStale { get; set; }
    public ShapeSettings TurnsOn { get; set; }
    public ShapeSettings TurnsOff { get; set; }
    /// <summary>Everything touched so far: ERROR_MESSAGE() may quote any of it.</summary>
    public SourceSet Touched { get; set; } = SourceSet.Empty;
    /// <summary>Tables that the batch alters: they may have columns that the catalog does not know.</summary>
    public HashSet<uint> Altered { get; } = [];

    public MadeTable? Find(string name) => _made.GetValueOrDefault(name);

    public MadeTable Make(string name)
    {
        if (!_made.TryGetValue(name, out var table))
            _made.Add(name, table = new(name));
        return table;
    }

    /// <summary>A procedure is made, or perhaps not: one that the name meant before may still be the one.</summary>
    public void Define(string procedure, string text, bool quotedIdentifier)
    {
        const int most = 8;
        (string Text, bool QuotedIdentifier) definition = (text, quotedIdentifier);
        if (!Procedures.TryGetValue(procedure, out var known))
            Procedures.Add(procedure, new(procedure, [definition]));
        else if (!known.Definitions.IsEmpty && !known.Definitions.Contains(definition))
            Procedures[procedure] = known with { Definitions = known.Definitions.Length < most ? known.Definitions.Add(definition) : [] };
    }

    /// <summary>Something as rough as a hash of what is known, to see whether another pass over a loop finds more.</summary>
    public long Weight => _made.Values.Sum(t => Weigh(t.Rows.All) + t.Rows.Columns.Sum(c => Weigh(c.Sources)));

    internal static long Weigh(SourceSet set) => set.IsEverything ? 1L << 40 : set.Columns.Length;
}

/// <summary>The variables and cursors of one batch, procedure, function or trigger.</summary>
internal sealed class Frame
{
    public Dictionary<string, SourceSet> Variables { get; } = new(StringComparer.OrdinalIgnoreCase);
    public Dictionary<string, MadeTable> TableVariables { get; } = new(StringComparer.OrdinalIgnoreCase);
    public Dictionary<string, Rows> Cursors { get; } = new(StringComparer.OrdinalIgnoreCase);
    public SourceSet Returned { get; set; } = SourceSet.Empty;
    /// <summary>INSERTED and DELETED of a trigger.</summary>
    public Rows? Changed { get; init; }
    /// <summary>Where names without a schema are looked for first; null where that is not known.</summary>
    public string? DefaultSchema { get; set; }

    public SourceSet Variable(string name) => Variables.GetValueOrDefault(name, SourceSet.Empty);

    public void Assign(string name, SourceSet sources) => Variables[name] = Variable(name).Union(sources);

    public long Weight => Variables.Values.Sum(SessionState.Weigh) + TableVariables.Values.Sum(t => t.Rows.Columns.Sum(c => SessionState.Weigh(c.Sources)))
        + SessionState.Weigh(Returned);
}

/// <summary>Collects what statements do.</summary>
internal sealed class Effects
{
    readonly List<ResultSetLineage> _results = [];
    readonly List<ValueWrite> _writes = [];
    readonly SortedSet<uint> _relations = [];
    readonly List<string> _reasons = [];

    public bool SequenceKnown { get; set; } = true;
    public SourceSet Touched { get; private set; } = SourceSet.Empty;
    public SourceSet Predicates { get; private set; } = SourceSet.Empty;
    public SourceSet Messages { get; private set; } = SourceSet.Empty;
    public SourceSet Quotable { get; private set; } = SourceSet.Empty;
    public IReadOnlyList<ResultSetLineage> Results => _results;

    public void Touch(SourceSet sources) => Touched = Touched.Union(sources);

    public void Predicate(SourceSet sources) => Predicates = Predicates.Union(sources);

    public void Message(SourceSet sources) => Messages = Messages.Union(sources);

    /// <summary>Values that an error may quote, used or not.</summary>
    public void Quote(SourceSet sources) => Quotable = Quotable.Union(sources);

    public void Relation(uint id) => _relations.Add(id);

    /// <summary>Takes in what a view or function looks into: its tables, and what decides about its rows.</summary>
    public void LookInto(Effects inner, bool touchesAll)
    {
        _relations.UnionWith(inner._relations);
        Predicate(inner.Predicates);
        Touch(touchesAll ? inner.Touched : inner.Predicates);
        Quote(inner.Quotable.Union(inner.Touched));
        foreach (var reason in inner._reasons)
            Reason(reason);
    }

    public void Result(Rows rows) => _results.Add(new([.. rows.Columns.Select(c => new OutputColumn(c.Name, c.Sources, c.Origin) { Base = c.Origin is null ? null : c.Base })],
        !rows.IsOpen, rows.All));

    public void Write(WriteKind kind, SourceColumn target, string name, SourceSet sources, SourceColumn? plain = null) =>
        _writes.Add(new(kind, target, name, sources) { Plain = plain });

    public void Reason(string reason)
    {
        if (_reasons.Count < 20 && !_reasons.Contains(reason))
            _reasons.Add(reason);
    }

    /// <summary>Code runs that is not known: anything may come back, be said and be written.</summary>
    public void Unknown(string reason)
    {
        Reason(reason);
        SequenceKnown = false;
        Result(Rows.Unknown);
        Touch(SourceSet.Everything);
        Message(SourceSet.Everything);
        Write(WriteKind.Anywhere, default, reason, SourceSet.Everything);
    }

    /// <summary>The columns of the last result sets go by other names, in the same places.</summary>
    public void ForgetNames(int from)
    {
        for (var i = from; i < _results.Count; i++)
            _results[i] = _results[i] with { Columns = [.. _results[i].Columns.Select(c => c with { Name = null })] };
    }

    /// <summary>Result sets of inside this one become rows of a table instead: INSERT ... EXEC.</summary>
    public Rows TakeResults(int from)
    {
        Rows? rows = null;
        foreach (var result in _results.Skip(from))
        {
            Rows next = new([.. result.Columns.Select(c => new RowColumn(c.Name, c.Sources, c.Origin))], !result.IsKnown, result.IsKnown ? SourceSet.Empty : result.All);
            rows = rows is null ? next : rows.Union(next);
        }
        _results.RemoveRange(from, _results.Count - from);
        return rows ?? Rows.Open(SourceSet.Empty);
    }

    public StatementLineage Build(int offset, int length, SourceSet returned)
    {
        var touched = Touched.Union(SourceSet.UnionOf(_results.Select(r => r.All))).Union(Messages);
        return new()
        {
            Offset = offset,
            Length = length,
            ResultSets = [.. _results],
            SequenceKnown = SequenceKnown,
            Touched = touched,
            Errors = touched.Union(Quotable),
            Predicates = Predicates,
            Messages = Messages,
            Returned = returned,
            Writes = [.. _writes],
            Relations = [.. _relations],
            Reasons = [.. _reasons],
        };
    }
}
