using System.Collections.Immutable;
using WireProxy.Policy;
using WireProxy.Sql;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.TransactSql;
using WireProxy.Sql.TransactSql.Lineage;

namespace WireProxy.Cli.PolicyTest;

/// <summary>Judges T-SQL batch by batch: one refused statement stops its batch. Without a catalog names count as they are written, and
/// what a procedure or a view reads is not known; with one every name is resolved.</summary>
internal sealed class TransactSqlJudge(
    CompiledPolicy policy, PolicyDefinition definition, Subject subject, TimeProvider time, CatalogSnapshot? catalog) : IScriptJudge
{
    private readonly TransactSqlAnalyzer _analyzer = new();
    private readonly Protection? _protection = catalog is null ? null : policy.Resolve(catalog, policy.GrantsFor(subject, DateTimeOffset.UtcNow));
    private ImmutableArray<TempTable> _tempTables = [];
    private ImmutableArray<TempProcedure> _tempProcedures = [];

    public (string One, string More) Unit => ("batch", "es");

    public string? Blindness => catalog is null && policy.NamesProtectedColumns
        ? "no catalog was read: copies of protected columns, what procedures and views read, and names in other letters are not seen; --catalog reads it"
        : null;

    public IEnumerable<StatementVerdict> Judge(string script) => BatchSplitter.Split(script).Select(Judge);

    private StatementVerdict Judge(ScriptStatement batch)
    {
        var readings = Readings(batch.Text);
        if (readings is [(_, { Problem: { } problem })])
            return new StatementVerdict(batch, policy.JudgeUnparsed(), [], problem, []);
        var verdicts = readings.SelectMany(reading => reading.Analyzed.Statements).Select(Named).Select(facts => (Facts: facts, Verdict: Judge(facts)));
        var refused = verdicts.FirstOrDefault(one => one.Verdict.Decision != Decision.Allow).Verdict;
        ImmutableArray<StatementFacts> shown = [.. readings[0].Analyzed.Statements.Select(Named)];
        var masked = MaskedColumns.Of(shown, definition, subject);
        if (refused is not null || catalog is null)
            return new StatementVerdict(batch, refused ?? Verdict.Allowed, shown, null, masked);
        BatchLineage[] lineages = [.. readings.Select(reading => TransactSqlLineage.Resolve(
            batch.Text, catalog, catalog.Database, defaultSchema: null, _tempTables, reading.Quoted, _tempProcedures))];
        var copy = lineages.SelectMany(lineage => lineage.Statements).SelectMany(statement => statement.Writes).FirstOrDefault(Leaks);
        if (copy is null)
        {
            _tempTables = lineages.Select(lineage => lineage.TempTables).Aggregate(TempTable.EitherOf);
            _tempProcedures = lineages.Select(lineage => lineage.TempProcedures).Aggregate(TempProcedure.EitherOf);
        }
        return new StatementVerdict(batch, copy is null ? Verdict.Allowed : Copies(copy), shown, null, masked)
        {
            Result = [.. lineages[0].ResultSets.SelectMany(Columns)],
        };
    }

    /// <summary>Whether double quotes mean names or texts is a setting of the session, which the gateway does not follow: it reads a batch
    /// with such quotes in both ways, and so is it here.</summary>
    private List<(bool Quoted, AnalyzedText Analyzed)> Readings(string text)
    {
        var named = (Quoted: true, Analyzed: _analyzer.Analyze(text));
        if (!text.Contains('"', StringComparison.Ordinal))
            return [named];
        var literal = (Quoted: false, Analyzed: _analyzer.Analyze(text, quotedIdentifier: false));
        return (named.Analyzed.Problem, literal.Analyzed.Problem) switch
        {
            (null, null) => [named, literal],
            (not null, null) => [literal],
            _ => [named],
        };
    }

    private StatementFacts Named(StatementFacts facts) => catalog is null ? facts : CatalogNames.Of(facts, catalog, null);

    private Verdict Judge(StatementFacts facts)
    {
        var verdict = policy.Judge(facts, subject, catalog: null, time.GetUtcNow());
        return verdict.Decision == Decision.Allow && facts.HasUnknownSql && policy.NamesProtectedColumns
            ? new Verdict(Decision.Block, null, "It runs text that is put together while it runs, which cannot be judged before.")
            : verdict;
    }

    private static Verdict Copies(ValueWrite write) => new(Decision.Block, null, write.Kind == WriteKind.Anywhere
        ? "It runs code that is not known, which may copy protected columns anywhere."
        : $"It would copy protected columns to {write.Name}, where they are not protected.");

    private bool Leaks(ValueWrite write) => IsProtected(write.Sources) && write.Kind switch
    {
        WriteKind.Session => false,
        WriteKind.Column => !_protection!.Find(write.Target.Relation, write.Target.Column).IsMasked,
        _ => true,
    };

    private bool IsProtected(SourceSet sources) => sources.IsEverything || sources.Columns.Any(IsProtected);

    private bool IsProtected(SourceColumn column) => _protection!.Find(column.Relation, column.Column).Kind != ProtectionKind.Clear;

    private IEnumerable<ResultColumn> Columns(ResultSetLineage set, int index) => set.IsKnown
        ? set.Columns.Select(column => new ResultColumn(index + 1, column.Name ?? "(no name)", Fate(column.Sources)))
        : [new ResultColumn(index + 1, "(not known before it runs)", Fate(set.All))];

    private string Fate(SourceSet sources) => !IsProtected(sources) ? "clear"
        : sources.IsEverything ? "masked: what it holds is not known"
        : $"masked: from {string.Join(", ", sources.Columns.Where(IsProtected).Select(NameOf))}";

    private string NameOf(SourceColumn column) => catalog!.Relation(column.Relation) is { } relation
        ? $"{relation.Schema}.{relation.Name}.{relation.Column(column.Column)?.Name ?? "?"}" : "a column that is not known";
}
