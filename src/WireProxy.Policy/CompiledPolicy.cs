using System.Collections.Immutable;
using WireProxy.Sql;
using WireProxy.Sql.Catalog;

namespace WireProxy.Policy;

/// <summary>A policy whose meaning was checked. Immutable; a session keeps the one that it began with.</summary>
public sealed class CompiledPolicy
{
    private readonly ImmutableArray<CompiledRule> _rules;
    private readonly GrantTable _grants;

    internal CompiledPolicy(PolicyDefinition definition, ImmutableArray<CompiledRule> rules, ImmutableArray<CompiledGrant> grants)
    {
        _rules = rules;
        _grants = new GrantTable(grants);
        Definition = definition;
        NamesProtectedColumns = !definition.Protect.IsEmpty;
        HasProtectedColumns = NamesProtectedColumns || definition.Labels == LabelMode.Protect;
        DependsOnCatalog = HasProtectedColumns || rules.Any(rule => rule.What.NeedsCatalog(rule.Then));
        VerdictDependsOnTime = GrantsDependOnTime || rules.Any(rule => rule.Who.Hours is not null);
        UnenforcedSettings = FindUnenforced(definition);
    }

    /// <summary>Everything is allowed, nothing is masked.</summary>
    public static CompiledPolicy AllowEverything { get; } = new(new PolicyDefinition(), [], []);

    /// <summary>Neither rules nor protected columns: the gateway need not understand anything.</summary>
    public bool IsTransparent => _rules.IsEmpty && !HasProtectedColumns;
    /// <summary>Columns may be protected: the policy names some, or the database's labels may.</summary>
    public bool HasProtectedColumns { get; }
    /// <summary>The policy protects columns by their sensitivity labels (SQL Server).</summary>
    public bool NamesLabels => Definition.Protect.Any(rule => !rule.Labels.IsEmpty);
    /// <summary>The policy itself names protected columns.</summary>
    public bool NamesProtectedColumns { get; }
    /// <summary>The policy file's hash, which the journal names it by; empty for <see cref="AllowEverything"/>.</summary>
    public string Hash => Definition.Hash;
    /// <summary>True where verdicts or masks need the catalog.</summary>
    public bool DependsOnCatalog { get; }
    /// <summary>True where a verdict, or what is masked, may be another at another hour; then it is not to be cached.</summary>
    public bool VerdictDependsOnTime { get; }
    public DerivedMode Derived => Definition.Derived;
    public PredicateMode Predicates => Definition.Predicates;
    public UnparsedMode Unparsed => Definition.Unparsed;
    public LabelMode Labels => Definition.Labels;

    /// <summary>Settings that this version accepts and does not carry out as written, in words for a warning.</summary>
    public ImmutableArray<string> UnenforcedSettings { get; }

    /// <summary>As the file says it.</summary>
    public PolicyDefinition Definition { get; }

    /// <summary>Judges one statement. The first rule that matches decides; where none does the statement is allowed. For one
    /// policy, subject, catalog and statement the verdict is always the same unless <see cref="VerdictDependsOnTime"/>.</summary>
    /// <param name="catalog">Null where it is not known (yet): then an unqualified name may be in any schema.</param>
    public Verdict Judge(StatementFacts facts, Subject subject, CatalogSnapshot? catalog, DateTimeOffset now)
    {
        if (_rules.IsEmpty)
            return Verdict.Allowed;
        StatementReach reach = new(facts, subject.Database ?? catalog?.Database, catalog is null ? null : CatalogIndex.Of(catalog));
        foreach (CompiledRule rule in _rules)
            if (rule.Judge(reach, subject, now) is { } verdict)
                return verdict;
        return Verdict.Allowed;
    }

    /// <summary>Judges text that does not parse. Approval cannot be had in this version, so <c>approve</c> stops it too.</summary>
    public Verdict JudgeUnparsed()
    {
        if (IsTransparent)
            return Verdict.Allowed;
        Decision decision = Unparsed == UnparsedMode.Approve ? Decision.Approve : Decision.Block;
        return new Verdict(decision, null, VerdictMessages.Unparsed(Unparsed));
    }

    /// <summary>Judges PostgreSQL's FunctionCall message as a call of that function.</summary>
    /// <param name="functionName">The name without its schema; null where the function's OID is not in the catalog. A function
    /// that nobody knows may do anything, and is judged so.</param>
    public Verdict JudgeFunctionCall(string? functionName, Subject subject, DateTimeOffset now, string? schema = null) =>
        Judge(FunctionCallFacts.Of(schema, functionName), subject, null, now);

    /// <summary>True where a subject may see other columns in the clear at another hour.</summary>
    public bool GrantsDependOnTime => _grants.DependsOnTime;

    /// <summary>What <c>unmask</c> grants this subject at this moment.</summary>
    public GrantSet GrantsFor(Subject subject, DateTimeOffset now) => _grants.For(subject, now);

    /// <summary>Each of the file's grants, and whether it holds for this subject at this moment.</summary>
    public ImmutableArray<GrantState> GrantStates(Subject subject, DateTimeOffset now) =>
        [.. _grants.Unmet(subject, now).Select((unmet, index) => new GrantState(index, Definition.Unmask[index], unmet))];

    /// <summary>What of the catalog is protected from whoever has these grants.</summary>
    /// <param name="known">Columns that the policy has named before, under whatever name they go now; null for none.</param>
    public Protection Resolve(CatalogSnapshot catalog, GrantSet grants, ProtectedIdentities? known = null) =>
        new(Definition, CatalogIndex.Of(catalog), grants, known);

    /// <summary>True where a grant opens columns to the subject, be it at certain hours only.</summary>
    public bool Unmasks(Subject subject) => _grants.MayHold(subject);

    /// <summary>What the policy's <c>protect</c> names for this database and its catalog does not have: a name mistyped, or a column renamed since.</summary>
    public ImmutableArray<ColumnPattern> MissingFrom(CatalogSnapshot catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return [.. Definition.Protect.SelectMany(rule => rule.Columns).Where(pattern => pattern.MatchesDatabase(catalog.Database)
            && !CatalogIndex.Of(catalog).Relations.Any(node => pattern.MatchesTable(catalog.Database, node.Schema, node.Name)
                && (!node.HasKnownColumns || node.ColumnNames.Any(pattern.MatchesColumn))))];
    }

    /// <summary>True where two subjects see the same at every hour.</summary>
    public bool SeeTheSame(Subject one, Subject other) =>
        !GrantsDependOnTime && ReferenceEquals(GrantsFor(one, default), GrantsFor(other, default));

    private static ImmutableArray<string> FindUnenforced(PolicyDefinition definition)
    {
        ImmutableArray<string>.Builder found = ImmutableArray.CreateBuilder<string>();
        if (definition.Unparsed == UnparsedMode.Approve)
            found.Add("unparsed: approve blocks in this version, because there are no approvals yet.");
        string asking = string.Join(", ", definition.Rules.Where(rule => rule.Then == Decision.Approve).Select(rule => $"\"{rule.Name}\""));
        if (asking.Length > 0)
            found.Add($"then: approve blocks in this version, because there are no approvals yet (rules {asking}).");
        return found.ToImmutable();
    }
}
