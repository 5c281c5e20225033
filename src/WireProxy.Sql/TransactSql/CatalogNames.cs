using System.Collections.Immutable;
using System.Text;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.TransactSql.Lineage;

namespace WireProxy.Sql.TransactSql;

/// <summary>Writes a statement's names as the catalog does, so that whoever compares them letter by letter finds them: T-SQL's are
/// compared without regard to case, and a synonym is another name for a table.</summary>
public static class CatalogNames
{
    internal const int MaxSynonyms = 8;

    /// <summary>The facts with each relation, function and column that the catalog knows in its spelling, relations and functions with their
    /// schema. A synonym stays, and what it stands for is added. What the catalog does not know stays as it is written; a table of such a
    /// name with other letters than ASCII's makes the statement one of which not all is known.</summary>
    /// <param name="defaultSchema">Where names without a schema are looked for before dbo; null where that is not known.</param>
    public static StatementFacts Of(StatementFacts facts, CatalogSnapshot catalog, string? defaultSchema)
    {
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(catalog);
        if (catalog.SqlServer is not { } objects || (facts.Relations.IsEmpty && facts.Functions.IsEmpty))
            return facts;
        var found = new List<CatalogRelation>();
        var relations = facts.Relations.SelectMany(r => Spelled(r, catalog, objects, defaultSchema, found)).ToImmutableArray();
        return facts with
        {
            // Under many collations other letters are the same: full-width ones, those without their accent.
            HasUnknownSql = facts.HasUnknownSql || relations.Any(r => found.TrueForAll(f => f.Name != r.Name) && !Ascii.IsValid(r.Name)),
            Relations = relations,
            Functions = [.. facts.Functions.Select(f => Find(f.Schema, defaultSchema, s => objects.Module(s, f.Name)) is { } m ? new(m.Schema, m.Name) : f)],
            Columns = [.. facts.Columns.Select(c => Spelled(c, found))],
        };
    }

    static IEnumerable<RelationReference> Spelled(RelationReference reference, CatalogSnapshot catalog, SqlServerObjects objects,
        string? defaultSchema, List<CatalogRelation> found)
    {
        var (database, schema, name) = (reference.Database, reference.Schema, reference.Name);
        for (var hop = 0; hop < MaxSynonyms; hop++)
        {
            var isHere = database is null || NameText.Same(database, catalog.Database);
            if (isHere && Find(schema, defaultSchema, s => objects.Relation(s, name)) is { } relation)
            {
                found.Add(relation);
                yield return reference with { Database = database is null ? null : catalog.Database, Schema = relation.Schema, Name = relation.Name };
                yield break;
            }
            yield return reference with { Database = database, Schema = schema, Name = name };
            if (!isHere || Find(schema, defaultSchema, s => objects.Synonym(s, name)) is not { } synonym)
                yield break;
            (database, schema, name) = Names.Parse(synonym.Target);
        }
    }

    static ColumnReference Spelled(ColumnReference column, List<CatalogRelation> relations)
    {
        foreach (var relation in relations)
            foreach (var known in relation.Columns)
                if (NameText.Same(known.Name, column.Name))
                    return column with { Name = known.Name };
        return column;
    }

    static T? Find<T>(string? schema, string? defaultSchema, Func<string?, T?> find) where T : class =>
        schema is not null ? find(schema) : defaultSchema is not null ? find(defaultSchema) ?? find("dbo") : find(null);
}
