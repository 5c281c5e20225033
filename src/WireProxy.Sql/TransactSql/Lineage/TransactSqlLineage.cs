using System.Collections.Immutable;
using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.TransactSql.Lineage;

/// <summary>Tells where the values come from that a batch gives back, says and writes. Thread-safe; keeps nothing.</summary>
/// <remarks>
/// What is not known is everything: a name that the catalog does not have, code whose definition is not known, a text that is put
/// together while it runs, another database or server. Control flow is not evaluated: every branch counts. Which rows exist is no
/// value: <c>count(*)</c> has no source; a condition inside an expression has.
/// An answer may be kept for as long as the text, the catalog's version, database, default schema, QUOTED_IDENTIFIER and temporary tables
/// are the same.
/// </remarks>
public static class TransactSqlLineage
{
    static readonly TransactSqlAnalyzer s_analyzer = new();

    /// <param name="batch">The text, as SQLBatch or an RPC's text parameter holds it.</param>
    /// <param name="catalog">Of the session's database, read by <see cref="SqlServerCatalogQuery"/>.</param>
    /// <param name="currentDatabase">The session's database; where it is not the catalog's, names mean nothing that is known.</param>
    /// <param name="defaultSchema">The user's default schema; null where it is not known.</param>
    /// <param name="tempTables">The session's temporary tables, from <see cref="BatchLineage.TempTables"/> of its batches before.</param>
    /// <param name="quotedIdentifier">The session's QUOTED_IDENTIFIER.</param>
    /// <param name="tempProcedures">The session's temporary procedures, from <see cref="BatchLineage.TempProcedures"/>.</param>
    public static BatchLineage Resolve(string batch, CatalogSnapshot catalog, string? currentDatabase = null, string? defaultSchema = "dbo",
        ImmutableArray<TempTable> tempTables = default, bool quotedIdentifier = true, ImmutableArray<TempProcedure> tempProcedures = default) =>
        Resolve(s_analyzer.Parse(batch, quotedIdentifier), catalog, currentDatabase, defaultSchema, tempTables, tempProcedures);

    /// <param name="batch">As <see cref="TransactSqlAnalyzer.Parse(string, bool)"/> or <see cref="TransactSqlAnalyzer.ParseCall"/> gave it.</param>
    /// <inheritdoc cref="Resolve(string, CatalogSnapshot, string?, string?, ImmutableArray{TempTable}, bool, ImmutableArray{TempProcedure})"/>
    public static BatchLineage Resolve(ParsedText batch, CatalogSnapshot catalog, string? currentDatabase = null, string? defaultSchema = "dbo",
        ImmutableArray<TempTable> tempTables = default, ImmutableArray<TempProcedure> tempProcedures = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(catalog);
        var parsed = batch.Batch;
        if (parsed.Problem is not null)
            return Unknown(batch.Length, "the batch does not parse");
        return parsed.OnStackOf(() =>
        {
            var session = new SessionState { IsStale = currentDatabase is not null && !NameText.Same(currentDatabase, catalog.Database) };
            foreach (var table in tempTables.IsDefault ? [] : tempTables)
                Restore(session.Make(table.Name), table);
            foreach (var procedure in tempProcedures.IsDefault ? [] : tempProcedures)
                session.Procedures[procedure.Name] = procedure;
            var frame = new Frame { DefaultSchema = defaultSchema };
            return Run(parsed, new(catalog, session, new(catalog.SqlServer, s_analyzer.Limits, batch.QuotedIdentifier), new(), frame, new(), 0));
        });
    }

    /// <summary>The lineage of a procedure that is called by RPC. OUTPUT parameters are in <see cref="BatchLineage.Variables"/>: one that is
    /// named under its name, else under @p0, @p1 ... by its position.</summary>
    /// <param name="procedure">Its name as the request has it.</param>
    /// <param name="parameters">Of each parameter its name, null or empty for none, and whether it is by reference.</param>
    public static BatchLineage ResolveCall(ReadOnlySpan<char> procedure, IReadOnlyList<(string? Name, bool IsOutput)> parameters,
        CatalogSnapshot catalog, string? currentDatabase = null, string? defaultSchema = "dbo", ImmutableArray<TempTable> tempTables = default,
        ImmutableArray<TempProcedure> tempProcedures = default) =>
        Resolve(s_analyzer.ParseCall(procedure, parameters), catalog, currentDatabase, defaultSchema, tempTables, tempProcedures);

    static BatchLineage Run(ParsedBatch parsed, Resolver resolver)
    {
        var statements = ImmutableArray.CreateBuilder<StatementLineage>();
        var flat = BatchFacts.Flat(parsed.Batch!.Statements).ToList();
        resolver.Statements.SettleIfRepeating(flat);
        foreach (var statement in flat)
        {
            var effects = new Effects();
            var one = resolver.Same(effects);
            one.Statements.Run([statement]);
            resolver.Session.Touched = resolver.Session.Touched.Union(effects.Touched);
            statements.Add(effects.Build(statement.StartOffset, statement.FragmentLength, resolver.Frame.Returned));
        }
        return Build(statements.ToImmutable(), resolver, flat.All(s => s is PredicateSetStatement or SetStatisticsStatement));
    }

    static BatchLineage Build(ImmutableArray<StatementLineage> statements, Resolver resolver, bool setsAlone)
    {
        ImmutableArray<ResultSetLineage> results = [.. statements.SelectMany(s => s.ResultSets)];
        return new()
        {
            Statements = statements,
            ResultSets = results,
            SequenceKnown = statements.All(s => s.SequenceKnown),
            Union = SourceSet.UnionOf(results.Select(r => r.All)),
            Touched = SourceSet.UnionOf(statements.Select(s => s.Touched)),
            Errors = SourceSet.UnionOf(statements.Select(s => s.Errors)),
            Messages = SourceSet.UnionOf(statements.Select(s => s.Messages)),
            Variables = resolver.Frame.Variables.ToImmutableDictionary(StringComparer.OrdinalIgnoreCase),
            TempTables = [.. resolver.Session.Made.Where(t => NameText.IsTemporary(t.Name)).Select(Keep)],
            TempProcedures = [.. resolver.Session.Procedures.Values],
            TurnsOn = resolver.Session.TurnsOn,
            TurnsOff = resolver.Session.TurnsOff & (setsAlone ? ~ShapeSettings.None : ShapeSettings.FormatOnly),
            ChangesMeaning = resolver.Session.IsStale || resolver.Session.Altered.Count > 0 || resolver.Frame.DefaultSchema is null
                || resolver.Session.Made.Any(t => !NameText.IsTemporary(t.Name)),
        };
    }

    static TempTable Keep(MadeTable table) =>
        new(table.Name, [.. table.Rows.Columns.Select(c => new OutputColumn(c.Name, c.Sources, null))], table.IsOpen, table.Rest);

    static void Restore(MadeTable made, TempTable table)
    {
        foreach (var column in table.Columns)
            made.Add(column.Name, column.Sources);
        if (!table.Rest.IsEmpty)
            made.PutElsewhere(table.Rest);
        made.IsOpen = table.IsOpen;
    }

    static BatchLineage Unknown(int length, string reason)
    {
        var effects = new Effects();
        effects.Unknown(reason);
        var statement = effects.Build(0, length, SourceSet.Everything);
        return new()
        {
            Statements = [statement],
            ResultSets = statement.ResultSets,
            SequenceKnown = false,
            Union = SourceSet.Everything,
            Touched = SourceSet.Everything,
            Errors = SourceSet.Everything,
            Messages = SourceSet.Everything,
            Variables = ImmutableDictionary<string, SourceSet>.Empty,
            TempTables = [],
            ChangesMeaning = true,
        };
    }
}
