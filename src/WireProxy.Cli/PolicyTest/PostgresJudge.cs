using System.Text;
using WireProxy.Policy;
using WireProxy.Sql.Postgres;

namespace WireProxy.Cli.PolicyTest;

/// <summary>Judges PostgreSQL's SQL with what can be known without the database: an unqualified table may be in any schema.</summary>
internal sealed class PostgresJudge(CompiledPolicy policy, PolicyDefinition definition, Subject subject, TimeProvider time) : IScriptJudge
{
    private readonly PostgresAnalyzer _analyzer = new();

    public (string One, string More) Unit => ("statement", "s");

    public IEnumerable<StatementVerdict> Judge(string script) => StatementSplitter.Split(script).SelectMany(Judge);

    private IEnumerable<StatementVerdict> Judge(ScriptStatement statement)
    {
        var analysed = _analyzer.Analyze(Encoding.UTF8.GetBytes(statement.Text));
        if (analysed.Problem is { } problem)
            return [new StatementVerdict(statement, policy.JudgeUnparsed(), [], problem, [])];
        return analysed.Statements.Select(facts => new StatementVerdict(
            statement, policy.Judge(facts, subject, catalog: null, time.GetUtcNow()), [facts], null,
            MaskedColumns.Of([facts], definition, subject)));
    }
}
