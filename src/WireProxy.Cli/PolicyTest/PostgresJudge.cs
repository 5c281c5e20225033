using System.Text;
using WireProxy.Policy;
using WireProxy.Relay.Postgres;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Cli.PolicyTest;

/// <summary>Judges PostgreSQL's SQL with what can be known without the database: an unqualified table may be in any schema.</summary>
internal sealed class PostgresJudge(CompiledPolicy policy, Subject subject, TimeProvider time) : IScriptJudge
{
    private readonly PostgresAnalyzer _analyzer = new();

    public (string One, string More) Unit => ("statement", "s");

    public string? Blindness => policy.HasProtectedColumns
        ? "no catalog was read: copies of protected columns, what views and functions read, and labels are not seen; --catalog reads it" : null;

    public IEnumerable<StatementVerdict> Judge(string script) => StatementSplitter.Split(script).SelectMany(Judge);

    private IEnumerable<StatementVerdict> Judge(ScriptStatement statement)
    {
        var analysed = _analyzer.Analyze(Encoding.UTF8.GetBytes(statement.Text));
        if (analysed.Problem is { } problem)
            return [new StatementVerdict(statement, policy.JudgeUnparsed(), [], problem, [])];
        return analysed.Statements.Select(facts => new StatementVerdict(
            statement, policy.Judge(facts, subject, catalog: null, time.GetUtcNow()), [facts], null,
            MaskedColumns.Of([facts], policy, subject, time.GetUtcNow())));
    }
}

/// <summary>Judges PostgreSQL's SQL as a session would that sees this catalog.</summary>
internal sealed class PostgresCatalogJudge(
    CompiledPolicy policy, Subject subject, TimeProvider time, CatalogSnapshot catalog, SearchPath? path) : IScriptJudge
{
    private readonly PostgresTrial _trial = new(policy, subject, catalog, path, time.GetUtcNow());

    public (string One, string More) Unit => ("statement", "s");

    public string? Blindness => "each statement is judged by the catalog as it is now: what earlier statements of the script make or set is not seen";

    public IEnumerable<StatementVerdict> Judge(string script) => StatementSplitter.Split(script).SelectMany(Judge);

    private IEnumerable<StatementVerdict> Judge(ScriptStatement statement)
    {
        var (verdicts, problem) = _trial.Try(statement.Text);
        return problem is not null
            ? [new StatementVerdict(statement, policy.JudgeUnparsed(), [], problem, [])]
            : verdicts.Select((verdict, index) => new StatementVerdict(statement, verdict.Verdict, [verdict.Facts], null, MaskedColumns.Of([verdict.Facts], policy, subject, time.GetUtcNow()))
            {
                Hint = verdict.Hint,
                Result = [.. verdict.Columns.Select(column => new ResultColumn(index + 1, column.Name ?? "(not known before it runs)", Fate(column)))],
            });
    }

    private static string Fate(TrialColumn column) => column switch
    {
        { Name: null, Mask: null } => "as of the statement that stands under the name",
        { Mask: null } => "clear",
        _ => $"masked ({column.Mask}): from {column.Sources}",
    };
}
