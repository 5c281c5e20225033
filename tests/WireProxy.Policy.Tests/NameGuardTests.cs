using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Policy.Tests;

/// <summary>What would take a column out of the policy's sight by another name.</summary>
public sealed class NameGuardTests
{
    private static readonly TestCatalog catalog = new TestCatalog().Table("clinic.patients", "id", "ssn").Child("clinic.archive", "clinic.patients", "id", "ssn", "note")
        .Table("shop.orders", "id", "ssn");

    private static readonly PolicyDefinition policy = new()
    {
        Protect = [Given.Protect(Mask.Redact, "clinic.patients*.ssn*", "clinic.archive.note"), Given.Protect(new Mask.KeepLast(4), "clinic.patients.number")],
    };

    [TestCase("shop.orders", "ssn", "x")]
    [TestCase("clinic.patients", "id", "x")]
    [TestCase("clinic.patients", "ssn", "ssn_old")]
    public void A_column_may_be_renamed_that_is_clear_or_stays_protected(string table, string column, string name) =>
        Assert.That(RefusalOf(new(RenamedPlace.Column, catalog.Id(table), table.Split('.')[1], column, null, name)), Is.Null);

    [TestCase("clinic.patients", "ssn", "x", "clinic.patients.ssn")]
    [TestCase("clinic.patients", "ssn", "number", "clinic.patients.ssn")]
    [TestCase("clinic.patients", "note", "x", "clinic.archive.note")]
    public void A_column_may_not_be_renamed_that_would_lose_its_mask_or_get_a_weaker_one(string table, string column, string name, string named) =>
        Assert.That(RefusalOf(new(RenamedPlace.Column, catalog.Id(table), table.Split('.')[1], column, null, name)), Does.StartWith(named));

    [TestCase("patients", "ssn", true)]
    [TestCase("patients", "id", false)]
    [TestCase("orders", "ssn", false)]
    [TestCase("", "ssn", true)]
    public void Where_it_is_not_certain_which_table_is_meant_its_last_name_decides(string table, string column, bool isRefused) =>
        Assert.That(RefusalOf(new(RenamedPlace.Column, 0, table, column, null, "x")), isRefused ? Is.Not.Null : Is.Null);

    [TestCase("clinic.patients", null, "patients_2", false)]
    [TestCase("clinic.patients", null, "people", true)]
    [TestCase("clinic.patients", "shop", null, true)]
    [TestCase("shop.orders", "clinic", "people", false)]
    public void A_table_keeps_its_name_and_schema_as_far_as_they_protect_it(string table, string? schema, string? name, bool isRefused) =>
        Assert.That(RefusalOf(new(RenamedPlace.Relation, catalog.Id(table), table.Split('.')[1], null, schema, name)), isRefused ? Is.Not.Null : Is.Null);

    [TestCase("clinic", true)]
    [TestCase("shop", false)]
    public void A_schema_keeps_its_name_as_far_as_that_protects(string schema, bool isRefused) =>
        Assert.That(RefusalOf(new(RenamedPlace.Schema, 0, schema, null, null, "other")), isRefused ? Is.Not.Null : Is.Null);

    [Test]
    public void Databases_are_neither_renamed_nor_copied_where_anything_is_protected()
    {
        Assert.That(RefusalOf(new(RenamedPlace.Database, 0, "clinic", null, null, "other")), Is.Not.Null);
        Protection open = Given.Compiled(new PolicyDefinition { Labels = LabelMode.Ignore }).ResolveFor(catalog.Build(), Given.Alice());
        Assert.That(open.Names.RefusalOf(new(RenamedPlace.Database, 0, "clinic", null, null, "other")), Is.Null);
    }

    [Test]
    public void A_grant_to_see_is_none_to_rename()
    {
        Protection protection = Given.Compiled(policy with { Unmask = [Given.Grant("office", "*.*.*")] }).ResolveFor(catalog.Build(), Given.Alice("office"));
        Assert.That(protection.ProtectsNothing, Is.True);
        Assert.That(protection.Names.RefusalOf(new(RenamedPlace.Column, catalog.Id("clinic.patients"), "patients", "ssn", null, "x")), Is.Not.Null);
    }

    [Test]
    public void What_a_label_on_the_schema_protects_does_not_leave_it()
    {
        TestCatalog labelled = new TestCatalog().Table("clinic.patients", "id").Table("clinic.own", "id")
            .Label(LabelPlace.Schema, "clinic", null, "[wireproxy]").Label("clinic.own", 1, null, "[wireproxy]");
        NameGuard names = Given.Compiled(new PolicyDefinition { Labels = LabelMode.Protect }).ResolveFor(labelled.Build(), Given.Alice()).Names;
        Assert.That(names.RefusalOf(new(RenamedPlace.Relation, labelled.Id("clinic.patients"), "patients", null, "shop", null)), Is.Not.Null);
        Assert.That(names.RefusalOf(new(RenamedPlace.Relation, labelled.Id("clinic.patients"), "patients", null, null, "people")), Is.Null);
        Assert.That(names.RefusalOf(new(RenamedPlace.Relation, labelled.Id("clinic.own"), "own", null, "shop", null)), Is.Null);
        Assert.That(names.RefusalOf(new(RenamedPlace.Schema, 0, "clinic", null, null, "ward")), Is.Null);
    }

    private static string? RefusalOf(Renaming renaming) =>
        Given.Compiled(policy).ResolveFor(catalog.Build(), Given.Alice()).Names.RefusalOf(renaming);
}
