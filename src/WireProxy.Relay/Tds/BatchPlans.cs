using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using WireProxy.Policy;
using WireProxy.Sql;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.TransactSql.Lineage;

namespace WireProxy.Relay.Tds;

/// <summary>From where values come and go to what is refused and what is masked, for one session.</summary>
internal sealed class BatchPlans(TdsSession session)
{
    /// <summary>Texts longer than this are resolved anew each time: they are bulk data, and seldom come twice.</summary>
    private const int LongestKept = 16 * 1024;

    private const int MostKept = 4096;

    private static readonly ConditionalWeakTable<CatalogSnapshot, ConcurrentDictionary<(string Text, bool Quoted), BatchLineage>> Known = [];

    private Leftovers _left = Leftovers.None;
    private Leftovers _next = Leftovers.None;
    private bool _isStale;

    /// <summary>No batch before has left anything by which another would be judged otherwise.</summary>
    public bool IsLikeNew => _left.IsEmpty;

    /// <summary>The session is like new.</summary>
    public void Reset() => _left = Leftovers.None;

    /// <summary>A request is judged text by text: each finds what those before it leave.</summary>
    public void Begin() => (_next, _isStale) = (_left, false);

    /// <summary>Why the text must not run although the rules allow it: it would put protected values where they are not protected.</summary>
    public Refusal? RefusalOf(RequestText text)
    {
        if (text.Readings.Select(RefusalOfNames).FirstOrDefault(refused => refused is not null) is { } refusal)
            return refusal;
        text.Lineages = [.. text.Quoted.Select(quoted => LineageOf(text, quoted))];
        _next = _next.After(text.Lineages);
        _isStale |= text.Readings.Any(reading => reading.Statements.Any(MayChangeNames));
        bool blocksPredicates = session.Policy.Predicates == PredicateMode.Block;
        bool blocksDerived = blocksPredicates || session.Policy.Derived == DerivedMode.Block;
        foreach (BatchLineage lineage in text.Lineages)
        {
            foreach (StatementLineage statement in lineage.Statements)
            {
                if (blocksPredicates && IsProtected(statement.Predicates))
                    return Refusals.Predicate(CommandOf(text));
                // An expression that fails for some values and not for others answers questions as a condition does.
                if (blocksDerived && statement.ResultSets.Any(set => set.Columns.Any(column => column.Origin is null && IsProtected(column.Sources))))
                    return Refusals.Derived(CommandOf(text), session.Policy.Derived == DerivedMode.Block ? "derived: block" : "predicates: block");
                foreach (ValueWrite write in statement.Writes)
                {
                    if (Leaks(write))
                        return write.Kind == WriteKind.Anywhere
                            ? Refusals.UnknownSql(CommandOf(text), statement.Reasons.FirstOrDefault()) : Refusals.Copies(CommandOf(text), write.Name);
                }
            }
        }
        return null;
    }

    /// <summary>What a batch does to the catalog by which it is judged itself.</summary>
    private Refusal? RefusalOfNames(AnalyzedText reading)
    {
        if (session.Session.Listener.Options.Upstream.Catalog is null && reading.Statements.FirstOrDefault(ChangesUser) is { } changed)
            return Refusals.ChangesUser(changed.Command);
        if (!reading.Statements.Any(facts => facts.ChangesCatalog))
            return null;
        foreach (StatementFacts facts in reading.Statements)
        {
            if (facts.Relations.FirstOrDefault(relation => IsMadeHere(relation, facts)) is { } made)
                return Refusals.MadeHere(facts.Command, made.Name);
        }
        return null;
    }

    /// <summary>Dynamic SQL and procedures go back to the user they began with; what stands in the batch itself stays.</summary>
    private static bool ChangesUser(StatementFacts facts) =>
        facts.Command is "EXECUTE AS" or "SETUSER" || facts.InnerCommands.Any(command => command is "EXECUTE AS" or "SETUSER")
        || facts.Functions.Any(function => function.Name.Equals("sp_setapprole", StringComparison.OrdinalIgnoreCase));

    /// <summary>Values are read of a table that the policy names and the catalog does not know.</summary>
    private bool IsMadeHere(RelationReference relation, StatementFacts facts) =>
        (relation.IsRead || facts.Command is "UPDATE" or "DELETE" or "MERGE" || facts.InnerCommands.Any(command => command is "UPDATE" or "DELETE" or "MERGE"))
        && !relation.Name.StartsWith('#')
        && session.Policy.Definition.Protect.Any(rule => rule.Columns.Any(column => column.MatchesTable(session.Catalog!.Database, relation.Schema, relation.Name)))
        && !session.Catalog!.Relations.Any(known => Same(known.Name, relation.Name) && (relation.Schema is null || Same(known.Schema, relation.Schema)));

    private static bool Same(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);

    /// <summary>What is masked of the answer; null where nothing must be. From here on the batch counts as run.</summary>
    public BatchPlan? PlanOf(RequestTexts request)
    {
        bool touches = false;
        bool withholds = false;
        // What a batch turns on counts for itself; what it turns off, for the next.
        ShapeSettings shapes = request.Texts.SelectMany(text => text.Lineages).Aggregate(_left.Shapes, static (on, lineage) => on | lineage.TurnsOn);
        bool isSequenceKnown = shapes == ShapeSettings.None;
        var sets = ImmutableArray.CreateBuilder<ResultPlan?>();
        foreach (RequestText text in request.Texts)
        {
            // Two readings may give two sequences.
            isSequenceKnown &= text.Lineages.Count == 1;
            foreach (BatchLineage lineage in text.Lineages)
            {
                withholds |= IsProtected(lineage.Errors) || IsProtected(lineage.Messages);
                touches |= IsProtected(lineage.Union) || lineage.Statements.Any(statement => IsProtected(statement.Returned))
                    || lineage.Variables.Values.Any(IsProtected);
                isSequenceKnown &= lineage.SequenceKnown;
                sets.AddRange(lineage.ResultSets.Select(PlanOf));
                touches |= (shapes & ShapeSettings.NoBrowseTable) != 0 && lineage.Statements.Any(HasProtectedTable);
            }
        }
        _left = _next;
        Mask ofText = session.Protection?.DerivedMask ?? Mask.Redact;
        if (!touches && !withholds)
            return null;
        return (shapes & ~ShapeSettings.FormatOnly) != 0 ? BatchPlan.Everything(ofText) : new BatchPlan(sets.DrainToImmutable(), isSequenceKnown, ofText)
        {
            MasksValues = touches,
            Withholds = withholds,
            IsOfCursor = request.Cursor is not null || request.Makes.Any(maker => maker.MakesCursor),
        };
    }

    /// <summary>Columns may come that the statement does not name: the keys of its tables.</summary>
    private bool HasProtectedTable(StatementLineage statement) =>
        statement.Relations.Any(relation => session.Protection!.Find(relation, 0).Kind != ProtectionKind.Clear);

    /// <summary>Whether the session may be in another database afterwards, which the server then says.</summary>
    public static bool MayChangeDatabase(RequestTexts request) =>
        request.Texts.Any(text => text.Readings.Any(reading => reading.Statements.Any(MayChangeDatabase)));

    private static bool MayChangeDatabase(StatementFacts facts) => facts.Command == "USE" || facts.InnerCommands.Contains("USE") || facts.HasUnknownSql;

    /// <summary>Behind it, in one request, the catalog no longer says what names mean.</summary>
    private static bool MayChangeNames(StatementFacts facts) => facts.ChangesCatalog || MayChangeDatabase(facts) || ChangesUser(facts);

    private BatchLineage LineageOf(RequestText request, bool quoted)
    {
        CatalogSnapshot catalog = session.Catalog!;
        if (request.Called is { } called)
        {
            return TransactSqlLineage.ResolveCall(
                called.Procedure, called.Parameters, catalog, CurrentDatabase(catalog), defaultSchema: null, _next.TempTables, _next.TempProcedures);
        }
        string text = request.Text;
        if (!_next.HasNothingTemporary || _isStale || text.Length > LongestKept)
            return Resolve(text, catalog, quoted);
        ConcurrentDictionary<(string, bool), BatchLineage> known = Known.GetValue(catalog, static _ => new());
        if (known.TryGetValue((text, quoted), out BatchLineage? lineage))
            return lineage;
        lineage = Resolve(text, catalog, quoted);
        if (known.Count >= MostKept)
            known.Clear();
        known[(text, quoted)] = lineage;
        return lineage;
    }

    private BatchLineage Resolve(string text, CatalogSnapshot catalog, bool quoted) => TransactSqlLineage.Resolve(
        text, catalog, CurrentDatabase(catalog), defaultSchema: null, _next.TempTables, quoted, _next.TempProcedures);

    /// <summary>In another database than the catalog's no name means anything that is known.</summary>
    private string CurrentDatabase(CatalogSnapshot catalog) => _isStale ? "" : catalog.Database;

    private ResultPlan? PlanOf(ResultSetLineage set) => !set.IsKnown ? null : new ResultPlan(
        [.. set.Columns.Select(column => column.Name)], [.. set.Columns.Select(MaskOf)]);

    private Mask? MaskOf(OutputColumn column)
    {
        if (column.Origin is { } origin && session.Protection!.NamedMask(origin.Relation, origin.Column) is { } named)
            return named;
        if (!IsProtected(column.Sources))
            return null;
        return column.Origin is not null && !column.Sources.IsEverything && column.Sources.Columns is [var only]
            && session.Protection!.Find(only.Relation, only.Column) is { IsMasked: true } found ? found.Mask : BatchPlan.Unsettled;
    }

    private bool IsProtected(SourceSet sources) =>
        sources.IsEverything || sources.Columns.Any(column => session.Protection!.Find(column.Relation, column.Column).Kind != ProtectionKind.Clear);

    private bool Leaks(ValueWrite write) => IsProtected(write.Sources) && write.Kind switch
    {
        // Followed by the analysis, from batch to batch.
        WriteKind.Session => false,
        WriteKind.Column => !session.Protection!.Find(write.Target.Relation, write.Target.Column).IsMasked,
        _ => true,
    };

    private static string CommandOf(RequestText text) =>
        text.Readings is [{ Statements: [StatementFacts only] }, ..] ? only.Command : "batch";
}
