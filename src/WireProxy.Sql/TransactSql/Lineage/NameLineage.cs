using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.TransactSql.Lineage;

/// <summary>Resolves the names of tables, views and synonyms to rows.</summary>
internal sealed class NameLineage(Resolver resolver)
{
    const int MaxSynonyms = 8;

    /// <summary>One that the batch itself does not declare is a parameter, whose rows are the client's own.</summary>
    public Rows TableVariable(string name) =>
        resolver.Frame.TableVariables.TryGetValue(name, out var made) ? made.Rows
        : resolver.Depth == 0 ? Rows.Open(SourceSet.Empty)
        : resolver.UnknownRows($"the table variable {name}");

    /// <summary>What a table's name means: a WITH query, the rows of a trigger, a temporary table, a relation of the catalog, or one of the
    /// server's own.</summary>
    public Rows Table(SchemaObjectName written, IReadOnlyDictionary<string, Rows>? queries)
    {
        var (database, schema, name) = NameText.Of(written);
        if (database is null && schema is null)
        {
            if (queries is not null && queries.TryGetValue(name, out var query))
                return query;
            if (resolver.Frame.Changed is { } changed && (NameText.Same(name, "inserted") || NameText.Same(name, "deleted")))
                return changed;
        }
        if (MadeTable(database, name) is { } made)
            return made.Rows;
        if (NameText.IsTemporary(name))
            return resolver.UnknownRows($"the temporary table {name}");
        if (NewTable(schema, name) is { } created)
            // The CREATE may not run: then the name means what the catalog says.
            return Relation(database, schema, name) is { } older ? Rows.Open(Of(older).All.Union(created.Rows.All)) : created.Rows;
        return Relation(database, schema, name) is { } relation ? Of(relation)
            : SystemNames.Relation(schema, name) is { } system ? system.IsEverything ? resolver.UnknownRows($"the system view {name}") : Rows.Open(system) with { Columns = SystemNames.Columns(name) }
            : resolver.UnknownRows($"the table {name}");
    }

    /// <summary>A temporary table of this session, by whatever way it is named. One with ## belongs to all sessions: others may have
    /// filled it.</summary>
    public MadeTable? MadeTable(string? database, string name) =>
        NameText.IsTemporary(name) && !name.StartsWith("##", StringComparison.Ordinal) && (database is null || NameText.Same(database, "tempdb"))
            ? resolver.Session.Find(name) : null;

    /// <summary>A table that the batch made and that the catalog does not know yet.</summary>
    public MadeTable? NewTable(string? schema, string name) =>
        resolver.Session.Find($"{schema ?? resolver.Frame.DefaultSchema}.{name}") ?? (schema is null ? resolver.Session.Find($"dbo.{name}") : null);

    /// <summary>The relation of the catalog that a name means; null where there is none, or where the catalog no longer says.</summary>
    public CatalogRelation? Relation(string? database, string? schema, string name)
    {
        for (var hop = 0; hop < MaxSynonyms; hop++)
        {
            if (resolver.Objects is not { } objects || resolver.Session.IsStale || (database is not null && !NameText.Same(database, resolver.Catalog.Database)))
                return null;
            if (Find(schema, s => objects.Relation(s, name)) is { } relation)
                return relation;
            if (Find(schema, s => objects.Synonym(s, name)) is not { } synonym)
                return null;
            (database, schema, name) = Names.Parse(synonym.Target);
        }
        return null;
    }

    /// <summary>Looks in the default schema and then in dbo, as the server does; in all schemas where the default one is not known.</summary>
    public T? Find<T>(string? schema, Func<string?, T?> find) where T : class =>
        schema is not null ? find(schema)
        : resolver.Frame.DefaultSchema is { } own ? find(own) ?? find("dbo")
        : find(null);

    public Rows Of(CatalogRelation relation)
    {
        resolver.Effects.Relation(relation.Id);
        var rows = relation.Kind == 'v' ? View(relation) : Columns(relation);
        return resolver.Session.Altered.Contains(relation.Id) ? rows with { IsOpen = true, Rest = SourceSet.Everything } : rows;
    }

    Rows Columns(CatalogRelation table)
    {
        var history = resolver.Objects!.HistoryOf(table.Id) is var id and not 0 ? resolver.Catalog.Relation(id) : null;
        var columns = new List<RowColumn>(table.Columns.Length);
        foreach (var column in table.Columns)
        {
            var self = new SourceColumn(table.Id, column.Number);
            var sources = SourceSet.Of(self);
            // A history table keeps old values of the columns of the same names.
            if (history?.Columns.FirstOrDefault(c => NameText.Same(c.Name, column.Name)) is { } current)
                sources = sources.Union(SourceSet.Of(new(history.Id, current.Number)));
            if (column.IsGenerated)
                sources = sources.Union(Computed(table, column));
            columns.Add(new(column.Name, sources, self) { Base = self, IsHidden = resolver.Objects!.IsHidden(table.Id, column.Number) });
        }
        // A star over a table with a column set takes that in place of the sparse columns.
        var isOpen = resolver.Objects!.HasColumnSet(table.Id);
        return new(columns, isOpen, isOpen ? SourceSet.UnionOf(columns.Select(c => c.Sources)) : SourceSet.Empty) { Relation = table.Id };
    }

    SourceSet Computed(CatalogRelation table, CatalogColumn column)
    {
        var text = resolver.Objects!.Computed(table.Id, column.Number);
        if (text is null || resolver.Texts.Expression(text) is not { } expression)
            return resolver.Unknown($"the computed column {column.Name}");
        var scope = new Scope(null);
        // A computed column is made of others that are not computed.
        scope.Add(table.Schema, table.Name, new([.. table.Columns.Where(c => !c.IsGenerated)
            .Select(c => new RowColumn(c.Name, SourceSet.Of(new(table.Id, c.Number)), null))], false, SourceSet.Empty));
        return resolver.Inside(new() { DefaultSchema = table.Schema }, new()).Expression(expression, scope);
    }

    /// <summary>A view's columns are its own and, beneath, those of its query.</summary>
    Rows View(CatalogRelation view)
    {
        var beneath = resolver.Modules.View(view);
        var columns = view.Columns.Select((c, i) => new RowColumn(c.Name,
            SourceSet.Of(new(view.Id, c.Number)).Union(beneath.IsOpen || i >= beneath.Columns.Count ? beneath.All : beneath.Columns[i].Sources),
            new(view.Id, c.Number))).ToList();
        // SELECT * in a view keeps the columns of the day when it was made.
        var all = beneath.Columns.Count == view.Columns.Length && !beneath.IsOpen ? null : beneath.All;
        columns = all is not null ? [.. columns.Select(c => c with { Sources = c.Sources.Union(all) })]
            : [.. columns.Zip(beneath.Columns, (c, b) => b.Origin is null ? c : c with { Base = b.Base })];
        return new(columns, false, SourceSet.Empty) { Relation = view.Id };
    }
}

/// <summary>Names inside strings.</summary>
internal static class Names
{
    /// <summary>A name of one to four parts, as sys.synonyms writes it: <c>[db].[schema].[name]</c>.</summary>
    public static (string? Database, string? Schema, string Name) Parse(string text)
    {
        var parts = new List<string>();
        var at = 0;
        while (at <= text.Length)
        {
            var end = at;
            if (at < text.Length && text[at] == '[')
                for (end = at + 1; end < text.Length && (text[end] != ']' || (end + 1 < text.Length && text[end + 1] == ']')); end++)
                    end += text[end] == ']' ? 1 : 0;
            var dot = text.IndexOf('.', Math.Min(end, text.Length));
            var stop = dot < 0 ? text.Length : dot;
            parts.Add(RpcFacts.LastPart(text.AsSpan(at, stop - at)));
            at = stop + 1;
        }
        var name = parts[^1];
        var schema = parts.Count >= 2 && parts[^2].Length > 0 ? parts[^2] : null;
        var database = parts.Count >= 3 && parts[^3].Length > 0 ? parts[^3] : null;
        return (parts.Count >= 4 ? parts[^4] + "." + database : database, schema, name);
    }
}
