using WireProxy.Sql;

namespace WireProxy.Policy;

/// <summary>What a statement's names may mean and surely mean. Without a catalog only the text of the names is known.</summary>
internal sealed class StatementReach(StatementFacts facts, string? database, CatalogIndex? catalog)
{
    public StatementFacts Facts => facts;

    /// <summary>The functions that the statement calls. <c>row.name</c> may be the call <c>name(row)</c> (PostgreSQL 38.5.3) where somebody
    /// made a function of that name.</summary>
    public IEnumerable<FunctionReference> Calls => catalog is null
        ? facts.Functions
        : facts.Functions.Concat(facts.Columns.Where(column => catalog.MayBeCall(column, facts))
            .Select(column => new FunctionReference(null, column.Name)));

    /// <summary>The statement's classes, and <see cref="StatementClass.Function"/> also for a SELECT that calls a function which
    /// PostgreSQL does not bring, as pgaudit has it. Without a catalog an unqualified function is taken for one that it brings.</summary>
    public IEnumerable<StatementClass> Classes =>
        !facts.Classes.Contains(StatementClass.Function) && Calls.Any(IsUserFunction)
            ? facts.Classes.Append(StatementClass.Function) : facts.Classes;

    /// <summary>True where the relation may be one of the pattern's, or reads or stores rows of one: a view over it, its parent, its
    /// partition. An unqualified name may be in any schema, unless the catalog knows where that name exists.</summary>
    public bool MayName(TablePattern pattern, RelationReference relation)
    {
        string? place = relation.Database ?? database;
        IReadOnlyList<CatalogNode> candidates = Candidates(relation);
        if (candidates.Count == 0)
            return pattern.Matches(place, relation.Schema, relation.Name);
        foreach (CatalogNode candidate in candidates)
        {
            if (pattern.Matches(place, candidate.Schema, candidate.Name))
                return true;
            foreach (CatalogNode other in candidate.Reached)
                if (pattern.Matches(place, other.Schema, other.Name))
                    return true;
        }
        return false;
    }

    /// <summary>True where the relation is one of the pattern's whatever the search path is.</summary>
    public bool SurelyNames(TablePattern pattern, RelationReference relation) =>
        SurelyIn(relation, pattern.IsAnySchema && pattern.Database is null, pattern.Matches);

    /// <summary>True where the statement may name a column of the pattern: it reaches a table of the pattern and a column of that
    /// name stands anywhere in it. A star, a whole row and a COPY without a list name every column; what a view calls its
    /// columns says nothing of where they come from, so of a view every column counts.</summary>
    public bool MayName(ColumnPattern pattern)
    {
        foreach (RelationReference relation in facts.Relations)
        {
            string? place = relation.Database ?? database;
            IReadOnlyList<CatalogNode> candidates = Candidates(relation);
            bool own = candidates.Count == 0
                ? pattern.MatchesTable(place, relation.Schema, relation.Name)
                : candidates.Any(candidate => pattern.MatchesTable(place, candidate.Schema, candidate.Name)
                    || candidate.Family.Any(other => pattern.MatchesTable(place, other.Schema, other.Name)));
            if (own && NamesColumn(pattern, relation))
                return true;
            if (candidates.Any(candidate => candidate.Read.Any(other => pattern.MatchesTable(place, other.Schema, other.Name))))
                return true;
        }
        return false;
    }

    /// <summary>True where this column is one of the pattern's whatever table it comes from.</summary>
    public bool SurelyNames(ColumnPattern pattern, ColumnReference column) =>
        (column.Name == "*" ? pattern.MatchesEveryColumn : pattern.MatchesColumn(column.Name))
        && facts.Relations.All(relation => SurelyIn(relation, anySchema: false, pattern.MatchesTable));

    /// <summary>True where the function may be one of the pattern's: without a schema it may be in any that has one of that name.</summary>
    public bool MayName(FunctionPattern pattern, FunctionReference function)
    {
        IReadOnlyList<string> schemas = Schemas(function);
        return schemas.Count == 0
            ? pattern.Matches(function.Schema, function.Name)
            : schemas.Any(schema => pattern.Matches(schema, function.Name));
    }

    public bool SurelyNames(FunctionPattern pattern, FunctionReference function)
    {
        if (function.Schema is not null || pattern.IsAnySchema)
            return pattern.Matches(function.Schema, function.Name);
        IReadOnlyList<string> schemas = Schemas(function);
        return schemas.Count > 0 && schemas.All(schema => pattern.Matches(schema, function.Name));
    }

    private bool SurelyIn(RelationReference relation, bool anySchema, Func<string?, string?, string, bool> matches)
    {
        string? place = relation.Database ?? database;
        if (relation.Schema is not null || anySchema)
            return matches(place, relation.Schema, relation.Name);
        IReadOnlyList<CatalogNode> candidates = Candidates(relation);
        return candidates.Count > 0 && candidates.All(candidate => matches(place, candidate.Schema, candidate.Name));
    }

    private bool NamesColumn(ColumnPattern pattern, RelationReference relation)
    {
        if (facts.Copy is { Relation: not null } copy && (copy.Columns.IsEmpty || copy.Columns.Any(pattern.MatchesColumn)))
            return true;
        return facts.Columns.Any(column => column.Name == "*" || pattern.MatchesColumn(column.Name) || MayBeWholeRow(column, relation));
    }

    /// <summary>The bare name or alias of a table is its row; <c>row.function</c> gives the row to that function.</summary>
    private bool MayBeWholeRow(ColumnReference column, RelationReference relation) =>
        (column.Relation is null && (column.Name == relation.Name || facts.Aliases.Contains(column.Name)))
        || ReadingFunctions.TakesRows(column.Name);

    private IReadOnlyList<CatalogNode> Candidates(RelationReference relation) => catalog?.Named(relation.Schema, relation.Name) ?? [];

    private IReadOnlyList<string> Schemas(FunctionReference function) =>
        function.Schema is null ? catalog?.SchemasOfFunction(function.Name) ?? [] : [];

    private bool IsUserFunction(FunctionReference function) => catalog is null
        ? function.Schema is not (null or "pg_catalog" or "information_schema")
        : !catalog.IsBuiltInFunction(function.Schema, function.Name);
}
