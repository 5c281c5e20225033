using System.Collections.Immutable;
using System.Net;
using WireProxy.Sql;

namespace WireProxy.Policy;

/// <summary>What is wrong with a policy, and where: <paramref name="Path"/> is like <c>rules[2].when.statement[0]</c>.</summary>
public sealed record PolicyProblem(string Path, string Message);

/// <summary>Checks a policy's meaning and compiles it.</summary>
public static class PolicyCompiler
{
    /// <summary>Every problem is reported, not only the first; where there is one, the result is null.</summary>
    public static CompiledPolicy? Compile(PolicyDefinition definition, out ImmutableArray<PolicyProblem> problems)
    {
        List<PolicyProblem> found = [];
        CheckProtection(definition, found);
        ImmutableArray<CompiledRule>.Builder rules = ImmutableArray.CreateBuilder<CompiledRule>();
        for (int i = 0; i < definition.Rules.Length; i++)
            rules.Add(CompileRule(definition.Rules[i], $"rules[{i}]", found));
        ImmutableArray<CompiledGrant> grants = [.. definition.Unmask.Select((grant, i) => CompileGrant(grant, $"unmask[{i}]", found))];
        CheckNames(definition.Rules, found);
        CheckReach(definition.Rules, rules, found);
        problems = [.. found];
        return found.Count == 0 ? new CompiledPolicy(definition, rules.ToImmutable(), grants) : null;
    }

    private static CompiledRule CompileRule(RuleDefinition rule, string path, List<PolicyProblem> problems)
    {
        ItemReader items = new(path + ".when", problems, "the rule can never match");
        RuleCondition when = rule.When;
        SubjectCondition who = new()
        {
            Users = items.Names(when.Users, "users"),
            Groups = items.Names(when.Groups, "groups"),
            Agents = items.Names(when.Agents, "agents"),
            Purposes = items.Names(when.Purposes, "purposes"),
            Listeners = items.Names(when.Listeners, "listeners"),
            Networks = items.Read<IPNetwork>(when.Networks, "networks", ReadNetwork),
            Hours = items.Read<TimeWindow>(when.Hours, "hours", ReadHours),
        };
        StatementCondition what = new()
        {
            Tags = items.Read<string>(when.Statement, "statement", ReadTag),
            Classes = items.Read<StatementClass>(when.Class, "class", ReadClass),
            Tables = items.Read<TablePattern>(when.Tables, "tables", ReadTable),
            Columns = items.Read<ColumnPattern>(when.Columns, "columns", ReadColumn),
            Functions = items.Read<FunctionPattern>(when.Functions, "functions", ReadFunction),
            Unbounded = when.Unbounded,
        };
        if (!Enum.IsDefined(rule.Then))
            problems.Add(new PolicyProblem(path + ".then", "then must be allow, block or approve"));
        if (rule.Message is not null && string.IsNullOrWhiteSpace(rule.Message))
            problems.Add(new PolicyProblem(path + ".message", "the message is empty; leave the key out or say what to do instead"));
        return new CompiledRule(rule.Name, rule.Then, rule.Message, who, what);
    }

    private static bool ReadNetwork(string text, out IPNetwork network, out string problem)
    {
        bool legal = Network.TryParse(text, out IPNetwork? read, out problem);
        network = read ?? default;
        return legal;
    }

    private static bool ReadHours(string text, out TimeWindow window, out string problem) =>
        (window = TimeWindow.Parse(text, out problem)!) is not null;

    private static bool ReadTag(string text, out string tag, out string problem)
    {
        tag = CommandTags.Normalize(text);
        bool known = CommandTags.IsKnown(tag);
        problem = known ? "" : $"'{text}' is not a command that WireProxy knows"
            + (CommandTags.Nearest(tag) is { } near ? $"; did you mean {near}?" : "; write it as the server reports it, such as DROP TABLE");
        return known;
    }

    private static bool ReadClass(string text, out StatementClass read, out string problem)
    {
        bool known = Enum.TryParse(text, ignoreCase: true, out read) && Enum.IsDefined(read) && char.IsLetter(text[0]);
        problem = known ? "" : $"'{text}' is not a class; accepted are read, write, ddl, role, function, misc";
        return known;
    }

    private static bool ReadTable(string text, out TablePattern read, out string problem) =>
        TablePattern.TryParse(text, out read!, out problem);

    private static bool ReadColumn(string text, out ColumnPattern read, out string problem) =>
        ColumnPattern.TryParse(text, out read!, out problem);

    private static bool ReadFunction(string text, out FunctionPattern read, out string problem) =>
        FunctionPattern.TryParse(text, out read!, out problem);

    private static void CheckNames(ImmutableArray<RuleDefinition> rules, List<PolicyProblem> problems)
    {
        Dictionary<string, int> seen = new(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < rules.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(rules[i].Name))
                problems.Add(new PolicyProblem($"rules[{i}].name", "a rule needs a name; messages and the journal call it by that"));
            else if (!seen.TryAdd(rules[i].Name, i))
                problems.Add(new PolicyProblem($"rules[{i}].name", $"'{rules[i].Name}' is already the name of rules[{seen[rules[i].Name]}]"));
        }
    }

    /// <summary>The first rule that matches decides, so nothing comes after one that matches everything, or twice the same.</summary>
    private static void CheckReach(
        ImmutableArray<RuleDefinition> definitions, ImmutableArray<CompiledRule>.Builder rules, List<PolicyProblem> problems)
    {
        int catchAll = -1;
        for (int i = 0; i < rules.Count; i++)
        {
            if (catchAll >= 0)
            {
                problems.Add(new PolicyProblem(
                    $"rules[{i}]", $"this rule can never match: rules[{catchAll}] ('{definitions[catchAll].Name}') before it matches everything"));
                continue;
            }
            // A rule that reported problems has lost the keys that caused them and may look as if it had none.
            if (rules[i].IsCatchAll && !problems.Any(problem => problem.Path.StartsWith($"rules[{i}].when", StringComparison.Ordinal)))
                catchAll = i;
            for (int before = 0; before < i; before++)
                if (Shadows(definitions[before], definitions[i]))
                {
                    problems.Add(new PolicyProblem(
                        $"rules[{i}].when", $"this rule can never match: rules[{before}] ('{definitions[before].Name}') has the same condition"));
                    break;
                }
        }
    }

    /// <summary>A rule that lets through asks for more than one that stops with the same condition (see
    /// <see cref="StatementCondition"/>), so the second still has work to do behind the first.</summary>
    private static bool Shadows(RuleDefinition first, RuleDefinition second) =>
        (first.Then != Decision.Allow || second.Then == Decision.Allow) && SameCondition(first.When, second.When);

    private static bool SameCondition(RuleCondition a, RuleCondition b) =>
        SameItems(a.Statement, b.Statement) && SameItems(a.Class, b.Class) && SameItems(a.Tables, b.Tables)
        && SameItems(a.Columns, b.Columns) && SameItems(a.Functions, b.Functions) && a.Unbounded == b.Unbounded
        && SameItems(a.Users, b.Users) && SameItems(a.Groups, b.Groups) && SameItems(a.Agents, b.Agents)
        && SameItems(a.Purposes, b.Purposes) && SameItems(a.Networks, b.Networks) && SameItems(a.Listeners, b.Listeners)
        && SameItems(a.Hours, b.Hours);

    private static bool SameItems(ImmutableArray<string>? a, ImmutableArray<string>? b) =>
        a is { } left ? b is { } right && left.Order(StringComparer.Ordinal).SequenceEqual(right.Order(StringComparer.Ordinal)) : b is null;

    private static void CheckProtection(PolicyDefinition definition, List<PolicyProblem> problems)
    {
        Dictionary<ColumnPattern, string> seen = [];
        for (int i = 0; i < definition.Protect.Length; i++)
        {
            ProtectRule rule = definition.Protect[i];
            if (rule.Columns.IsEmpty && rule.Labels.IsEmpty)
                problems.Add(new PolicyProblem($"protect[{i}].columns", "the list is empty, so nothing is protected"));
            for (int l = 0; l < rule.Labels.Length; l++)
                if (string.IsNullOrWhiteSpace(rule.Labels[l]))
                    problems.Add(new PolicyProblem($"protect[{i}].labels[{l}]", "the label has no name"));
            CheckMask(rule.Mask, $"protect[{i}].mask", problems);
            for (int c = 0; c < rule.Columns.Length; c++)
            {
                string path = $"protect[{i}].columns[{c}]";
                if (!seen.TryAdd(rule.Columns[c], path))
                    problems.Add(new PolicyProblem(path, $"'{rule.Columns[c]}' already stands at {seen[rule.Columns[c]]}, which decides"));
            }
        }
    }

    private static void CheckMask(Mask mask, string path, List<PolicyProblem> problems)
    {
        if (mask is Mask.KeepLast { Count: < 1 } or Mask.KeepFirst { Count: < 1 })
            problems.Add(new PolicyProblem(path, $"'{mask}' keeps nothing; keep at least 1 character or write redact"));
        if (mask is Mask.Constant { Value: var value } && value.Contains('\0', StringComparison.Ordinal))
            problems.Add(new PolicyProblem(path, "a constant cannot hold a zero character"));
    }

    private static CompiledGrant CompileGrant(UnmaskGrant grant, string path, List<PolicyProblem> problems)
    {
        ItemReader items = new(path, problems, "the grant can never hold");
        SubjectCondition who = new()
        {
            Users = items.Names(grant.Users, "users"),
            Groups = items.Names(grant.Groups, "groups"),
            Agents = items.Names(grant.Agents, "agents"),
            Purposes = items.Names(grant.Purposes, "purposes"),
            Listeners = items.Names(grant.Listeners, "listeners"),
            Networks = items.Read<IPNetwork>(grant.Networks, "networks", ReadNetwork),
            Hours = items.Read<TimeWindow>(grant.Hours, "hours", ReadHours),
        };
        if (who.Users is null && who.Groups is null && who.Agents is null && who.Purposes is null)
            problems.Add(new PolicyProblem(path, "a grant names users, groups, agents or purposes; for everybody, take the column out of protect"));
        if (grant.Columns.IsEmpty)
            problems.Add(new PolicyProblem($"{path}.columns", "the list is empty, so nothing is unmasked"));
        return new CompiledGrant(who, grant.Columns);
    }
}
