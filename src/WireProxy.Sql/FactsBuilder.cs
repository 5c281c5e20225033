using System.Collections.Immutable;

namespace WireProxy.Sql;

/// <summary>Collects the facts of one statement while its tree is walked. Lists keep the order of first mention and hold each
/// thing once.</summary>
internal sealed class FactsBuilder
{
    readonly DistinctList<(string? Database, string? Schema, string Name)> _relationNames = new();
    readonly List<(bool Read, bool Written, bool Unbounded)> _relationUses = [];
    readonly DistinctList<ColumnReference> _columns = new();
    readonly DistinctList<FunctionReference> _functions = new();
    readonly DistinctList<string> _inner = new();
    readonly DistinctList<string> _aliases = new();
    int _classes;

    public string? Command { get; set; }
    public bool HasUnknownSql { get; set; }
    public bool UsesOperatorsOrTypes { get; set; }
    /// <summary>Every relation that is read may be what is written: T-SQL changes tables through a WITH query.</summary>
    public bool WritesAll { get; set; }
    public bool HasClass => _classes != 0;
    public bool HasReads => _relationUses.Exists(use => use.Read);
    public bool ChangesCatalog { get; set; }
    public CatalogChange? Change { get; set; }
    public NameClaim? Hold { get; set; }
    public NameEffect NameEffect { get; set; }
    public string? AffectedName { get; set; }
    public CopyFacts? Copy { get; set; }

    public void Relation(string? database, string? schema, string name, bool read, bool written, bool unbounded)
    {
        var at = _relationNames.Add((database, schema, name));
        if (at == _relationUses.Count)
            _relationUses.Add((read, written, unbounded));
        else
        {
            var use = _relationUses[at];
            _relationUses[at] = (use.Read | read, use.Written | written, use.Unbounded | unbounded);
        }
    }

    public void Column(string? schema, string? relation, string name) => _columns.Add(new(schema, relation, name));

    public void Function(string? schema, string name) => _functions.Add(new(schema, name));

    public void Alias(string name) => _aliases.Add(name);

    public void Class(StatementClass value) => _classes |= 1 << (int)value;

    public void InnerCommand(string tag) => _inner.Add(tag);

    /// <summary>Takes in everything that a nested statement reaches.</summary>
    public void Fold(StatementFacts inner)
    {
        _inner.Add(inner.Command);
        foreach (var value in inner.Classes)
            Class(value);
        FoldReach(inner);
    }

    /// <summary>The same for an expression, which PL/pgSQL runs as a SELECT but nobody wrote as one: a read only where it reads.</summary>
    public void FoldExpression(StatementFacts inner)
    {
        foreach (var value in inner.Classes)
            if (value != StatementClass.Read || !inner.Relations.IsEmpty)
                Class(value);
        FoldReach(inner);
    }

    void FoldReach(StatementFacts inner)
    {
        foreach (var tag in inner.InnerCommands)
            _inner.Add(tag);
        foreach (var r in inner.Relations)
            Relation(r.Database, r.Schema, r.Name, r.IsRead, r.IsWritten, r.Unbounded);
        foreach (var column in inner.Columns)
            _columns.Add(column);
        foreach (var function in inner.Functions)
            _functions.Add(function);
        foreach (var alias in inner.Aliases)
            _aliases.Add(alias);
        HasUnknownSql |= inner.HasUnknownSql;
        UsesOperatorsOrTypes |= inner.UsesOperatorsOrTypes;
        ChangesCatalog |= inner.ChangesCatalog;
        if (inner.Change is not null)
            Change = CatalogChange.Join(Change, inner.Change);
        if (inner.Hold is not null)
            Hold = NameClaim.Join(Hold ?? NameClaim.Nobody, inner.Hold);
    }

    public StatementFacts Build(int offset, int length) => new()
    {
        Command = Command ?? throw new InvalidOperationException("The statement has no command."),
        InnerCommands = _inner.ToImmutable(),
        Classes = Classes(),
        Relations = Relations(),
        Columns = _columns.ToImmutable(),
        Functions = _functions.ToImmutable(),
        Aliases = _aliases.ToImmutable(),
        HasUnknownSql = HasUnknownSql,
        UsesOperatorsOrTypes = UsesOperatorsOrTypes,
        ChangesCatalog = ChangesCatalog || HasUnknownSql,
        Change = HasUnknownSql ? CatalogChange.Everything : Change,
        Hold = Hold,
        NameEffect = NameEffect,
        AffectedName = AffectedName,
        Copy = Copy,
        Offset = offset,
        Length = length,
    };

    ImmutableArray<StatementClass> Classes()
    {
        var classes = ImmutableArray.CreateBuilder<StatementClass>(int.PopCount(_classes));
        for (var i = 0; i <= (int)StatementClass.Misc; i++)
            if ((_classes & (1 << i)) != 0)
                classes.Add((StatementClass)i);
        return classes.MoveToImmutable();
    }

    ImmutableArray<RelationReference> Relations()
    {
        var relations = ImmutableArray.CreateBuilder<RelationReference>(_relationUses.Count);
        for (var i = 0; i < _relationUses.Count; i++)
        {
            var (database, schema, name) = _relationNames[i];
            var (read, written, unbounded) = _relationUses[i];
            relations.Add(new(database, schema, name, read, written || WritesAll, unbounded));
        }
        return relations.MoveToImmutable();
    }
}
