using System.Collections.Immutable;
using WireProxy.Policy;
using WireProxy.Sql;

namespace WireProxy.Cli.PolicyTest;

/// <summary>What would happen to one statement, or one batch, of a script.</summary>
/// <param name="Facts">Of a statement one; of a batch those of its statements. Empty where it does not parse.</param>
/// <param name="Masked">Columns that the policy protects in the tables that it names.</param>
internal sealed record StatementVerdict(
    ScriptStatement Statement, Verdict Verdict, ImmutableArray<StatementFacts> Facts, ParseProblem? Problem, ImmutableArray<MaskedColumn> Masked)
{
    /// <summary>Approvals do not exist in this version, so a statement that waits for one is refused.</summary>
    public bool IsRefused => Verdict.Decision != Decision.Allow;

    public bool RunsUnknownText => Facts.Any(facts => facts.HasUnknownSql);

    /// <summary>The columns of what comes back and what becomes of each, where a catalog was read; else null.</summary>
    public ImmutableArray<ResultColumn>? Result { get; init; }

    /// <summary>What to do instead of a refused statement; null for nothing.</summary>
    public string? Hint { get; init; }
}

internal sealed record MaskedColumn(ColumnPattern Column, Mask Mask);

/// <param name="ResultSet">Its number in the batch, from 1.</param>
/// <param name="Fate">clear, or masked and why.</param>
internal sealed record ResultColumn(int ResultSet, string Name, string Fate);

/// <summary>Judges a script by a policy as the gateway would.</summary>
internal interface IScriptJudge
{
    /// <summary>What is judged, for a count: one of them, and what more than one have at the end.</summary>
    (string One, string More) Unit { get; }

    /// <summary>What the gateway would see and is not seen here; null for nothing.</summary>
    string? Blindness { get; }

    IEnumerable<StatementVerdict> Judge(string script);
}

/// <summary>Which protected columns a statement's tables have, as far as its own words tell.</summary>
internal static class MaskedColumns
{
    public static ImmutableArray<MaskedColumn> Of(IEnumerable<StatementFacts> facts, CompiledPolicy policy, Subject subject, DateTimeOffset now)
    {
        var relations = facts.SelectMany(one => one.Relations).ToList();
        List<ColumnPattern> open = [.. policy.GrantStates(subject, now).Where(state => state.Holds).SelectMany(state => state.Grant.Columns)];
        return
        [
            .. from protect in policy.Definition.Protect
               from column in protect.Columns
               where relations.Any(relation => column.MatchesTable(relation.Database ?? subject.Database, relation.Schema, relation.Name))
               where !open.Any(granted => granted.Covers(column))
               select new MaskedColumn(column, protect.Mask),
        ];
    }
}
