using System.Collections.Immutable;

namespace WireProxy.Policy.Tests;

public sealed class CompilerTests
{
    private static PolicyDefinition With(params RuleDefinition[] rules) => new() { Rules = [.. rules] };

    [Test]
    public void The_contracts_own_example_compiles()
    {
        PolicyDefinition policy = new()
        {
            Protect =
            [
                Given.Protect(new Mask.KeepLast(4), "clinic.patients.ssn"),
                Given.Protect(Mask.Redact, "clinic.patients.full_name", "clinic.patients.notes"),
            ],
            Rules =
            [
                Given.Rule(new RuleCondition { Statement = ["DROP DATABASE", "DROP TABLE", "TRUNCATE"] }, name: "no-destruction"),
                Given.Rule(new RuleCondition { Class = ["ddl"] }, Decision.Approve, "schema-changes"),
                Given.Rule(new RuleCondition { Tables = ["clinic.patients"], Unbounded = true }, Decision.Approve, "bulk-export"),
                Given.Rule(new RuleCondition { Groups = ["reporting"], Class = ["write", "ddl"] }, name: "reporting-only"),
            ],
            Unmask = [Given.Grant("privacy-office", "clinic.patients.*")],
        };
        Assert.That(Given.ProblemsOf(policy), Is.Empty);
    }

    [Test]
    public void Every_problem_is_reported_with_its_path()
    {
        PolicyDefinition policy = new()
        {
            Protect = [Given.Protect(new Mask.KeepLast(0), "clinic.patients.ssn"), Given.Protect(Mask.Null, "clinic.patients.ssn")],
            Unmask = [new UnmaskGrant(null, null, [])],
            Rules =
            [
                Given.Rule(new RuleCondition { Statement = ["DROP TABEL", "SELECT"], Class = ["reed", "0"], Tables = ["a..b"] }),
                Given.Rule(new RuleCondition { Networks = ["10.0.0.1/8"], Hours = ["late"], Users = [" "] }, message: " "),
                Given.Rule(new RuleCondition { Columns = ["ssn"], Functions = ["f("], Groups = ["staff-*"] }, name: ""),
            ],
        };
        string[] problems = Given.ProblemsOf(policy);
        Assert.That(problems.Select(problem => problem[..problem.IndexOf(": ", StringComparison.Ordinal)]), Is.EquivalentTo(new[]
        {
            "protect[0].mask", "protect[1].columns[0]", "unmask[0]", "unmask[0].columns", "rules[0].when.statement[0]",
            "rules[0].when.class[0]", "rules[0].when.class[1]", "rules[0].when.tables[0]", "rules[1].when.networks[0]",
            "rules[1].when.hours[0]", "rules[1].when.users[0]", "rules[1].message", "rules[1].name", "rules[2].when.columns[0]",
            "rules[2].when.functions[0]", "rules[2].when.groups[0]", "rules[2].name",
        }));
    }

    [Test]
    public void A_mistyped_command_is_answered_with_the_nearest_one() =>
        Assert.That(Given.ProblemsOf(With(Given.Rule(new RuleCondition { Statement = ["drop databse"] }))),
            Is.EqualTo(new[] { "rules[0].when.statement[0]: 'drop databse' is not a command that WireProxy knows; did you mean DROP DATABASE?" }));

    [TestCase("truncate table")]
    [TestCase("Drop")]
    [TestCase("ALTER  TEXT SEARCH")]
    [TestCase("create user")]
    [TestCase("BACKUP DATABASE")]
    public void Commands_are_known_in_any_case_by_other_spellings_and_by_their_first_words(string tag) =>
        Assert.That(Given.ProblemsOf(With(Given.Rule(new RuleCondition { Statement = [tag] }))), Is.Empty);

    [TestCase("10.0.0.0/8", null)]
    [TestCase("192.0.2.7", null)]
    [TestCase("2001:db8::/32", null)]
    [TestCase("::1", null)]
    [TestCase("0.0.0.0/0", null)]
    [TestCase("10.0.0.1/8", "did you mean 10.0.0.0/8?")]
    [TestCase("2001:db8::1/32", "did you mean 2001:db8::/32?")]
    [TestCase("10.0.0.0/33", "outside 0 to 32")]
    [TestCase("10.0.0.0/", "outside 0 to 32")]
    [TestCase("10", "is not a network")]
    [TestCase("010.0.0.1", "is not a network")]
    [TestCase("example.org", "is not a network")]
    public void Networks_are_CIDR_blocks_or_addresses(string network, string? problem)
    {
        string[] problems = Given.ProblemsOf(With(Given.Rule(new RuleCondition { Networks = [network] })));
        Assert.That(problems, problem is null ? Is.Empty : Has.One.Contains(problem));
    }

    [Test]
    public void A_list_without_items_can_never_match() =>
        Assert.That(Given.ProblemsOf(With(Given.Rule(new RuleCondition { Users = ImmutableArray<string>.Empty }))),
            Has.One.StartsWith("rules[0].when.users: the list is empty"));

    [Test]
    public void A_rule_behind_one_that_matches_everything_can_never_match() =>
        Assert.That(
            Given.ProblemsOf(With(
                Given.Rule(new RuleCondition(), name: "nothing at all"), Given.Rule(new RuleCondition { Users = ["bob"] }, name: "bob"))),
            Is.EqualTo(new[] { "rules[1]: this rule can never match: rules[0] ('nothing at all') before it matches everything" }));

    [Test]
    public void A_catch_all_at_the_end_is_a_way_to_deny_by_default() =>
        Assert.That(
            Given.ProblemsOf(With(
                Given.Rule(new RuleCondition { Class = ["read"] }, Decision.Allow, "reading"), Given.Rule(new RuleCondition(), name: "rest"))),
            Is.Empty);

    [Test]
    public void A_rule_with_the_condition_of_an_earlier_one_can_never_match() =>
        Assert.That(
            Given.ProblemsOf(With(
                Given.Rule(new RuleCondition { Class = ["read", "write"] }, name: "one"),
                Given.Rule(new RuleCondition { Class = ["write", "read"] }, Decision.Allow, "two"))),
            Has.One.StartsWith("rules[1].when: this rule can never match: rules[0] ('one')"));

    [Test]
    public void Behind_an_allowing_rule_the_same_condition_still_stops_what_that_one_does_not_vouch_for()
    {
        CompiledPolicy policy = Given.Policy(
            Given.Rule(new RuleCondition { Class = ["read"] }, Decision.Allow, "one"), Given.Rule(new RuleCondition { Class = ["read"] }, name: "two"));
        Assert.That(policy.Judged(Given.Select("t")), Is.EqualTo(Decision.Allow));
        Assert.That(policy.Judged(Given.Select("t") with { Classes = [Sql.StatementClass.Read, Sql.StatementClass.Write] }),
            Is.EqualTo(Decision.Block));
    }

    [Test]
    public void Two_rules_of_one_name_would_be_told_apart_by_nobody() =>
        Assert.That(
            Given.ProblemsOf(With(
                Given.Rule(new RuleCondition { Users = ["a"] }, name: "Night"), Given.Rule(new RuleCondition { Users = ["b"] }, name: "night"))),
            Is.EqualTo(new[] { "rules[1].name: 'night' is already the name of rules[0]" }));

    [Test]
    public void What_this_version_does_not_carry_out_is_said()
    {
        CompiledPolicy policy = Given.Compiled(new PolicyDefinition
        {
            Unparsed = UnparsedMode.Approve,
            Rules = [Given.Rule(new RuleCondition { Class = ["ddl"] }, Decision.Approve, "schema-changes")],
        });
        Assert.That(policy.UnenforcedSettings, Has.Length.EqualTo(2));
        Assert.That(policy.UnenforcedSettings[0], Does.StartWith("unparsed: approve blocks"));
        Assert.That(policy.UnenforcedSettings[1], Does.Contain("\"schema-changes\""));
        Assert.That(Given.Policy().UnenforcedSettings, Is.Empty);
    }

    [Test]
    public void A_policy_says_what_it_depends_on()
    {
        CompiledPolicy nothing = Given.Compiled(new PolicyDefinition { Hash = "abc" });
        Assert.That((nothing.IsTransparent, nothing.DependsOnCatalog, nothing.VerdictDependsOnTime, nothing.Hash), Is.EqualTo((true, false, false, "abc")));
        CompiledPolicy users = Given.Policy(Given.Rule(new RuleCondition { Users = ["bob"] }));
        Assert.That((users.IsTransparent, users.DependsOnCatalog, users.HasProtectedColumns), Is.EqualTo((false, false, false)));
        CompiledPolicy hours = Given.Policy(Given.Rule(new RuleCondition { Hours = ["08:00-18:00"], Tables = ["patients"] }));
        Assert.That((hours.DependsOnCatalog, hours.VerdictDependsOnTime), Is.EqualTo((true, true)));
        CompiledPolicy masks = Given.Protecting(Given.Protect(Mask.Hash, "a.b.c"));
        Assert.That((masks.IsTransparent, masks.HasProtectedColumns, masks.DependsOnCatalog), Is.EqualTo((false, true, true)));
        Assert.That(CompiledPolicy.AllowEverything.IsTransparent, Is.True);
    }
}
