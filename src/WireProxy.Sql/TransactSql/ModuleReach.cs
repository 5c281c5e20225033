using System.Collections.Immutable;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.TransactSql.Lineage;

namespace WireProxy.Sql.TransactSql;

/// <summary>What a statement reaches beyond the names in it: through views, functions, procedures and triggers by their definitions, for rules
/// about tables, columns and functions. What it does with its values <see cref="TransactSqlLineage"/> tells.</summary>
public static class ModuleReach
{
    static readonly TransactSqlLimits s_limits = new TransactSqlAnalyzer().Limits;

    /// <summary>The facts with every relation, column and function that the modules in them name, at any distance, added. Command and classes
    /// stay the statement's own. What a module does that the catalog has no text of is not known, unless it is code of an assembly.</summary>
    /// <param name="facts">With names as <see cref="CatalogNames"/> writes them.</param>
    public static StatementFacts Of(StatementFacts facts, CatalogSnapshot catalog)
    {
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(catalog);
        if (catalog.SqlServer is not { } objects || !Named(facts, objects).Any())
            return facts;
        var walk = new Walk(catalog, objects);
        walk.Take(facts);
        return facts with
        {
            Relations = walk.Relations,
            Columns = [.. facts.Columns.Concat(walk.Columns).Distinct()],
            Functions = [.. facts.Functions.Concat(walk.Functions).Distinct()],
            HasUnknownSql = facts.HasUnknownSql || walk.HasUnknown,
        };
    }

    /// <summary>Whether no definition would have to be parsed to know what the statement's own modules are: so it costs little now.</summary>
    /// <inheritdoc cref="Of"/>
    public static bool IsAtHand(StatementFacts facts, CatalogSnapshot catalog)
    {
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(catalog);
        return catalog.SqlServer is not { } objects
            || Named(facts, objects).All(module => module.Definition is null || Texts(objects).IsParsed(module));
    }

    static ModuleTexts Texts(SqlServerObjects objects) => new(objects, s_limits, quotedIdentifier: true);

    /// <summary>The views, triggers, functions and procedures that a statement's own words start.</summary>
    static IEnumerable<SqlServerModule> Named(StatementFacts facts, SqlServerObjects objects) =>
        facts.Relations.SelectMany(relation => Triggers(relation, objects).Concat(View(relation, objects) is { } view ? [view] : []))
            .Concat(facts.Functions.Select(function => Routine(function, objects)).OfType<SqlServerModule>());

    static SqlServerModule? View(RelationReference relation, SqlServerObjects objects) =>
        objects.Module(relation.Schema, relation.Name) is { Kind: "V" } view ? view : null;

    static ImmutableArray<SqlServerModule> Triggers(RelationReference relation, SqlServerObjects objects) =>
        relation.IsWritten && objects.Relation(relation.Schema, relation.Name) is { } table ? objects.Triggers(table.Id) : [];

    static SqlServerModule? Routine(FunctionReference function, SqlServerObjects objects)
    {
        var (schema, name) = (function.Schema, function.Name);
        for (var hop = 0; hop < CatalogNames.MaxSynonyms; hop++)
        {
            if (objects.Module(schema, name) is { } module)
                return module.Kind is "V" or "TR" or "TA" ? null : module;
            if (objects.Synonym(schema, name) is not { } synonym)
                return null;
            (_, schema, name) = Names.Parse(synonym.Target);
        }
        return null;
    }

    /// <summary>Goes from module to module, into each once.</summary>
    sealed class Walk(CatalogSnapshot catalog, SqlServerObjects objects)
    {
        readonly ModuleTexts _texts = Texts(objects);
        readonly HashSet<uint> _run = [];
        readonly HashSet<(uint View, bool Read, bool Written, bool Unbounded)> _views = [];
        readonly Dictionary<(string?, string?, string), RelationReference> _relations = [];

        public List<ColumnReference> Columns { get; } = [];
        public List<FunctionReference> Functions { get; } = [];
        public bool HasUnknown { get; private set; }
        public ImmutableArray<RelationReference> Relations => [.. _relations.Values];

        public void Take(StatementFacts facts)
        {
            HasUnknown |= facts.HasUnknownSql;
            foreach (var relation in facts.Relations)
                Take(relation);
            foreach (var function in facts.Functions)
                if (Routine(function, objects) is { } routine)
                    Run(routine);
        }

        void Take(RelationReference relation)
        {
            var key = (relation.Database, relation.Schema, relation.Name);
            _relations[key] = _relations.TryGetValue(key, out var known) ? known with
            {
                IsRead = known.IsRead || relation.IsRead,
                IsWritten = known.IsWritten || relation.IsWritten,
                Unbounded = known.Unbounded || relation.Unbounded,
            } : relation;
            foreach (var trigger in Triggers(relation, objects))
                Run(trigger);
            if (View(relation, objects) is { } view && _views.Add((view.Id, relation.IsRead, relation.IsWritten, relation.Unbounded)))
                Through(view, relation);
        }

        /// <summary>What is done with a view is done with its tables; a condition on the view bounds them.</summary>
        void Through(SqlServerModule view, RelationReference reference)
        {
            if (Body(view) is not { } facts)
                return;
            foreach (var relation in facts.Relations)
                Take(relation with { IsRead = reference.IsRead, IsWritten = reference.IsWritten, Unbounded = reference.Unbounded });
            foreach (var function in facts.Functions)
                if (Routine(function, objects) is { } routine)
                    Run(routine);
        }

        void Run(SqlServerModule module)
        {
            if (_run.Add(module.Id) && Body(module) is { } facts)
                Take(facts);
        }

        /// <summary>Names in a definition are looked for in the module's own schema first.</summary>
        StatementFacts? Body(SqlServerModule module)
        {
            if (module.Kind is "FS" or "FT" or "PC" or "TA" or "AF" or "X")
                return null;
            if (_texts.Body(module) is not { } written)
            {
                HasUnknown = true;
                return null;
            }
            var facts = CatalogNames.Of(written, catalog, module.Schema);
            Columns.AddRange(facts.Columns);
            Functions.AddRange(facts.Functions);
            return facts;
        }
    }
}
