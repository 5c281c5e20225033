using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>A PL/pgSQL body, without regard to the order in which it runs: any variable may hold what any statement of it has put into one.</summary>
internal sealed class PlPgSqlBody(Analysis body, CatalogRoutine? routine)
{
    SourceSet _variables = SourceSet.Empty;
    SourceSet _conditions = SourceSet.Empty;
    IReadOnlyList<Field>? _returned;
    bool _returnsQueriesOnly = true;

    /// <summary>The relation whose trigger it is.</summary>
    public CatalogRelation? Trigger { get; init; }

    /// <summary>Texts that it runs and a call completes.</summary>
    public List<DynamicText> Dynamics { get; } = [];

    /// <summary>It has more than one statement.</summary>
    public bool Several { get; private set; }

    /// <summary>What it returns.</summary>
    public Value Result { get; private set; } = Value.Nothing;

    /// <summary>Reads a body and adds what it does to the effects of an analysis.</summary>
    public void Into(byte[] text, Analysis outer)
    {
        if (BodyAnalysis.Read(text) is not { } sql)
        {
            body.Effects.UnknownCode("a body that is not understood");
            _variables = SourceSet.Everything;
        }
        else
        {
            Read(sql);
            // Read by another setting, it may say something else.
            if (EscapedStrings.Rewritten(text) is { } escaped && BodyAnalysis.Read(escaped) is { HasUnknown: false } other)
                Read(other);
        }
        body.Effects.RunsBodies = true;
        foreach (var argument in body.Body!.Arguments.Values)
            _variables = _variables.Union(argument.Sources); // They may be assigned to, and returned, without a trace in the texts.
        body.Effects.ReplaceVariable(_variables);
        outer.Effects.Merge(body.Effects, Identity());
        var result = _variables.Union(_conditions.WithoutVariable());
        Result = _returnsQueriesOnly && _returned is not null
            ? new([.. _returned.Select(f => f with { Value = Known(f.Value) })]) : new(result);
    }

    Value Known(Value value) => new(value.Sources.Replace(SourceSet.VariableBit, _variables));

    List<SourceSet> Identity() => [.. Enumerable.Range(0, Dynamics.Count > 0 ? DynamicText.Parameter + 1 : Math.Max(1, body.Body!.Parameters.Count))
        .Select(SourceSet.OfParameter)];

    void Read(PlPgSqlSql sql)
    {
        body.Body!.Variables.UnionWith(sql.Variables);
        body.Body.Variables.UnionWith(routine?.Names ?? []);
        body.Effects.ChangesNames |= sql.HandlesCursors;
        if (sql.HasUnknown)
        {
            body.Effects.UnknownCode(routine is null ? "SQL that the block puts together" : $"SQL that the function {routine.Name} puts together");
            _variables = SourceSet.Everything;
        }
        if (sql.FetchesUnknown)
        {
            body.Effects.Unknown("a cursor that the body did not open");
            _variables = SourceSet.Everything;
        }
        var values = new SourceSet[sql.Texts.Count];
        var ownTargets = sql.Targets.Where(t => Trigger is not null && t is { Name: "new", Field: not null, Value: >= 0 }).Select(t => t.Value).ToHashSet();
        var statements = 0;
        // What a function changes is for those who call it to know.
        var changes = routine is null && Trigger is null ? BodyChanges.Of(sql, body) : null;
        body.Before = changes?.Known;
        for (var i = 0; i < values.Length; i++)
        {
            body.Step(5);
            statements += sql.Texts[i].IsStatement ? 1 : 0;
            values[i] = Text(sql.Texts[i].Text, sql.Texts[i].IsStatement, sql.Roles[i], ownTargets.Contains(i));
        }
        foreach (var select in sql.Dynamics)
        {
            statements++;
            _returnsQueriesOnly = false;
            Dynamic(new DynamicTextReader(body, routine, Trigger, sql.Changing).Read(select));
            if (EscapedStrings.Of(select) is { } escaped)
                Dynamic(new DynamicTextReader(body, routine, Trigger, sql.Changing).Read(escaped));
        }
        Several |= statements > 1;
        if (sql.ComparesCases)
        {
            var compared = new Value(_conditions.Union(SourceSet.Variable));
            body.Calls.Operator(null, "=", compared, compared);
        }
        if (sql.Catches)
            _variables = _variables.Union(body.Effects.AllUsed());
        if (changes?.AreKnown(body.Effects) == true)
            body.Effects.ChangesMeaning = false; // It is the DO that does.
        else if (statements > 1 && body.Effects.ChangesMeaning)
            body.Effects.UnknownCode("a body that changes the catalog while it runs");
        Targets(sql, values);
    }

    /// <summary>Text that is run. What it gives is a parameter where a call says what it is.</summary>
    void Dynamic(DynamicText? text)
    {
        if (text?.IsConstant == true)
            _variables = _variables.Union(Bodies.Text(text.With([])!, body).WithoutVariable());
        else if (text is not null && Trigger is null)
        {
            Dynamics.Add(text);
            _variables = _variables.Union(SourceSet.OfParameter(DynamicText.Parameter));
        }
        else
        {
            body.Effects.UnknownCode(routine is null ? "SQL that the block puts together" : $"SQL that the function {routine.Name} puts together");
            _variables = SourceSet.Everything;
        }
    }

    SourceSet Text(byte[] text, bool isStatement, PlPgSqlRole role, bool isOwnTarget)
    {
        if (role == PlPgSqlRole.Target && !text.AsSpan().Contains((byte)'['))
            return SourceSet.Empty;
        using var parsed = ParsedText.Of(text);
        var sources = SourceSet.Empty;
        if (parsed.IsBroken)
        {
            body.Effects.UnknownCode("SQL of a body that does not parse");
            _variables = SourceSet.Everything;
            return SourceSet.Everything;
        }
        // The setting may be another one by the time that this is reached.
        if (EscapedStrings.Of(text) is { } escaped)
            sources = Text(escaped, isStatement, role, isOwnTarget);
        foreach (var raw in parsed.Statements)
        {
            var outcome = new Statements(body).Run(raw.Child(Tree.RawStmt));
            sources = sources.Union(outcome.Shape is ResultShape.Unknown or ResultShape.OfName ? SourceSet.Everything : new Value(outcome.Columns ?? []).Sources);
            if (role == PlPgSqlRole.ReturnQuery)
                Returned(outcome);
        }
        switch (role)
        {
            case PlPgSqlRole.Condition or PlPgSqlRole.Target:
                body.Effects.Use(sources, ColumnUses.Predicate);
                _conditions = _conditions.Union(sources);
                _returnsQueriesOnly &= sources.WithoutParameters().IsEmpty;
                break;
            case PlPgSqlRole.Message:
                body.Effects.Message(sources);
                break;
            case PlPgSqlRole.ReturnQuery:
                _variables = _variables.Union(sources.WithoutVariable());
                break;
            case PlPgSqlRole.Text:
                body.Effects.Write(WriteKind.Statement, default, "EXECUTE", sources);
                break;
            default:
                _returnsQueriesOnly &= sources.IsEmpty && !isStatement;
                _variables = isOwnTarget ? _variables : _variables.Union(sources.WithoutVariable());
                break;
        }
        return sources;
    }

    void Returned(Outcome outcome)
    {
        if (outcome.Columns is not { Count: > 0 } columns || outcome.Shape != ResultShape.Columns)
            _returnsQueriesOnly = false;
        else if (_returned is null)
            _returned = columns;
        else if (_returned.Count != columns.Count)
            _returnsQueriesOnly = false;
        else
            _returned = [.. _returned.Zip(columns, (x, y) => x with { Value = new Value(x.Value.Sources.Union(y.Value.Sources)) })];
    }

    /// <summary>What a trigger assigns to NEW, or returns in its place, is written.</summary>
    void Targets(PlPgSqlSql sql, SourceSet[] values)
    {
        _returnsQueriesOnly &= sql.Targets.Count == 0 && !sql.Catches;
        if (Trigger is null)
            return;
        var all = _variables.Union(SourceSet.Variable);
        foreach (var (name, field, value) in sql.Targets)
        {
            if (name != "new")
                continue;
            var sources = value >= 0 ? values[value] : SourceSet.Variable;
            var column = Trigger.Columns.FirstOrDefault(c => c.Name == field);
            body.Effects.Write(WriteKind.Column, new(Trigger.Id, column?.Number ?? 0), column?.Name ?? Trigger.Name, column is null ? sources.Union(all) : sources);
        }
        if (sql.ReturnsOwn)
            body.Effects.Write(WriteKind.Column, new(Trigger.Id, 0), Trigger.Name, all);
    }
}
