using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>The relation that a statement writes to: its columns, and what runs when it is written to.</summary>
internal sealed class WriteTarget
{
    /// <summary>Bits of tgtype (src/include/catalog/pg_trigger.h).</summary>
    public const int Insert = 4, Delete = 8, Update = 16, Truncate = 32;
    public const int ForEachRow = 1;
    const int InsteadOf = 64;

    readonly Analysis _a;
    readonly CatalogRelation? _relation;
    readonly RangeEntry _entry;
    readonly string _name;
    readonly Dictionary<string, SourceSet> _written = [];
    int _fired;

    public WriteTarget(Analysis a, TreeNode range)
    {
        _a = a;
        _relation = a.Relation(range);
        _entry = a.Ranges.Of(range);
        _name = range.Text(Tree.RangeName) ?? "";
    }

    public RangeEntry EntryBefore() => _entry;

    /// <summary>The target's row after the write: what was there, or what was written.</summary>
    public RangeEntry EntryAfter() => new()
    {
        Name = _entry.Name,
        Schema = _entry.Schema,
        Relation = _entry.Relation,
        Others = _entry.Others,
        Columns = [.. _entry.Columns.Select(c => c with
        {
            Value = c.Value.With(_a.Effects.Chained(c.Value.Sources.Union(_written.GetValueOrDefault(c.Name, SourceSet.Empty)))),
        })],
    };

    /// <summary>The row that was to be inserted.</summary>
    public RangeEntry Excluded() => new()
    {
        Name = "excluded",
        Others = _entry.Others,
        Columns = [.. _entry.Columns.Select(c => c with { Value = new Value(_written.GetValueOrDefault(c.Name, SourceSet.Empty)) { Type = c.Value.Type } })],
    };

    /// <summary>The columns that a list names; without one, all.</summary>
    public List<string> Listed(TreeItems targets)
    {
        var names = new List<string>();
        foreach (var target in targets)
            names.Add(target.Is(Tree.ResTarget) ? target.Text(Tree.TargetName) ?? "" : NameReader.Text(target));
        return names.Count > 0 ? names : [.. _relation?.AllColumns.Select(c => c.Name) ?? []];
    }

    public void WriteAll(List<string> columns, IReadOnlyList<Field>? values)
    {
        if (values is null)
        {
            WriteAnywhere(SourceSet.Everything);
            return;
        }
        for (var i = 0; i < values.Count; i++)
        {
            if (i < columns.Count)
                Write(columns[i], values[i].Value.Sources, values[i].Value.Origin);
            else
                WriteAnywhere(values[i].Value.Sources);
        }
    }

    public void WriteAnywhere(SourceSet sources)
    {
        foreach (var column in _entry.Columns)
            _written[column.Name] = _written.GetValueOrDefault(column.Name, SourceSet.Empty).Union(sources);
        _a.Effects.Write(WriteKind.Column, new(_relation?.Id ?? 0, 0), _name, sources);
    }

    /// <param name="plain">The column whose plain value it is; null for an expression.</param>
    public void Write(string name, SourceSet sources, SourceColumn? plain = null)
    {
        _a.Step();
        if (_relation is null || _relation.AllColumns.FirstOrDefault(c => c.Name == name) is not { } column)
        {
            WriteAnywhere(sources);
            return;
        }
        var given = sources;
        sources = Converted(column, sources);
        plain = sources.Equals(given) ? plain : null;
        _written[name] = _written.GetValueOrDefault(name, SourceSet.Empty).Union(sources);
        _a.Effects.Write(WriteKind.Column, new(_relation.Id, column.Number), name, sources, plain);
        // That a value is there already, a unique index tells whoever tries it.
        if (IsUnique(column.Number))
            _a.Effects.Use(SourceSet.Of(new(_relation.Id, column.Number)), ColumnUses.Predicate);
        if (_relation.Kind != 'v')
            return;
        // Through a view its own columns are written.
        foreach (var field in _entry.Columns)
            if (field.Name == name)
                foreach (var through in field.Value.Sources.Columns)
                    if (through.Relation != _relation.Id)
                        _a.Effects.Write(WriteKind.Column, through, name, sources, plain);
    }

    bool IsUnique(short column)
    {
        foreach (var index in _a.Shared.Definitions.Indexes.GetValueOrDefault(_relation!.Id, []))
            if (index.IsUnique && index.Columns.Contains(column))
                return true;
        return false;
    }

    /// <summary>Users' casts and domains run on the way into a column.</summary>
    SourceSet Converted(CatalogColumn column, SourceSet sources)
    {
        if (column.DomainId != 0)
            _a.Shared.CheckDomain(column.DomainId, sources, _a);
        if (!_a.Shared.HasCasts)
            return sources;
        foreach (var cast in _a.Shared.CastsTo(column.DomainId != 0 ? column.DomainId : column.TypeId))
            if (cast.Context != 'e' && _a.Shared.Routine(cast.Function) is { } routine)
                sources = sources.Union(_a.Calls.Run(routine, Arguments.Of(new Value(sources))).Sources);
        return sources;
    }

    public void WriteDefaults()
    {
        foreach (var column in _relation?.Columns ?? [])
            // One that is listed may be given as DEFAULT.
            if (_a.Shared.Relations.Default(_relation!, column, _a) is { } value && !value.Sources.IsEmpty)
                Write(column.Name, value.Sources);
    }

    public void WriteDefault(string name)
    {
        if (_relation?.Columns.FirstOrDefault(c => c.Name == name) is { } column && _a.Shared.Relations.Default(_relation, column, _a) is { } value)
            Write(name, value.Sources);
    }

    /// <summary>Errors may quote these.</summary>
    void Quote(IReadOnlyList<Field> columns)
    {
        foreach (var column in columns)
            _a.Effects.Use(column.Value.Sources, ColumnUses.Text);
    }

    /// <summary>Errors may quote any column.</summary>
    public void QuoteAll() => Quote(_entry.Columns);

    /// <summary>ON CONFLICT asks the unique indexes.</summary>
    public void UseUnique(ColumnUses uses = ColumnUses.Predicate)
    {
        if (_relation is null)
            return;
        foreach (var index in _a.Shared.Definitions.Indexes.GetValueOrDefault(_relation.Id, []))
        {
            if (!index.IsUnique)
                continue;
            foreach (var number in index.Columns)
                if (number > 0)
                    _a.Effects.Use(SourceSet.Of(new(_relation.Id, number)), uses);
            if (index.Expressions is not null)
                _a.Effects.Use(_a.Shared.Relations.Expressions(_relation, index.Expressions, _a).Sources, uses);
        }
    }

    /// <summary>What the write sets off: triggers, rules, checks, computed columns and indexes.</summary>
    public void Fire(int on)
    {
        if (_relation is null || (_fired & on) != 0)
            return;
        _fired |= on;
        // Not DDL, and yet it changes what names mean and what is protected: only a superuser may.
        if (_relation.IsSystem && !(on == Update && IsEstimate()))
            _a.Effects.UnknownCode($"a change of the system's own {_relation.Name}");
        // An error may quote the row that fails (Failing row contains ...), or a key that is still referred to.
        if (on == Update)
            Quote(_entry.Columns);
        else if (on == Delete)
            UseUnique(ColumnUses.Text);
        // Outside another server, or a program, does with it what it likes, and may come back into this database.
        if (_relation.Kind == 'f')
            _a.Effects.UnknownCode($"a write to the foreign table {_relation.Name}");
        new Firing(_a).Fire(_relation, on);
        if (_relation.Kind == 'v')
            FireThrough(on);
        _a.Effects.Chain();
    }

    /// <summary>Only what the planner estimates with is written.</summary>
    bool IsEstimate() => _relation is { Schema: "pg_catalog", Name: "pg_class" } && _written.Keys.All(c => c is "reltuples" or "relpages" or "relallvisible");

    /// <summary>What is written to a view of one relation is written to that one (src/backend/rewrite/rewriteHandler.c, rewriteTargetView).</summary>
    void FireThrough(int on)
    {
        if (_a.Shared.Definitions.Triggers.GetValueOrDefault(_relation!.Id, []).Any(t => t.IsEnabled && (t.Events & (on | InsteadOf)) == (on | InsteadOf))
            || !_a.Shared.Definitions.Views.TryGetValue(_relation.Id, out var definition))
            return;
        using var parsed = ParsedText.Of(System.Text.Encoding.UTF8.GetBytes(definition));
        foreach (var raw in parsed.Statements)
            foreach (var range in raw.Child(Tree.RawStmt).Items(Tree.SelectFrom))
            {
                if (!range.Is(Tree.RangeVar))
                    continue;
                _a.Step();
                var inside = _a.Inside(_a.Shared.ReadPath, null);
                var under = new WriteTarget(inside, range);
                if (on == Insert)
                    under.WriteDefaults();
                under.Fire(on);
                _a.Effects.Merge(inside.Effects, []);
            }
    }
}
