using System.Collections.Immutable;
using WireProxy.Policy;

namespace WireProxy.Relay.Tests;

/// <summary>The policies that the tests run with.</summary>
internal static class TestPolicies
{
    /// <summary>Two protected columns, and no rules.</summary>
    public static CompiledPolicy Protecting { get; } = Compile(new PolicyDefinition
    {
        Protect =
        [
            new ProtectRule([Column("clinic.patients.full_name"), Column("clinic.results.full_name")], Mask.Redact),
            new ProtectRule([Column("clinic.patients.ssn")], new Mask.KeepLast(4)),
        ],
    });

    public static ImmutableArray<RuleDefinition> JudgingRules { get; } =
        [new RuleDefinition("no-drop", new RuleCondition { Statement = ["DROP DATABASE"] }, Decision.Block, "Not here.")];

    /// <summary>Nothing is protected, and every statement is judged.</summary>
    public static CompiledPolicy Judging { get; } = Compile(new PolicyDefinition { Rules = JudgingRules });

    /// <summary>Of <see cref="Protecting"/>, with the names shown to this user from 8 to 18 hours UTC.</summary>
    public static CompiledPolicy ShowingNamesByDay(string user) => Compile(Protecting.Definition with
    {
        Unmask = [new UnmaskGrant([user], null, [Column("clinic.patients.full_name")]) { Hours = ["08:00-18:00"] }],
    });

    private static ColumnPattern Column(string text) =>
        ColumnPattern.TryParse(text, out ColumnPattern? pattern, out string problem) ? pattern : throw new ArgumentException(problem);

    private static CompiledPolicy Compile(PolicyDefinition definition) =>
        PolicyCompiler.Compile(definition, out ImmutableArray<PolicyProblem> problems) ?? throw new ArgumentException(problems[0].Message);
}
