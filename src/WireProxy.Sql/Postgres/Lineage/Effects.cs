namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>What a statement, view or function does beside its result.</summary>
internal sealed class Effects
{
    const int MaxReasons = 8;

    readonly Dictionary<SourceColumn, ColumnUses> _uses = [];
    readonly List<ValueWrite> _writes = [];
    readonly HashSet<uint> _relations = [];
    readonly List<CalledFunction> _functions = [];
    readonly List<string> _reasons = [];
    readonly List<LabelChange> _labels = [];
    readonly List<Renaming> _renamings = [];

    public IReadOnlyDictionary<SourceColumn, ColumnUses> Uses => _uses;
    public IReadOnlyCollection<uint> Relations => _relations;
    public IReadOnlyList<CalledFunction> Functions => _functions;
    public IReadOnlyList<ValueWrite> Writes => _writes;
    public IReadOnlyList<string> Reasons => _reasons;
    public SourceSet Messages { get; private set; } = SourceSet.Empty;
    /// <summary>What decides which rows there are: columns are in <see cref="Uses"/>, here are parameters and everything.</summary>
    public SourceSet Conditions { get; private set; } = SourceSet.Empty;
    public bool ChangesMeaning { get; set; }
    /// <summary>A function that runs inside changes what names mean, while the statement goes on.</summary>
    public bool ChangesAmid { get; private set; }
    /// <summary>DDL that may make something known already mean or do something else: not what only adds a table, an index, a comment.</summary>
    public bool Turns { get; set; }
    /// <summary>An expression of the statement's own, or of a view's, sets the search path or the role.</summary>
    public bool MovesPath { get; set; }

    /// <summary>It was a function that did.</summary>
    public void MovedInside(bool before) => (MovesPath, ChangesAmid) = (before, ChangesAmid | MovesPath);

    /// <summary>DDL runs in a function or a trigger.</summary>
    public bool ChangesInside { get; set; }
    /// <summary>A trigger, or a cursor that outlives its transaction, may run later in the transaction.</summary>
    public bool RunsLater { get; set; }
    /// <summary>Of a DECLARE alone: WITH HOLD.</summary>
    public bool IsHeld { get; set; }
    /// <summary>A program of the server runs, which may do anything to all of its databases.</summary>
    public bool RunsProgram { get; set; }
    /// <summary>A prepared statement or cursor may come to stand under a name, or go from under it.</summary>
    public bool ChangesNames { get; set; }
    /// <summary>What the statement itself names and the catalog does not know under any schema that could be meant: the first of them.</summary>
    public MissingName? Missing { get; private set; }

    /// <summary>Nothing has that name. The server says so; where it has one by then, it may be anything.</summary>
    public void IsMissing(MissingKind kind, string name, string reason)
    {
        Missing ??= new(kind, name);
        Unknown(reason);
    }
    /// <summary>DDL that is written out, be it inside a function, or may run in code that is not known.</summary>
    public bool ChangesCatalog { get; set; }
    /// <summary>Code may run that is not among the effects.</summary>
    public bool RunsUnseen { get; set; }
    /// <summary>Users' code in SQL or PL/pgSQL runs, with variables and arguments of any type.</summary>
    public bool RunsBodies { get; set; }
    /// <summary>Of a function alone: texts that it runs and a call completes. Whoever calls it adds what they do.</summary>
    public IReadOnlyList<DynamicText> Dynamics { get; set; } = [];
    /// <summary>Of a function alone: it has more than one statement.</summary>
    public bool RunsSeveral { get; set; }
    public IReadOnlyList<LabelChange> Labels => _labels;
    public IReadOnlyList<Renaming> Renamings => _renamings;
    public bool ReachesEverything { get; private set; }
    /// <summary>What calls of users' functions give back: EXPLAIN shows those that the planner folds.</summary>
    public SourceSet Folded { get; private set; } = SourceSet.Empty;

    public void Use(SourceSet sources, ColumnUses uses)
    {
        foreach (var column in sources.Columns)
            _uses[column] = _uses.GetValueOrDefault(column) | uses;
        if (uses == ColumnUses.Predicate)
            Conditions = Conditions.Union(sources);
        ReachesEverything |= sources.IsEverything;
    }

    public void Touch(uint relation) => _relations.Add(relation);

    public void Call(CalledFunction function)
    {
        if (!_functions.Contains(function))
            _functions.Add(function);
    }

    /// <param name="plain">The column whose plain value it is; null for an expression.</param>
    public void Write(WriteKind kind, SourceColumn target, string name, SourceSet sources, SourceColumn? plain = null)
    {
        for (var i = 0; i < _writes.Count; i++)
        {
            var write = _writes[i];
            if (write.Kind != kind || write.Target != target || write.Name != name)
                continue;
            _writes[i] = write with { Sources = write.Sources.Union(sources), Plain = write.Plain == plain ? plain : null };
            Use(sources, ColumnUses.Copied);
            return;
        }
        _writes.Add(new(kind, target, name, sources) { Plain = plain });
        Use(sources, ColumnUses.Copied);
        if (kind == WriteKind.Column && target.Attribute > 0)
            _uses[target] = _uses.GetValueOrDefault(target) | ColumnUses.Written;
    }

    /// <summary>What has been put into a column so far.</summary>
    public SourceSet WrittenTo(SourceColumn column)
    {
        var sources = SourceSet.Empty;
        foreach (var write in _writes)
            if (write.Kind == WriteKind.Column && write.Target.Relation == column.Relation && (write.Target.Attribute == column.Attribute || write.Target.Attribute == 0))
                sources = sources.Union(write.Sources);
        return sources;
    }

    public void Message(SourceSet sources)
    {
        Messages = Messages.Union(sources);
        Use(sources, ColumnUses.Text);
    }

    public void Label(LabelChange change)
    {
        if (!_labels.Contains(change))
            _labels.Add(change);
    }

    public void Rename(Renaming renaming)
    {
        if (!_renamings.Contains(renaming))
            _renamings.Add(renaming);
    }

    public void Fold(SourceSet sources) => Folded = Folded.Union(sources);

    /// <summary>A trigger or rule runs, and sees what the statement itself has put into a row.</summary>
    public bool HasFired { get; set; }

    /// <summary>A rule's SELECT gives rows to the client in place of, or beside, those of the statement.</summary>
    public bool HasOtherResults { get; set; }

    /// <summary>What was put into a column may have gone on from there in the same statement: each write has what its sources were given.</summary>
    public void Chain()
    {
        for (var isChanged = HasFired; isChanged;)
        {
            isChanged = false;
            for (var i = 0; i < _writes.Count; i++)
            {
                var sources = Chained(_writes[i].Sources);
                if (sources.Equals(_writes[i].Sources))
                    continue;
                _writes[i] = _writes[i] with { Sources = sources, Plain = null };
                Use(sources, ColumnUses.Copied);
                isChanged = true;
            }
            Messages = Chained(Messages);
        }
    }

    /// <summary>Sources, and what has been put into them.</summary>
    public SourceSet Chained(SourceSet sources)
    {
        if (!HasFired || sources.Count == 0)
            return sources;
        foreach (var write in _writes)
            if (write.Kind == WriteKind.Column && Meets(sources, write.Target))
                sources = sources.Union(write.Sources);
        return sources;
    }

    static bool Meets(SourceSet sources, SourceColumn target)
    {
        if (target.Attribute != 0)
            return sources.Contains(target);
        foreach (var column in sources.Columns)
            if (column.Relation == target.Relation)
                return true;
        return false;
    }

    /// <summary>What variables turned out to hold takes their place.</summary>
    public void ReplaceVariable(SourceSet variables) => Replace(SourceSet.VariableBit, variables);

    /// <summary>What functions give that call themselves is made of what they were given, and of what is used anywhere.</summary>
    public void ReplaceRecursion() => Replace(SourceSet.RecursionBit, AllUsed());

    void Replace(ulong bit, SourceSet with)
    {
        for (var i = 0; i < _writes.Count; i++)
        {
            var replaced = _writes[i].Sources.Replace(bit, with);
            if (!ReferenceEquals(replaced, _writes[i].Sources))
            {
                Use(replaced, ColumnUses.Copied);
                _writes[i] = _writes[i] with { Sources = replaced, Plain = null };
            }
        }
        (Messages, Folded) = (Messages.Replace(bit, with), Folded.Replace(bit, with));
        if ((Conditions.Parameters & bit) != 0)
            Use(Conditions = Conditions.Replace(bit, with), ColumnUses.Predicate);
        Use(Messages, ColumnUses.Text);
    }

    /// <summary>All columns that are used in any way, as an error's text may quote them.</summary>
    public SourceSet AllUsed()
    {
        var all = ReachesEverything ? SourceSet.Everything : SourceSet.Empty;
        foreach (var column in _uses.Keys)
            all = all.Union(SourceSet.Of(column));
        return all;
    }

    /// <summary>Something is not known here, and so may read anything.</summary>
    public void Unknown(string reason)
    {
        ReachesEverything = true;
        if (_reasons.Count < MaxReasons && !_reasons.Contains(reason))
            _reasons.Add(reason);
    }

    /// <summary>The server runs, or is made to run, code outside of the client's session: it may do anything to all of its databases.</summary>
    public void RunsInServer(string reason)
    {
        RunsProgram = true;
        UnknownCode(reason);
    }

    /// <summary>Code runs that is not known, and so may read, write and say anything.</summary>
    public void UnknownCode(string reason)
    {
        Unknown(reason);
        Turns = true;
        (ChangesMeaning, ChangesCatalog, ChangesInside, ChangesNames, RunsUnseen) = (true, true, true, true, true);
        Messages = Messages.Union(SourceSet.Everything);
        Write(WriteKind.Anywhere, default, reason, SourceSet.Everything);
    }

    /// <summary>Takes in what a view or function does, with arguments in place of its parameters.</summary>
    /// <param name="arguments">Null where its parameters are those of this one.</param>
    public void Merge(Effects inner, IReadOnlyList<SourceSet>? arguments)
    {
        SourceSet With(SourceSet sources) => arguments is null ? sources : sources.Substitute(arguments);

        foreach (var (column, uses) in inner._uses)
            _uses[column] = _uses.GetValueOrDefault(column) | uses;
        if (inner.Conditions.Parameters != 0)
            Use(With(inner.Conditions), ColumnUses.Predicate);
        _relations.UnionWith(inner._relations);
        foreach (var function in inner._functions)
            Call(function);
        foreach (var write in inner._writes)
            Write(write.Kind, write.Target, write.Name, With(write.Sources), write.Plain);
        if (!inner.Messages.IsEmpty)
            Message(With(inner.Messages));
        foreach (var reason in inner._reasons)
            Unknown(reason);
        ReachesEverything |= inner.ReachesEverything;
        ChangesMeaning |= inner.ChangesMeaning;
        Turns |= inner.Turns;
        ChangesAmid |= inner.ChangesMeaning | inner.ChangesAmid;
        MovesPath |= inner.MovesPath;
        ChangesCatalog |= inner.ChangesCatalog;
        ChangesInside |= inner.ChangesInside;
        RunsLater |= inner.RunsLater;
        RunsProgram |= inner.RunsProgram;
        RunsUnseen |= inner.RunsUnseen;
        RunsBodies |= inner.RunsBodies;
        ChangesNames |= inner.ChangesNames;
        foreach (var label in inner._labels)
            Label(label);
        foreach (var renaming in inner._renamings)
            Rename(renaming);
        HasFired |= inner.HasFired;
        HasOtherResults |= inner.HasOtherResults;
        Folded = Folded.Union(With(inner.Folded));
    }
}
