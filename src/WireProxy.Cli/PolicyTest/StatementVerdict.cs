using System.Collections.Immutable;
using System.Text;
using WireProxy.Policy;
using WireProxy.Sql;
using WireProxy.Sql.Postgres;

namespace WireProxy.Cli.PolicyTest;

/// <summary>What would happen to one statement of a script.</summary>
/// <param name="Facts">Null where the statement does not parse.</param>
/// <param name="Masked">Columns that the policy protects in the tables that the statement names.</param>
internal sealed record StatementVerdict(
    ScriptStatement Statement, Verdict Verdict, StatementFacts? Facts, ParseProblem? Problem, ImmutableArray<MaskedColumn> Masked)
{
    /// <summary>Approvals do not exist in this version, so a statement that waits for one is refused.</summary>
    public bool IsRefused => Verdict.Decision != Decision.Allow;
}

internal sealed record MaskedColumn(ColumnPattern Column, Mask Mask);

/// <summary>Judges scripts by a policy as the gateway would, with what can be known without the database: an unqualified table
/// may be in any schema.</summary>
internal sealed class StatementJudge(CompiledPolicy policy, PolicyDefinition definition, Subject subject, TimeProvider time)
{
    private readonly PostgresAnalyzer _analyzer = new();

    public IEnumerable<StatementVerdict> Judge(string script) => StatementSplitter.Split(script).SelectMany(Judge);

    private IEnumerable<StatementVerdict> Judge(ScriptStatement statement)
    {
        var analysed = _analyzer.Analyze(Encoding.UTF8.GetBytes(statement.Text));
        if (analysed.Problem is { } problem)
            return [new StatementVerdict(statement, policy.JudgeUnparsed(), null, problem, [])];
        return analysed.Statements.Select(facts =>
            new StatementVerdict(statement, policy.Judge(facts, subject, catalog: null, time.GetUtcNow()), facts, null, Masked(facts)));
    }

    private ImmutableArray<MaskedColumn> Masked(StatementFacts facts) =>
    [
        .. from protect in definition.Protect
           from column in protect.Columns
           where facts.Relations.Any(relation => column.MatchesTable(relation.Database ?? subject.Database, relation.Schema, relation.Name))
           where !definition.Unmask.Any(grant =>
               grant.Groups.IsEmpty && grant.Users.Contains(subject.User) && grant.Columns.Contains(column))
           select new MaskedColumn(column, protect.Mask),
    ];
}
