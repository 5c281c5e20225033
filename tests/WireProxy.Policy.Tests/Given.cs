using System.Collections.Immutable;
using System.Net;
using WireProxy.Sql;
using WireProxy.Sql.Catalog;

namespace WireProxy.Policy.Tests;

/// <summary>Short ways to write subjects, facts, catalogs and policies in tests.</summary>
internal static class Given
{
    public static DateTimeOffset Noon { get; } = new(2026, 3, 4, 12, 0, 0, TimeSpan.Zero); // A Wednesday.

    public static Subject Alice(params string[] groups) => new("alice", [.. groups], "clinic", "ward");

    public static Subject From(string address) => Alice() with { Address = IPAddress.Parse(address) };

    public static StatementFacts Select(params string[] tables) => new()
    {
        Command = "SELECT",
        Classes = [StatementClass.Read],
        Relations = [.. tables.Select(table => Table(table))],
    };

    public static StatementFacts Command(string tag, StatementClass statementClass = StatementClass.Ddl) =>
        new() { Command = tag, Classes = [statementClass] };

    public static RelationReference Table(string name, bool unbounded = false)
    {
        string[] parts = name.Split('.');
        return new RelationReference(null, parts.Length > 1 ? parts[0] : null, parts[^1], true, false, unbounded);
    }

    public static FunctionReference Function(string name)
    {
        string[] parts = name.Split('.');
        return new FunctionReference(parts.Length > 1 ? parts[0] : null, parts[^1]);
    }

    public static ImmutableArray<ColumnReference> Columns(params string[] names) =>
        [.. names.Select(name => name.Split('.')).Select(parts => new ColumnReference(null, parts.Length > 1 ? parts[0] : null, parts[^1]))];

    public static RuleDefinition Rule(RuleCondition when, Decision then = Decision.Block, string name = "a rule", string? message = null) =>
        new(name, when, then, message);

    public static ProtectRule Protect(Mask mask, params string[] columns) => new([.. columns.Select(Pattern)], mask);

    public static UnmaskGrant Grant(string group, params string[] columns) => new(null, [group], [.. columns.Select(Pattern)]);

    public static Protection ResolveFor(this CompiledPolicy policy, CatalogSnapshot catalog, Subject subject, ProtectedIdentities? known = null) =>
        policy.Resolve(catalog, policy.GrantsFor(subject, DateTimeOffset.UnixEpoch), known);

    public static ColumnPattern Pattern(string text) =>
        ColumnPattern.TryParse(text, out ColumnPattern? pattern, out string problem) ? pattern : throw new ArgumentException(problem);

    public static CompiledPolicy Policy(params RuleDefinition[] rules) => Compiled(new PolicyDefinition { Rules = [.. rules] });

    public static CompiledPolicy Protecting(params ProtectRule[] rules) => Compiled(new PolicyDefinition { Protect = [.. rules] });

    public static CompiledPolicy Compiled(PolicyDefinition definition) =>
        PolicyCompiler.Compile(definition, out ImmutableArray<PolicyProblem> problems)
        ?? throw new ArgumentException(string.Join("; ", problems));

    public static string[] ProblemsOf(PolicyDefinition definition)
    {
        CompiledPolicy? policy = PolicyCompiler.Compile(definition, out ImmutableArray<PolicyProblem> problems);
        Assert.That(policy is null, Is.EqualTo(!problems.IsEmpty));
        return [.. problems.Select(problem => $"{problem.Path}: {problem.Message}")];
    }

    public static Decision Judged(this CompiledPolicy policy, StatementFacts facts, Subject? subject = null, CatalogSnapshot? catalog = null) =>
        policy.Judge(facts, subject ?? Alice(), catalog, Noon).Decision;
}
