using System.Collections.Immutable;
using WireProxy.Policy;

namespace WireProxy.Cli.Configuration;

/// <summary>Reads policy.yaml into a <see cref="PolicyDefinition"/> and has its meaning checked by the policy's compiler.</summary>
internal sealed class PolicyFile
{
    private readonly YamlFile _file;
    // Entries with an error are left out, and those behind them move up: where each entry of the definition stands in the file.
    private readonly Dictionary<string, string> _places = new(StringComparer.Ordinal);

    private PolicyFile(YamlFile file) => _file = file;

    /// <summary>Null where there is an error; every one is reported at its line.</summary>
    /// <param name="knowsIdentities">Without, conditions on groups, agents and purposes match nobody, which is said.</param>
    public static LoadedPolicy? Read(YamlFile file, bool knowsIdentities)
    {
        if (file.Root is not { } root)
            return null;
        var errors = file.Problems.ErrorCount;
        var reader = new PolicyFile(file);
        var definition = reader.Read(root);
        var compiled = reader.Compile(definition);
        if (compiled is not null && !knowsIdentities)
            reader.WarnOfUnknownSubjects(definition);
        return compiled is null || file.Problems.ErrorCount > errors ? null : new LoadedPolicy(file.Name, definition, compiled);
    }

    private PolicyDefinition Read(Section root)
    {
        if (!root.Has("version"))
            root.Missing("version");
        else if (root.Text("version") is { } version && version != "1")
            root.Error("version", $"'{version}' is not known; accepted: 1");
        var definition = new PolicyDefinition
        {
            Protect = ReadAll(root, "protect", ReadProtect),
            Derived = root.Choice("derived", DerivedMode.Mask, ("mask", DerivedMode.Mask), ("block", DerivedMode.Block)),
            Predicates = root.Choice("predicates", PredicateMode.Allow, ("allow", PredicateMode.Allow), ("block", PredicateMode.Block)),
            Labels = root.Choice("labels", LabelMode.Protect, ("protect", LabelMode.Protect), ("ignore", LabelMode.Ignore)),
            Unparsed = root.Choice("unparsed", UnparsedMode.Block, ("block", UnparsedMode.Block), ("approve", UnparsedMode.Approve)),
            Rules = ReadAll(root, "rules", ReadRule),
            Unmask = ReadAll(root, "unmask", ReadUnmask),
            Hash = _file.Hash,
        };
        root.RejectUnknownKeys();
        return definition;
    }

    private CompiledPolicy? Compile(PolicyDefinition definition)
    {
        var compiled = PolicyCompiler.Compile(definition, out var problems);
        foreach (var problem in problems)
        {
            var entry = problem.Path[..(problem.Path.IndexOf(']', StringComparison.Ordinal) + 1)];
            var path = _places.TryGetValue(entry, out var place) ? place + problem.Path[entry.Length..] : problem.Path;
            _file.Problems.Error(_file.Name, _file.LineOf(path), $"{path}: {problem.Message}");
        }
        foreach (var setting in compiled?.UnenforcedSettings ?? [])
            _file.Problems.Warning(_file.Name, 0, setting);
        return compiled;
    }

    /// <summary>Without identities of its own the gateway knows a client's login and address, and nothing else of it.</summary>
    private void WarnOfUnknownSubjects(PolicyDefinition definition)
    {
        for (var index = 0; index < definition.Rules.Length; index++)
        {
            var rule = definition.Rules[index];
            (string Key, ImmutableArray<string>? Values)[] unknown =
                [("groups", rule.When.Groups), ("agents", rule.When.Agents), ("purposes", rule.When.Purposes)];
            foreach (var (key, values) in unknown)
            {
                if (values is not null)
                    Warn($"rules[{index}].when.{key}", $"without 'identity' no {key} are known, so the rule '{rule.Name}' never matches");
            }
        }
        for (var index = 0; index < definition.Unmask.Length; index++)
        {
            var grant = definition.Unmask[index];
            (string Key, ImmutableArray<string>? Values)[] unknown =
                [("groups", grant.Groups), ("agents", grant.Agents), ("purposes", grant.Purposes)];
            foreach (var (key, values) in unknown)
            {
                if (values is not null)
                    Warn($"unmask[{index}].{key}", $"without 'identity' no {key} are known, so nothing is unmasked by this");
            }
        }
    }

    private void Warn(string path, string message) => _file.Problems.Warning(_file.Name, _file.LineOf(path), $"{path}: {message}");

    private ImmutableArray<T> ReadAll<T>(Section root, string key, Func<Section, T?> read)
        where T : class
    {
        var entries = ImmutableArray.CreateBuilder<T>();
        foreach (var section in root.Children(key))
        {
            var errors = _file.Problems.ErrorCount;
            if (read(section) is not { } entry || _file.Problems.ErrorCount > errors)
                continue;
            _places[$"{key}[{entries.Count}]"] = section.Path;
            entries.Add(entry);
        }
        return entries.ToImmutable();
    }

    private static ProtectRule? ReadProtect(Section section)
    {
        var labels = section.Has("labels") ? section.Words("labels").ToImmutableArray() : [];
        var columns = labels.IsEmpty || section.Has("columns") ? ReadColumns(section) : [];
        var mask = ReadMask(section);
        section.RejectUnknownKeys();
        return mask is null ? null : new ProtectRule(columns, mask) { Labels = labels };
    }

    private static ImmutableArray<ColumnPattern> ReadColumns(Section section)
    {
        if (!section.Has("columns"))
            section.Missing("columns");
        var patterns = ImmutableArray.CreateBuilder<ColumnPattern>();
        var words = section.Words("columns");
        for (var index = 0; index < words.Count; index++)
        {
            if (ColumnPattern.TryParse(words[index], out var pattern, out var problem))
                patterns.Add(pattern);
            else
                section.Error($"columns[{index}]", problem);
        }
        return patterns.ToImmutable();
    }

    private static Mask? ReadMask(Section section)
    {
        if (!section.Has("mask"))
        {
            section.Missing("mask");
            return null;
        }
        if (section.IsMapping("mask"))
            return ReadMaskWithValue(section, section.Child("mask")!);
        return section.Choice<Mask?>("mask", null,
            ("redact", Mask.Redact), ("null", Mask.Null), ("hash", Mask.Hash), ("year", Mask.Year), ("zip3", Mask.Zip3));
    }

    private static Mask? ReadMaskWithValue(Section parent, Section section)
    {
        var last = section.Number("keep_last", 0, 1, 1_000_000);
        var first = section.Number("keep_first", 0, 1, 1_000_000);
        var constant = section.Text("constant");
        section.RejectUnknownKeys();
        Mask?[] given =
        [
            section.Has("keep_last") ? new Mask.KeepLast(last) : null,
            section.Has("keep_first") ? new Mask.KeepFirst(first) : null,
            constant is not null ? new Mask.Constant(constant) : null,
        ];
        if (given.Count(mask => mask is not null) == 1)
            return given.First(mask => mask is not null);
        parent.Error("mask", "exactly one of keep_last, keep_first and constant is expected");
        return null;
    }

    private static RuleDefinition? ReadRule(Section section)
    {
        var name = section.RequiredText("name");
        if (!section.Has("when"))
            section.Missing("when");
        var when = section.Child("when") is { } condition ? ReadCondition(condition) : null;
        if (!section.Has("then"))
            section.Missing("then");
        var then = section.Choice<Decision?>("then", null,
            ("allow", Decision.Allow), ("block", Decision.Block), ("approve", Decision.Approve));
        var message = section.Text("message");
        section.RejectUnknownKeys();
        return name is null || when is null || then is null ? null : new RuleDefinition(name, when, then.Value, message);
    }

    private static RuleCondition ReadCondition(Section section)
    {
        ImmutableArray<string>? Words(string key) => section.Has(key) ? [.. section.Words(key)] : null;
        var condition = new RuleCondition
        {
            Statement = Words("statement"),
            Class = Words("class"),
            Tables = Words("tables"),
            Columns = Words("columns"),
            Functions = Words("functions"),
            Unbounded = section.Flag("unbounded"),
            Users = Words("users"),
            Groups = Words("groups"),
            Agents = Words("agents"),
            Purposes = Words("purposes"),
            Networks = Words("networks"),
            Listeners = Words("listeners"),
            Hours = Words("hours"),
        };
        section.RejectUnknownKeys();
        return condition;
    }

    private static UnmaskGrant ReadUnmask(Section section)
    {
        ImmutableArray<string>? Words(string key) => section.Has(key) ? [.. section.Words(key)] : null;
        var grant = new UnmaskGrant(Words("users"), Words("groups"), ReadColumns(section))
        {
            Agents = Words("agents"),
            Purposes = Words("purposes"),
            Networks = Words("networks"),
            Listeners = Words("listeners"),
            Hours = Words("hours"),
        };
        section.RejectUnknownKeys();
        return grant;
    }
}
