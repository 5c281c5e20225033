using System.Collections.Immutable;
using WireProxy.Sql;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Policy;

/// <summary>What of one catalog is protected from one subject. Immutable; made by <see cref="CompiledPolicy.Resolve"/> and worth
/// keeping for each catalog and <see cref="GrantSet"/>. Which columns are masked and why: <see cref="ProtectionBuilder"/>.</summary>
public sealed class Protection
{
    private readonly CatalogIndex _catalog;
    private readonly Dictionary<uint, RelationProtection> _relations;
    private readonly GrantedColumns _grants;
    private readonly ProtectionBuilder _builder;
    private readonly ViewMasks _views;

    internal Protection(PolicyDefinition policy, CatalogIndex catalog, GrantSet grants, ProtectedIdentities? known)
    {
        _catalog = catalog;
        _grants = new(grants, catalog.Snapshot.Database);
        _views = new(catalog, this, known);
        _builder = new(policy, catalog, _grants, known);
        _builder.FindColumns();
        ProtectsNothing = _grants.CoverAll(policy) && !_builder.HidesColumns;
        _builder.RememberFilled(_views);
        _relations = ProtectsNothing ? [] : _builder.Build(_views);
        ProtectsNoColumn = ProtectsNothing || !_builder.FoundColumns;
        Labels = new(policy.Labels, catalog, _builder.Own);
        Names = new(policy, catalog, policy.Labels == LabelMode.Protect ? LabelIndex.Of(catalog.Snapshot) : null, _builder.Own);
    }

    /// <summary>True where the policy and the labels protect nothing from this subject: every answer is "clear".</summary>
    public bool ProtectsNothing { get; }

    /// <summary>True where no column of this catalog is one that the policy or a label names: there is nothing yet that could be carried away.</summary>
    public bool ProtectsNoColumn { get; }

    /// <summary>The catalog that it holds for.</summary>
    public CatalogSnapshot Catalog => _catalog.Snapshot;

    /// <summary>What may be done to the labels and comments that protect.</summary>
    public LabelGuard Labels { get; }

    /// <summary>What may be renamed.</summary>
    public NameGuard Names { get; }

    /// <summary>The columns that are protected by themselves, and by what.</summary>
    public IEnumerable<ProtectedColumn> Columns => _builder.List();

    /// <summary>The mask of an expression over protected columns.</summary>
    public Mask DerivedMask { get; } = Mask.Redact;

    /// <summary>Looks up a column by its origin, as RowDescription states it (pg_attribute.attrelid, attnum). Attribute 0 is the
    /// whole row; negative ones are system columns, which hold no values.</summary>
    public ColumnProtection Find(uint relationId, short attributeNumber)
    {
        if (ProtectsNothing)
            return ColumnProtection.Clear;
        if (_catalog.Find(relationId) is not { } node)
            return ColumnProtection.Unknown;
        if (attributeNumber < 0)
            return ColumnProtection.Clear;
        if (!_relations.TryGetValue(relationId, out RelationProtection? relation))
            return attributeNumber == 0 || !node.HasKnownColumns || node.IsSequence || node.Relation.Column(attributeNumber) is not null
                ? ColumnProtection.Clear : ColumnProtection.Unknown;
        if (attributeNumber != 0)
            return relation.Find(attributeNumber);
        return relation.HasMasks ? ColumnProtection.Masked(DerivedMask) : ColumnProtection.Clear;
    }

    /// <summary>The mask of a column that the policy or a label itself names, be it a view's; null where none does, whatever the column is made
    /// of.</summary>
    public Mask? NamedMask(uint relationId, short attributeNumber)
    {
        if (ProtectsNothing || _catalog.Find(relationId) is not { } node || node.Relation.Column(attributeNumber) is not { Name: var column })
            return null;
        return _grants.Contains(node, column) ? null : _builder.Own.GetValueOrDefault(node)?.GetValueOrDefault(column)?.Mask;
    }

    /// <summary>True where protected values may be among these.</summary>
    public bool IsProtected(SourceSet sources) => !ProtectsNothing && _views.IsProtected(sources);

    /// <summary>A masked column that stays masked, whatever it is called and whatever it inherits from: what is put there is safe. One that only bears a
    /// protected name by now, or shares rows with a child that is protected, may lose its mask while the values stay.</summary>
    public bool Keeps(SourceColumn column) => !ProtectsNothing && _builder.Keeps(column.Relation, column.Attribute);

    /// <summary>Protected from this subject or another one.</summary>
    internal bool IsProtectedFromSomebody(SourceColumn column) => _builder.IsOwn(column);

    /// <inheritdoc cref="IsProtected(SourceSet)"/>
    public bool IsProtected(SourceColumn column) => !ProtectsNothing && _views.IsProtected(column);

    /// <summary>The mask of a column as it is, be it a view's; null where it is clear.</summary>
    /// <param name="sources">What it is made of, as the lineage has found it.</param>
    public Mask? MaskOf(SourceColumn column, SourceSet sources)
    {
        if (!IsView(column.Relation))
            return Find(column.Relation, column.Attribute).Mask;
        uint type = _catalog.Find(column.Relation)?.Relation.Column(column.Attribute)?.TypeId ?? 0;
        return MaskOfView(column.Relation, column.Attribute, sources, type, DerivedMask);
    }

    /// <summary>True for a view that is judged by what it is made of.</summary>
    public bool IsView(uint relation) => _views.IsView(relation);

    /// <summary>The mask of a view's column: its own, or that of what it is made of; null where it is clear.</summary>
    /// <param name="sources">As the lineage of the statement, or of the view, has found them.</param>
    /// <param name="typeId">Its type, as the server states it.</param>
    public Mask? MaskOfView(uint relationId, short attributeNumber, SourceSet sources, uint typeId, Mask derived) =>
        _catalog.Find(relationId) is { } node && node.Relation.Column(attributeNumber) is { } column && _grants.Contains(node, column.Name) ? null
        : NamedMask(relationId, attributeNumber) ?? _views.MaskOf(sources, typeId, derived);

    /// <summary>True where the statement may reach protected values, so that an expression in its result is to be masked: it names,
    /// at any depth, a relation with masked columns or one that the catalog does not know; it calls a function that reads on
    /// its own (<see cref="ReadingFunctions"/>) or is not one of the system's; it runs text that nobody knows; or it runs
    /// (EXECUTE) or reads (FETCH) something by a name whose statement touches.</summary>
    /// <param name="touchesOfName">For the name of a prepared statement or cursor: whether its statement touches, or null where the
    /// relay has not seen it made. A missing answer counts as yes.</param>
    public bool Touches(StatementFacts facts, Func<string, bool?>? touchesOfName = null)
    {
        if (ProtectsNothing)
            return false;
        if (facts.HasUnknownSql)
            return true;
        if (facts.NameEffect is NameEffect.Execute or NameEffect.FetchCursor
            && (facts.AffectedName is not { } name || (touchesOfName?.Invoke(name) ?? true)))
            return true;
        return facts.Relations.Any(relation => Touches(relation, facts)) || facts.Functions.Any(Touches)
            || facts.Columns.Any(column => _catalog.MayBeCall(column, facts));
    }

    /// <summary>The columns that COPY table TO writes, in order, with their masks. Without a list these are all columns that are
    /// neither dropped nor generated (PostgreSQL, COPY). Null where the table, or one of the columns, is not known for certain
    /// from the catalog: the caller masks everything.</summary>
    public ImmutableArray<CopyColumn>? CopyColumns(RelationReference table, ImmutableArray<string> columns)
    {
        if (_catalog.Named(table.Schema, table.Name) is not [CatalogNode node] || !node.HasKnownColumns)
            return null;
        RelationProtection? relation = _relations.GetValueOrDefault(node.Id);
        ImmutableArray<CopyColumn>.Builder result = ImmutableArray.CreateBuilder<CopyColumn>();
        if (columns.IsEmpty)
        {
            foreach (CatalogColumn column in node.Relation.Columns)
                if (!column.IsGenerated)
                    result.Add(new CopyColumn(column.Name, column.TypeId, relation?.MaskOf(column.Name)));
            return result.ToImmutable();
        }
        foreach (string name in columns)
        {
            if (node.Relation.Columns.FirstOrDefault(column => column.Name == name) is not { } column)
                return null;
            result.Add(new CopyColumn(name, column.TypeId, relation?.MaskOf(name)));
        }
        return result.ToImmutable();
    }

    /// <summary>
    /// True where the statement reads protected columns and writes elsewhere: INSERT ... SELECT, CREATE TABLE AS, SELECT INTO, UPDATE
    /// or MERGE from another table, or a function that keeps what it is given. The copy would be clear. An UPDATE of one and the same
    /// table is not seen as a copy, whichever of its columns it moves: that needs the analysis of each expression.
    /// </summary>
    public bool CopiesElsewhere(StatementFacts facts)
    {
        if (ProtectsNothing)
            return false;
        bool places = facts.Functions.Any(function => ReadingFunctions.Places(function.Name));
        // A view, materialized or not, is no copy: it is masked itself (ProtectionBuilder).
        bool writes = Copies(facts.Command) || facts.InnerCommands.Any(Copies);
        return (places || writes) && facts.Relations.Any(relation =>
            relation.IsRead && (places || !relation.IsWritten) && NamesProtected(relation, facts));
    }

    /// <summary>The statement calls a function of the system's that keeps what it is given, or sends it.</summary>
    public static bool Places(StatementFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        return facts.Functions.Any(function => ReadingFunctions.Places(function.Name));
    }

    private static bool Copies(string command) => command is
        "INSERT" or "UPDATE" or "MERGE" or "COPY FILE" or "COPY PROGRAM" or "CREATE TABLE AS" or "SELECT INTO";

    /// <summary>The statement names a masked column of the relation, or all of its columns.</summary>
    private bool NamesProtected(RelationReference reference, StatementFacts facts) =>
        _catalog.Named(reference.Schema, reference.Name).Any(node => _relations.TryGetValue(node.Id, out RelationProtection? relation)
            && facts.Columns.Any(column => column.Name == "*" || relation.MaskOf(column.Name) is not null
                || (column.Relation is null && (column.Name == node.Name || facts.Aliases.Contains(column.Name)))
                || (column.Relation is not null && !node.HasColumn(column.Name) && ReadingFunctions.TakesRows(column.Name))));

    private bool Touches(RelationReference reference, StatementFacts facts)
    {
        IReadOnlyList<CatalogNode> nodes = _catalog.Named(reference.Schema, reference.Name);
        // One that is only written, and not there yet, is being made: nothing comes out of it.
        return (nodes.Count == 0 && (reference.IsRead || !reference.IsWritten))
            || nodes.Any(node => _relations.TryGetValue(node.Id, out RelationProtection? relation)
                && (!node.IsSystem || NamesValues(relation, facts)));
    }

    /// <summary>Tools count sessions in pg_stat_activity all day, and read pg_attribute for every table that they show; of a system
    /// relation only a statement touches that names a value-carrying column, a star, or a whole row.</summary>
    private static bool NamesValues(RelationProtection relation, StatementFacts facts) =>
        facts.Copy is not null || facts.Columns.Any(column =>
            column.Name == "*" || relation.MaskOf(column.Name) is not null || IsWholeRow(column, relation, facts));

    /// <summary>A bare name of a relation or an alias is its row; so is what stands before the dot where the name behind it is no column but a
    /// function, which the row is then given to (PostgreSQL 38.5.3).</summary>
    private static bool IsWholeRow(ColumnReference column, RelationProtection relation, StatementFacts facts) => column.Relation is null
        ? column.Name == relation.Relation.Name || facts.Aliases.Contains(column.Name)
        : !relation.Relation.HasColumn(column.Name) && ReadingFunctions.TakesRows(column.Name);

    private bool Touches(FunctionReference function) =>
        ReadingFunctions.Contains(function.Name) || !_catalog.IsBuiltInFunction(function.Schema, function.Name);
}
