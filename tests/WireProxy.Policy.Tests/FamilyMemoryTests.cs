using System.Collections.Immutable;

namespace WireProxy.Policy.Tests;

/// <summary>What is remembered of columns that share rows with a protected parent's.</summary>
public sealed class FamilyMemoryTests
{
    private readonly ProtectedIdentities _known = new();

    [Test]
    public void A_child_that_leaves_its_parent_keeps_its_mask()
    {
        Resolve(Family("ssn", "zip"));
        TestCatalog apart = new TestCatalog().Table("clinic.patients", "id", "ssn", "zip").Table("clinic.archive", "id", "number", "zip");

        Protection protection = Resolve(apart);

        Assert.That(protection.Find(apart.Id("clinic.archive"), 2).IsMasked, Is.True);
        Assert.That(protection.Find(apart.Id("clinic.archive"), 3).IsMasked, Is.False);
    }

    [Test]
    public void A_name_that_another_column_bears_for_a_while_does_not_stay_with_it()
    {
        Resolve(Family("ssn", "zip"));
        Resolve(Family("zip", "ssn"));
        TestCatalog again = Family("ssn", "zip");

        Protection protection = Resolve(again);

        foreach (string table in (string[])["clinic.patients", "clinic.archive"])
        {
            Assert.That(protection.Find(again.Id(table), 2).IsMasked, Is.True, table);
            Assert.That(protection.Find(again.Id(table), 3).IsMasked, Is.False, table);
        }
    }

    private static TestCatalog Family(string second, string third) =>
        new TestCatalog().Table("clinic.patients", "id", second, third).Child("clinic.archive", "clinic.patients", "id", second, third);

    private Protection Resolve(TestCatalog catalog)
    {
        Assert.That(ColumnPattern.TryParse("clinic.patients.ssn", out ColumnPattern? pattern, out _), Is.True);
        var policy = new PolicyDefinition { Protect = [new ProtectRule(ImmutableArray.Create(pattern!), Mask.Redact)] };
        return Given.Compiled(policy).ResolveFor(catalog.Build(), Given.Alice(), _known);
    }
}
