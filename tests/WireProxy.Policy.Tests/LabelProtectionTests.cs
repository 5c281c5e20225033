using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Policy.Tests;

public sealed class LabelProtectionTests
{
    private static readonly PolicyDefinition labels = new() { Labels = LabelMode.Protect };
    private static readonly Mask lastFour = new Mask.KeepLast(4);

    private static Protection Resolve(TestCatalog catalog, PolicyDefinition? policy = null, Subject? subject = null, ProtectedIdentities? known = null) =>
        Given.Compiled(policy ?? labels).ResolveFor(catalog.Build(), subject ?? Given.Alice(), known);

    private static string? MaskOf(TestCatalog catalog, Protection protection, string relation, short attribute) =>
        protection.Find(catalog.Id(relation), attribute) is { Kind: not ProtectionKind.Unknown } found ? found.Mask?.ToString() : "unknown";

    [Test]
    public void A_comment_tag_protects_a_column_without_a_line_of_the_policy()
    {
        TestCatalog catalog = TestCatalog.Clinic().Label("clinic.patients", 2, null, "The number [wireproxy: keep_last=4]");
        Protection protection = Resolve(catalog);
        Assert.That(protection.ProtectsNothing, Is.False);
        Assert.That(MaskOf(catalog, protection, "clinic.patients", 2), Is.EqualTo("keep_last: 4"));
        Assert.That(MaskOf(catalog, protection, "clinic.patients", 1), Is.Null);
        Assert.That(MaskOf(catalog, protection, "pg_catalog.pg_stats", 2), Is.EqualTo("redact"), "the statistics hold its values");
    }

    [Test]
    public void Labels_that_are_ignored_or_not_there_protect_nothing()
    {
        TestCatalog labelled = TestCatalog.Clinic().Label("clinic.patients", 2, "wireproxy", "PROTECTED");
        Assert.That(Resolve(labelled, new PolicyDefinition()).ProtectsNothing, Is.True);
        Assert.That(Resolve(TestCatalog.Clinic()).ProtectsNothing, Is.True);
    }

    [Test]
    public void The_policy_says_the_mask_where_both_name_a_column()
    {
        TestCatalog catalog = TestCatalog.Clinic().Label("clinic.patients", 2, "wireproxy", "PROTECTED").Label("clinic.patients", 3, "anon", "MASKED WITH VALUE NULL");
        Protection protection = Resolve(catalog, labels with { Protect = [Given.Protect(lastFour, "clinic.patients.ssn")] });
        Assert.That(MaskOf(catalog, protection, "clinic.patients", 2), Is.EqualTo("keep_last: 4"));
        Assert.That(MaskOf(catalog, protection, "clinic.patients", 3), Is.EqualTo("null"));
        Assert.That(protection.Columns.Select(column => $"{column.Name}: {column.By}"),
            Is.EqualTo((string[])["ssn: policy: clinic.patients.ssn", "full_name: security label (anon) on the column"]));
    }

    [Test]
    public void A_grant_opens_a_labelled_column()
    {
        TestCatalog catalog = TestCatalog.Clinic().Label("clinic.patients", 2, null, "[wireproxy]");
        PolicyDefinition policy = labels with { Unmask = [Given.Grant("office", "clinic.patients.*")] };
        Assert.That(Resolve(catalog, policy, Given.Alice("office")).ProtectsNothing, Is.True);
        Assert.That(Resolve(catalog, policy).ProtectsNothing, Is.False);
    }

    [Test]
    public void The_nearest_of_column_table_schema_and_database_decides()
    {
        TestCatalog catalog = TestCatalog.Clinic().View("clinic.some", ["shop.visits"], "id")
            .Label(LabelPlace.Database, null, "wireproxy", "PROTECTED: hash").Label(LabelPlace.Schema, "clinic", null, "[wireproxy: null]")
            .Label("clinic.patients", 0, "wireproxy", "PROTECTED").Label("clinic.patients", 1, "wireproxy", "NOT PROTECTED")
            .Label("clinic.patients", 2, null, "[wireproxy: keep_last=4]");
        Protection protection = Resolve(catalog);
        Assert.That(MaskOf(catalog, protection, "clinic.patients", 1), Is.Null);
        Assert.That(MaskOf(catalog, protection, "clinic.patients", 2), Is.EqualTo("keep_last: 4"));
        Assert.That(MaskOf(catalog, protection, "clinic.patients", 3), Is.EqualTo("redact"));
        Assert.That(MaskOf(catalog, protection, "clinic.visits", 1), Is.EqualTo("null"));
        Assert.That(MaskOf(catalog, protection, "shop.visits", 1), Is.EqualTo("hash"));
        Assert.That(MaskOf(catalog, protection, "pg_catalog.pg_class", 2), Is.Null, "the system's own are no part of it");
    }

    [Test]
    public void Of_two_at_one_place_the_one_that_protects_counts()
    {
        TestCatalog catalog = TestCatalog.Clinic().Label("clinic.patients", 2, "wireproxy", "NOT PROTECTED").Label("clinic.patients", 2, null, "[wireproxy: null]")
            .Label("clinic.patients", 3, null, "[wireproxy: null]").Label("clinic.patients", 3, "wireproxy", "hash").Label("clinic.patients", 3, "anon", "MASKED WITH VALUE 1");
        Protection protection = Resolve(catalog);
        Assert.That(MaskOf(catalog, protection, "clinic.patients", 2), Is.EqualTo("null"));
        Assert.That(MaskOf(catalog, protection, "clinic.patients", 3), Is.EqualTo("hash"));
    }

    [Test]
    public void Not_protected_takes_nothing_back_that_the_policy_says()
    {
        TestCatalog catalog = TestCatalog.Clinic().Label("clinic.patients", 2, "wireproxy", "NOT PROTECTED");
        Protection protection = Resolve(catalog, labels with { Protect = [Given.Protect(lastFour, "clinic.patients.ssn")] });
        Assert.That(MaskOf(catalog, protection, "clinic.patients", 2), Is.EqualTo("keep_last: 4"));
    }

    [Test]
    public void A_label_that_is_taken_away_while_the_gateway_runs_still_protects()
    {
        ProtectedIdentities known = new();
        Resolve(TestCatalog.Clinic().Label("clinic.patients", 2, "wireproxy", "PROTECTED: keep_last=4"), known: known);
        TestCatalog without = TestCatalog.Clinic();
        Assert.That(MaskOf(without, Resolve(without, known: known), "clinic.patients", 2), Is.EqualTo("keep_last: 4"));
    }

    [Test]
    public void A_labels_problem_is_listed_with_its_column()
    {
        TestCatalog catalog = TestCatalog.Clinic().Label("clinic.patients", 2, "anon", "MASKED WITH FUNCTION clinic.blur(ssn)");
        ProtectedColumn column = Resolve(catalog).Columns.Single();
        Assert.That((column.Table, column.Name, column.Mask.ToString(), column.Problem), Is.EqualTo(("patients", "ssn", "redact", "its function has no counterpart here")));
    }

    // Column 1: nothing; 2: a comment's tag; 3: the policy alone.
    [TestCase(2, true, null, null, false)]
    [TestCase(2, true, null, "Number", false)]
    [TestCase(2, true, null, "Number [wireproxy: keep_last=4]", true)]
    [TestCase(2, true, null, "Number [wireproxy: redact]", false)]
    [TestCase(2, false, "wireproxy", "PROTECTED", true)]
    [TestCase(2, false, "wireproxy", "keep_last=11", false)]
    [TestCase(2, false, null, "keep_last=11", false)]
    [TestCase(2, false, "selinux", "system_u", true)]
    [TestCase(3, true, null, null, true)]
    [TestCase(3, true, null, "The name", true)]
    [TestCase(3, true, null, "[wireproxy: keep_first=50]", false)]
    [TestCase(1, true, null, "The key", true)]
    [TestCase(1, true, null, "[wireproxy: keep_first=50]", true)]
    [TestCase(1, true, null, "[wireproxy: not protected]", false)]
    [TestCase(0, true, null, "[wireproxy: keep_first=50]", false)]
    [TestCase(0, true, null, "[wireproxy: redact]", true)]
    [TestCase(0, true, null, "Patients", true)]
    public void A_client_may_add_protection_and_take_none_away(int column, bool isComment, string? provider, string? text, bool allowed)
    {
        TestCatalog catalog = TestCatalog.Clinic().Label("clinic.patients", 2, null, "[wireproxy: keep_last=4]");
        Protection protection = Resolve(catalog, labels with { Protect = [Given.Protect(Mask.Redact, "clinic.patients.full_name")] });
        LabelChange change = new(LabelPlace.Relation, catalog.Id("clinic.patients"), (short)column, null, isComment, provider, text);
        Assert.That(protection.Labels.RefusalOf(change) is null, Is.EqualTo(allowed));
    }

    [Test]
    public void What_a_change_names_must_be_known_where_labels_could_be_meant()
    {
        LabelChange unknown = new(LabelPlace.Relation, 0, 0, null, true, null, "words") { IsKnown = false };
        Protection labelled = Resolve(TestCatalog.Clinic().Label("clinic.patients", 2, null, "[wireproxy]"));
        Assert.That(labelled.Labels.RefusalOf(unknown), Is.Not.Null);
        Assert.That(Resolve(TestCatalog.Clinic()).Labels.RefusalOf(unknown), Is.Null);
        Assert.That(Resolve(TestCatalog.Clinic()).Labels.RefusalOf(unknown with { Text = "[wireproxy]" }), Is.Not.Null);
    }

    [Test]
    public void A_mask_cannot_be_loosened_for_a_partition_or_from_the_schema()
    {
        TestCatalog catalog = TestCatalog.Clinic().Child("clinic.p2024", "clinic.patients", "id", "ssn").Label("clinic.patients", 2, "wireproxy", "PROTECTED");
        LabelGuard guard = Resolve(catalog).Labels;
        Assert.That(guard.RefusalOf(new(LabelPlace.Relation, catalog.Id("clinic.p2024"), 2, null, true, null, "[wireproxy: keep_first=20]")), Is.Not.Null);
        Assert.That(guard.RefusalOf(new(LabelPlace.Schema, 0, 0, "clinic", true, null, "[wireproxy: keep_first=20]")), Is.Not.Null);
        Assert.That(guard.RefusalOf(new(LabelPlace.Schema, 0, 0, "shop", true, null, "[wireproxy: keep_first=20]")), Is.Null);
        Assert.That(guard.RefusalOf(new(LabelPlace.Database, 0, 0, null, false, "wireproxy", "keep_first=20")), Is.Not.Null);
    }
}
