using System.Net;

namespace WireProxy.Policy.Tests;

public sealed class GrantTests
{
    private static readonly TestCatalog catalog = TestCatalog.Clinic();

    private static bool Sees(UnmaskGrant grant, Subject subject, DateTimeOffset? now = null)
    {
        CompiledPolicy policy = Given.Compiled(new PolicyDefinition
        {
            Protect = [Given.Protect(Mask.Redact, "clinic.patients.ssn")],
            Unmask = [grant],
        });
        return policy.Resolve(catalog.Build(), policy.GrantsFor(subject, now ?? Given.Noon)).ProtectsNothing;
    }

    private static UnmaskGrant ForAlice() => new(["alice"], null, [Given.Pattern("clinic.patients.*")]);

    [Test]
    public void A_grant_for_an_agent_is_not_its_persons_alone()
    {
        UnmaskGrant grant = ForAlice() with { Agents = ["billing-bot"] };
        Assert.That(Sees(grant, Given.Alice() with { Agent = "billing-bot" }), Is.True);
        Assert.That(Sees(grant, Given.Alice() with { Agent = "other-bot" }), Is.False);
        Assert.That(Sees(grant, Given.Alice()), Is.False);
    }

    [Test]
    public void A_grant_may_ask_for_a_purpose_and_a_listener()
    {
        UnmaskGrant grant = ForAlice() with { Purposes = ["treatment"], Listeners = ["clinic"] };
        Assert.That(Sees(grant, Given.Alice() with { Purpose = "treatment" }), Is.True);
        Assert.That(Sees(grant, Given.Alice() with { Purpose = "research" }), Is.False);
        Assert.That(Sees(grant, Given.Alice() with { Purpose = "treatment", Listener = "other" }), Is.False);
    }

    [TestCase("10.1.2.3", true)]
    [TestCase("192.0.2.1", false)]
    public void A_grant_may_hold_in_a_network_only(string address, bool sees) =>
        Assert.That(Sees(ForAlice() with { Networks = ["10.0.0.0/8"] }, Given.Alice() with { Address = IPAddress.Parse(address) }), Is.EqualTo(sees));

    [TestCase(12, true)]
    [TestCase(20, false)]
    public void A_grant_may_hold_at_certain_hours_only(int hour, bool sees) =>
        Assert.That(Sees(ForAlice() with { Hours = ["08:00-18:00"] }, Given.Alice(), Given.Noon.AddHours(hour - 12)), Is.EqualTo(sees));

    [Test]
    public void The_same_grants_are_the_same_object_so_that_what_is_made_for_them_can_be_kept()
    {
        CompiledPolicy policy = Given.Compiled(new PolicyDefinition
        {
            Protect = [Given.Protect(Mask.Redact, "clinic.patients.ssn")],
            Unmask = [ForAlice() with { Hours = ["08:00-18:00"] }, Given.Grant("privacy-office", "clinic.patients.*")],
        });
        Assert.That(policy.GrantsDependOnTime, Is.True);
        GrantSet day = policy.GrantsFor(Given.Alice(), Given.Noon);
        Assert.That(policy.GrantsFor(Given.Alice(), Given.Noon.AddMinutes(1)), Is.SameAs(day));
        Assert.That(policy.GrantsFor(Given.Alice("staff"), Given.Noon), Is.SameAs(day));
        GrantSet night = policy.GrantsFor(Given.Alice(), Given.Noon.AddHours(10));
        Assert.That(night, Is.Not.SameAs(day));
        Assert.That(policy.GrantsFor(Given.Alice() with { User = "bob" }, Given.Noon), Is.SameAs(night));
    }

    [Test]
    public void A_grant_for_everybody_or_with_an_item_that_means_nothing_is_reported()
    {
        PolicyDefinition policy = new()
        {
            Protect = [Given.Protect(Mask.Redact, "clinic.patients.ssn")],
            Unmask =
            [
                new UnmaskGrant(null, null, [Given.Pattern("a.b.c")]) { Hours = ["08:00-18:00"] },
                ForAlice() with { Networks = ["here"], Hours = ["noon"], Groups = [] },
            ],
        };
        Assert.That(PolicyCompiler.Compile(policy, out var problems), Is.Null);
        Assert.That(problems.Select(problem => problem.Path),
            Is.EqualTo(new[] { "unmask[0]", "unmask[1].groups", "unmask[1].networks[0]", "unmask[1].hours[0]" }));
    }
}
