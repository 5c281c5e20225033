using System.Collections.Immutable;
using WireProxy.Policy;
using WireProxy.Relay.Tds;
using WireProxy.Sql;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.TransactSql;
using WireProxy.Sql.TransactSql.Lineage;

namespace WireProxy.Cli.PolicyTest;

/// <summary>Judges T-SQL batch by batch: one refused statement stops its batch. Without a catalog names count as they are written, and
/// what a procedure or a view reads is not known; with one every name is resolved, as the gateway does.</summary>
internal sealed class TransactSqlJudge(
    CompiledPolicy policy, Subject subject, TimeProvider time, CatalogSnapshot? catalog) : IScriptJudge
{
    private readonly TransactSqlAnalyzer _analyzer = new();
    private readonly LineageJudge? _judge = catalog is null ? null : new LineageJudge(
        policy, policy.Resolve(catalog, policy.GrantsFor(subject, time.GetUtcNow())), catalog);
    private ImmutableArray<TempTable> _tempTables = [];
    private ImmutableArray<TempProcedure> _tempProcedures = [];

    public (string One, string More) Unit => ("batch", "es");

    public string? Blindness => catalog is null && policy.NamesProtectedColumns
        ? "no catalog was read: copies of protected columns, what procedures and views read, and names in other letters are not seen; --catalog reads it"
        : null;

    public IEnumerable<StatementVerdict> Judge(string script) => BatchSplitter.Split(script).Select(Judge);

    private StatementVerdict Judge(ScriptStatement batch)
    {
        var readings = ReadingsOf(batch.Text);
        if (readings is [{ Facts.Problem: { } problem }])
            return new StatementVerdict(batch, policy.JudgeUnparsed(), [], problem, []);
        ImmutableArray<StatementFacts> shown = [.. readings[0].Facts.Statements.Select(Named)];
        var masked = MaskedColumns.Of(shown, policy, subject, time.GetUtcNow());
        var refused = readings.SelectMany(reading => reading.Facts.Statements).Select(Named).Select(Judge)
            .FirstOrDefault(verdict => verdict.Decision != Decision.Allow);
        if (refused is not null || catalog is null)
            return new StatementVerdict(batch, refused ?? Verdict.Allowed, shown, null, masked);
        BatchLineage[] lineages = [.. readings.Select(reading =>
            TransactSqlLineage.Resolve(reading, catalog, catalog.Database, defaultSchema: null, _tempTables, _tempProcedures))];
        var command = shown is [var only] ? only.Command : "batch";
        var objection = lineages.Select(lineage => _judge!.ObjectionTo(lineage, command)).FirstOrDefault(found => found is not null);
        if (objection is null)
        {
            _tempTables = lineages.Select(lineage => lineage.TempTables).Aggregate(TempTable.EitherOf);
            _tempProcedures = lineages.Select(lineage => lineage.TempProcedures).Aggregate(TempProcedure.EitherOf);
        }
        return new StatementVerdict(batch, objection is null ? Verdict.Allowed : Refused(objection), shown, null, masked)
        {
            Result = [.. lineages[0].ResultSets.SelectMany(Columns)],
        };
    }

    private IReadOnlyList<ParsedText> ReadingsOf(string text)
    {
        var named = _analyzer.Parse(text);
        return text.Contains('"', StringComparison.Ordinal)
            ? Readings.ThatMakeSense(named, _analyzer.Parse(text, quotedIdentifier: false), reading => reading.Facts) : [named];
    }

    private StatementFacts Named(StatementFacts facts) => catalog is null ? facts : CatalogNames.Of(facts, catalog, null);

    private Verdict Judge(StatementFacts facts)
    {
        var verdict = policy.Judge(catalog is null ? facts : ModuleReach.Of(facts, catalog), subject, catalog: null, time.GetUtcNow());
        return verdict.Decision == Decision.Allow && facts.HasUnknownSql && policy.NamesProtectedColumns ? Refused(LineageJudge.UnknownText) : verdict;
    }

    private static Verdict Refused(Objection objection) =>
        new(Decision.Block, null, char.ToUpperInvariant(objection.Message[0]) + objection.Message[1..] + " " + objection.Hint);

    private IEnumerable<ResultColumn> Columns(ResultSetLineage set, int index) => set.IsKnown
        ? set.Columns.Select(column => new ResultColumn(index + 1, column.Name ?? "(no name)", Fate(column.Sources, _judge!.MaskOf(column))))
        : [new ResultColumn(index + 1, "(not known before it runs)", Fate(set.All, LineageJudge.Unsettled))];

    private string Fate(SourceSet sources, Mask? mask) => mask is null || (!_judge!.IsProtected(sources) && ReferenceEquals(mask, LineageJudge.Unsettled)) ? "clear"
        : sources.IsEverything ? "masked: what it holds is not known"
        : $"masked{(ReferenceEquals(mask, LineageJudge.Unsettled) ? "" : $" ({mask})")}: from {_judge.Names(sources)}";
}
