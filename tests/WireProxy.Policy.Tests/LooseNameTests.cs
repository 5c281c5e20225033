namespace WireProxy.Policy.Tests;

/// <summary>A server that takes several spellings for one login must not let any of them around a rule.</summary>
public sealed class LooseNameTests
{
    [TestCase("intern"), TestCase("INTERN"), TestCase("Intern  "), TestCase("int\u00ADern"), TestCase("int\u200Bern"), TestCase("ｉｎｔｅｒｎ")]
    [TestCase("íntern"), TestCase("inte\u0301rn"), TestCase("in\u0001tern"), TestCase("", Description = "who it is the server alone knows")]
    public void A_rule_that_refuses_holds_for_every_spelling(string written)
    {
        CompiledPolicy policy = Given.Policy(Given.Rule(new RuleCondition { Users = ["intern"] }));

        Assert.That(policy.Judged(Given.Select("x"), Loose(written)), Is.EqualTo(Decision.Block));
    }

    [TestCase("Weiß", "weiss"), TestCase("weiss", "Weiß"), TestCase("MUELLER", "Müller"), TestCase("muller", "Müller"), TestCase("Ærø", "aero"), TestCase("Łukasz", "lukasz")]
    public void Letters_outside_of_ASCII_may_be_written_otherwise(string written, string named) =>
        Assert.That(Given.Policy(Given.Rule(new RuleCondition { Users = [named] })).Judged(Given.Select("x"), Loose(written)), Is.EqualTo(Decision.Block));

    [TestCase("interns"), TestCase("inter"), TestCase("int ern"), TestCase(" intern"), TestCase("müller")]
    public void Another_name_is_another_name(string written) =>
        Assert.That(Given.Policy(Given.Rule(new RuleCondition { Users = ["intern"] })).Judged(Given.Select("x"), Loose(written)), Is.EqualTo(Decision.Allow));

    [TestCase("DBA", Decision.Block), TestCase("dba", Decision.Allow), TestCase("", Decision.Block)]
    public void What_allows_goes_by_the_exact_name(string written, Decision expected)
    {
        CompiledPolicy policy = Given.Policy(
            Given.Rule(new RuleCondition { Users = ["dba"] }, Decision.Allow, "the dba"), Given.Rule(new RuleCondition { Class = ["ddl"] }, name: "no ddl"));

        Assert.That(policy.Judged(Given.Command("DROP TABLE"), Loose(written)), Is.EqualTo(expected));
    }

    [TestCase("OFFICER", false), TestCase("officer", true), TestCase("", false)]
    public void What_unmasks_goes_by_the_exact_name(string written, bool sees)
    {
        CompiledPolicy policy = Given.Compiled(new PolicyDefinition
        {
            Protect = [Given.Protect(Mask.Redact, "clinic.patients.ssn")],
            Unmask = [new UnmaskGrant(["officer"], null, [Given.Pattern("clinic.patients.*")])],
        });

        Assert.That(policy.Unmasks(Loose(written)), Is.EqualTo(sees));
    }

    [Test]
    public void Names_that_are_known_exactly_are_compared_exactly() => Assert.That(
        Given.Policy(Given.Rule(new RuleCondition { Users = ["intern"] })).Judged(Given.Select("x"), Given.Alice() with { User = "INTERN" }), Is.EqualTo(Decision.Allow));

    [Test]
    public void A_long_name_of_other_letters_takes_no_time() => Assert.That(
        Given.Policy(Given.Rule(new RuleCondition { Users = [new string('x', 200) + "y"] })).Judged(Given.Select("x"), Loose(new string('ö', 128) + "z")), Is.EqualTo(Decision.Allow));

    private static Subject Loose(string name) => Given.Alice() with { User = name, IsLooseName = true };
}
