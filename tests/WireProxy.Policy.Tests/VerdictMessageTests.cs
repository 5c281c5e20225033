namespace WireProxy.Policy.Tests;

public sealed class VerdictMessageTests
{
    [Test]
    public void A_refusal_names_the_rule_the_reason_and_what_to_do()
    {
        Verdict verdict = Given.Policy(Given.Rule(
                new RuleCondition { Statement = ["DROP DATABASE"] }, name: "no-destruction", message: "Ask the clinic's data team"))
            .Judge(Given.Command("DROP DATABASE"), Given.Alice(), null, Given.Noon);
        Assert.That(verdict, Is.EqualTo(new Verdict(Decision.Block, "no-destruction",
            "WireProxy did not run this statement: rule \"no-destruction\" blocks it because it runs DROP DATABASE. "
            + "Ask the clinic's data team.")));
    }

    [Test]
    public void Without_an_operators_message_it_still_says_what_to_do()
    {
        Verdict verdict = Given.Policy(Given.Rule(new RuleCondition { Class = ["ddl"], Tables = ["clinic.*"] }, name: "r"))
            .Judge(Given.Command("ALTER TABLE") with { Relations = [Given.Table("clinic.patients")] }, Given.Alice(), null, Given.Noon);
        Assert.That(verdict.Message, Is.EqualTo(
            "WireProxy did not run this statement: rule \"r\" blocks it because it is of class ddl and reaches clinic.*. "
            + "Do not try it again or in other words; leave it out, or ask the people who keep this policy."));
    }

    [Test]
    public void A_rule_about_the_subject_only_says_so()
    {
        Verdict verdict = Given.Policy(Given.Rule(new RuleCondition { Users = ["alice"] }, name: "r"))
            .Judge(Given.Select("t"), Given.Alice(), null, Given.Noon);
        Assert.That(verdict.Message, Does.Contain("because it is one that the rule is about"));
    }

    [Test]
    public void Where_a_person_should_approve_it_says_that_nobody_can_be_asked_yet()
    {
        Verdict verdict = Given.Policy(Given.Rule(
                new RuleCondition { Tables = ["clinic.patients"], Unbounded = true }, Decision.Approve, "bulk-export"))
            .Judge(Given.Select() with { Relations = [Given.Table("patients", unbounded: true)] }, Given.Alice(), null, Given.Noon);
        Assert.That(verdict.Decision, Is.EqualTo(Decision.Approve));
        Assert.That(verdict.Message, Is.EqualTo(
            "WireProxy did not run this statement: rule \"bulk-export\" asks for a person's approval because it reads clinic.patients whole, "
            + "with neither WHERE nor LIMIT. This version of WireProxy cannot ask anybody yet, so it stops such statements. "
            + "Do not try it again; ask a person who may run it directly, or the people who keep this policy."));
    }

    [TestCase("Ask  us\nfirst", "Ask us first.")]
    [TestCase("Really?", "Really?")]
    public void An_operators_message_becomes_one_line_with_an_end(string message, string shown)
    {
        Verdict verdict = Given.Policy(Given.Rule(new RuleCondition { Users = ["alice"] }, message: message))
            .Judge(Given.Select("t"), Given.Alice(), null, Given.Noon);
        Assert.That(verdict.Message, Does.EndWith(" " + shown));
    }

    [Test]
    public void Text_that_does_not_parse_is_stopped_wherever_the_policy_says_anything()
    {
        Assert.That(CompiledPolicy.AllowEverything.JudgeUnparsed(), Is.EqualTo(Verdict.Allowed));
        Verdict blocked = Given.Protecting(Given.Protect(Mask.Redact, "a.b.c")).JudgeUnparsed();
        Assert.That(blocked.Decision, Is.EqualTo(Decision.Block));
        Assert.That(blocked.Message, Does.Contain("does not parse").And.Contain("Correct the syntax"));
        Verdict asked = Given.Compiled(new PolicyDefinition { Unparsed = UnparsedMode.Approve, Rules = [Given.Rule(new RuleCondition { Users = ["x"] })] })
            .JudgeUnparsed();
        Assert.That(asked.Decision, Is.EqualTo(Decision.Approve));
        Assert.That(asked.Message, Does.Contain("cannot obtain yet"));
    }

    [Test]
    public void A_FunctionCall_message_is_judged_as_a_call_of_that_function()
    {
        Verdict Call(RuleCondition when, string? function) =>
            Given.Policy(Given.Rule(when)).JudgeFunctionCall(function, Given.Alice(), Given.Noon);
        Assert.That(Call(new RuleCondition { Functions = ["lo_unlink"] }, "lo_unlink").Decision, Is.EqualTo(Decision.Block));
        Assert.That(Call(new RuleCondition { Functions = ["lo_unlink"] }, "loread").Decision, Is.EqualTo(Decision.Allow));
        Assert.That(Call(new RuleCondition { Class = ["function"] }, "loread").Decision, Is.EqualTo(Decision.Block));
        Assert.That(Call(new RuleCondition { Class = ["write"] }, "lowrite").Decision, Is.EqualTo(Decision.Block));
        Assert.That(Call(new RuleCondition { Class = ["write"] }, "loread").Decision, Is.EqualTo(Decision.Allow));
        Assert.That(Call(new RuleCondition { Statement = ["SELECT"] }, "loread").Decision, Is.EqualTo(Decision.Block));
        Assert.That(Call(new RuleCondition { Statement = ["FUNCTION CALL"] }, "loread").Decision, Is.EqualTo(Decision.Block));
        Assert.That(Call(new RuleCondition { Tables = ["clinic.patients"] }, null).Decision, Is.EqualTo(Decision.Block), "an unknown function may do anything");
    }
}
