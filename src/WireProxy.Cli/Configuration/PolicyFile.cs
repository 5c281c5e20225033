using System.Collections.Immutable;
using WireProxy.Policy;

namespace WireProxy.Cli.Configuration;

/// <summary>Reads policy.yaml into a <see cref="PolicyDefinition"/>. What the words mean is checked by the policy's compiler.</summary>
internal static class PolicyFile
{
    /// <summary>Null where the file cannot be read at all; otherwise what could be understood, with the problems reported.</summary>
    public static PolicyDefinition? Read(YamlFile file)
    {
        if (file.Root is not { } root)
            return null;
        if (!root.Has("version"))
            root.Missing("version");
        else if (root.Text("version") is { } version && version != "1")
            root.Error("version", $"'{version}' is not known; accepted: 1");
        var definition = new PolicyDefinition
        {
            Protect = [.. root.Children("protect").Select(ReadProtect).OfType<ProtectRule>()],
            Derived = root.Choice("derived", DerivedMode.Mask, ("mask", DerivedMode.Mask), ("block", DerivedMode.Block)),
            Predicates = root.Choice("predicates", PredicateMode.Allow, ("allow", PredicateMode.Allow), ("block", PredicateMode.Block)),
            Unparsed = root.Choice("unparsed", UnparsedMode.Block, ("block", UnparsedMode.Block), ("approve", UnparsedMode.Approve)),
            Rules = [.. root.Children("rules").Select(ReadRule).OfType<RuleDefinition>()],
            Unmask = [.. root.Children("unmask").Select(ReadUnmask)],
            Hash = file.Hash,
        };
        root.RejectUnknownKeys();
        return definition;
    }

    private static ProtectRule? ReadProtect(Section section)
    {
        var columns = ReadColumns(section);
        var mask = ReadMask(section);
        section.RejectUnknownKeys();
        return mask is null ? null : new ProtectRule(columns, mask);
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
        var last = section.Has("keep_last") ? section.Number("keep_last", 0, 1, 1_000_000) : 0;
        var first = section.Has("keep_first") ? section.Number("keep_first", 0, 1, 1_000_000) : 0;
        var constant = section.Has("constant") ? section.Text("constant") : null;
        var given = new[] { "keep_last", "keep_first", "constant" }.Count(section.Has);
        section.RejectUnknownKeys();
        if (given != 1)
            parent.Error("mask", "exactly one of keep_last, keep_first and constant is expected");
        return last > 0 ? new Mask.KeepLast(last)
            : first > 0 ? new Mask.KeepFirst(first)
            : constant is not null ? new Mask.Constant(constant)
            : null;
    }

    private static RuleDefinition? ReadRule(Section section)
    {
        var name = section.RequiredText("name");
        if (!section.Has("when"))
            section.Missing("when");
        var when = section.Child("when") is { } condition ? ReadCondition(condition) : null;
        if (!section.Has("then"))
            section.Missing("then");
        var then = section.Choice<Decision?>("then", null, ("allow", Decision.Allow), ("block", Decision.Block), ("approve", Decision.Approve));
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
        var grant = new UnmaskGrant([.. section.Words("users")], [.. section.Words("groups")], ReadColumns(section));
        section.RejectUnknownKeys();
        return grant;
    }
}
