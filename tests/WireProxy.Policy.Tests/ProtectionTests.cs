using System.Collections.Immutable;

namespace WireProxy.Policy.Tests;

public sealed class ProtectionTests
{
    private static readonly Mask lastFour = new Mask.KeepLast(4);

    private static Protection Resolve(TestCatalog catalog, Subject? subject = null, PolicyDefinition? policy = null) =>
        Given.Compiled(policy ?? new PolicyDefinition { Protect = [Given.Protect(lastFour, "clinic.patients.ssn")] })
            .ResolveFor(catalog.Build(), subject ?? Given.Alice());

    private static Mask? MaskOf(TestCatalog catalog, Protection protection, string relation, short attribute)
    {
        ColumnProtection found = protection.Find(catalog.Id(relation), attribute);
        Assert.That(found.Kind, Is.Not.EqualTo(ProtectionKind.Unknown));
        return found.Mask;
    }

    [Test]
    public void A_protected_column_is_found_by_its_origin()
    {
        TestCatalog catalog = TestCatalog.Clinic();
        Protection protection = Resolve(catalog);
        Assert.That(MaskOf(catalog, protection, "clinic.patients", 2), Is.EqualTo(lastFour));
        Assert.That(MaskOf(catalog, protection, "clinic.patients", 1), Is.Null);
        Assert.That(MaskOf(catalog, protection, "clinic.visits", 1), Is.Null);
    }

    [Test]
    public void What_the_catalog_does_not_hold_is_unknown_and_not_clear()
    {
        TestCatalog catalog = TestCatalog.Clinic();
        Protection protection = Resolve(catalog);
        Assert.That(protection.Find(99999, 1), Is.EqualTo(ColumnProtection.Unknown));
        Assert.That(protection.Find(0, 0), Is.EqualTo(ColumnProtection.Unknown));
        Assert.That(protection.Find(catalog.Id("clinic.patients"), 4), Is.EqualTo(ColumnProtection.Unknown));
        Assert.That(default(ColumnProtection), Is.EqualTo(ColumnProtection.Unknown));
    }

    [Test]
    public void A_whole_row_of_a_protected_table_is_redacted_and_system_columns_are_clear()
    {
        TestCatalog catalog = TestCatalog.Clinic();
        Protection protection = Resolve(catalog);
        Assert.That(MaskOf(catalog, protection, "clinic.patients", 0), Is.EqualTo(Mask.Redact));
        Assert.That(MaskOf(catalog, protection, "clinic.visits", 0), Is.Null);
        Assert.That(MaskOf(catalog, protection, "clinic.patients", -1), Is.Null);
    }

    [Test]
    public void The_first_protect_rule_that_names_a_column_decides()
    {
        TestCatalog catalog = TestCatalog.Clinic();
        Protection protection = Resolve(catalog, null, new PolicyDefinition
        {
            Protect = [Given.Protect(lastFour, "clinic.patients.ssn"), Given.Protect(Mask.Null, "clinic.patients.*")],
        });
        Assert.That(MaskOf(catalog, protection, "clinic.patients", 2), Is.EqualTo(lastFour));
        Assert.That(MaskOf(catalog, protection, "clinic.patients", 3), Is.EqualTo(Mask.Null));
    }

    [Test]
    public void A_database_in_the_pattern_is_the_one_whose_catalog_it_is()
    {
        TestCatalog catalog = TestCatalog.Clinic();
        CompiledPolicy policy = Given.Protecting(Given.Protect(lastFour, "ward.clinic.patients.ssn"));
        Subject nowhere = Given.Alice() with { Database = null };
        Assert.That(policy.ResolveFor(catalog.Build(), nowhere).Find(catalog.Id("clinic.patients"), 2).Mask, Is.EqualTo(lastFour));
        Assert.That(policy.ResolveFor(catalog.Build("lab"), nowhere).Find(catalog.Id("clinic.patients"), 2), Is.EqualTo(ColumnProtection.Clear));
    }

    [Test]
    public void Children_and_partitions_inherit_by_column_name_at_any_depth()
    {
        TestCatalog catalog = TestCatalog.Clinic()
            .Child("clinic.p2024", "clinic.patients", "extra", "ssn", "id")
            .Child("clinic.p2024_q1", "clinic.p2024", "ssn");
        Protection protection = Resolve(catalog);
        Assert.That(MaskOf(catalog, protection, "clinic.p2024", 2), Is.EqualTo(lastFour));
        Assert.That(MaskOf(catalog, protection, "clinic.p2024", 1), Is.Null);
        Assert.That(MaskOf(catalog, protection, "clinic.p2024_q1", 1), Is.EqualTo(lastFour));
    }

    [Test]
    public void A_parent_shows_its_childrens_rows_and_takes_their_masks()
    {
        TestCatalog catalog = TestCatalog.Clinic().Child("clinic.p2024", "clinic.patients", "id", "ssn", "full_name");
        PolicyDefinition policy = new() { Protect = [Given.Protect(Mask.Hash, "clinic.p2024.full_name")] };
        Assert.That(MaskOf(catalog, Resolve(catalog, null, policy), "clinic.patients", 3), Is.EqualTo(Mask.Hash));
        Assert.That(MaskOf(catalog, Resolve(catalog, null, policy), "clinic.patients", 2), Is.Null);
    }

    [Test]
    public void Every_column_of_a_view_that_reads_protected_rows_is_redacted_at_any_distance()
    {
        TestCatalog catalog = TestCatalog.Clinic()
            .Child("clinic.p2024", "clinic.patients", "ssn")
            .View("clinic.names", ["clinic.patients"], "label", "number")
            .View("shop.far", ["clinic.names", "shop.visits"], "x")
            .View("shop.pages", ["shop.visits"], "page")
            .View("shop.part", ["clinic.p2024"], "x");
        Protection protection = Resolve(catalog);
        Assert.That(MaskOf(catalog, protection, "clinic.names", 1), Is.EqualTo(Mask.Redact));
        Assert.That(MaskOf(catalog, protection, "clinic.names", 2), Is.EqualTo(Mask.Redact));
        Assert.That(MaskOf(catalog, protection, "shop.far", 1), Is.EqualTo(Mask.Redact));
        Assert.That(MaskOf(catalog, protection, "shop.part", 1), Is.EqualTo(Mask.Redact));
        Assert.That(MaskOf(catalog, protection, "shop.pages", 1), Is.Null);
    }

    [Test]
    public void A_view_over_a_parent_reads_the_protected_child_too()
    {
        TestCatalog catalog = TestCatalog.Clinic()
            .Child("clinic.v2024", "clinic.visits", "id", "patient_id")
            .View("clinic.recent", ["clinic.visits"], "id");
        PolicyDefinition policy = new() { Protect = [Given.Protect(Mask.Null, "clinic.v2024.patient_id")] };
        Assert.That(MaskOf(catalog, Resolve(catalog, null, policy), "clinic.recent", 1), Is.EqualTo(Mask.Redact));
    }

    [Test]
    public void A_mask_that_names_a_views_column_is_kept()
    {
        TestCatalog catalog = TestCatalog.Clinic().View("clinic.names", ["clinic.patients"], "label", "ssn");
        Protection protection = Resolve(catalog, null, new PolicyDefinition
        {
            Protect = [Given.Protect(Mask.Redact, "clinic.patients.ssn"), Given.Protect(lastFour, "clinic.names.ssn")],
        });
        Assert.That(MaskOf(catalog, protection, "clinic.names", 1), Is.EqualTo(Mask.Redact));
        Assert.That(MaskOf(catalog, protection, "clinic.names", 2), Is.EqualTo(lastFour));
    }

    [Test]
    public void System_relations_are_clear_but_for_the_columns_that_carry_values()
    {
        TestCatalog catalog = TestCatalog.Clinic().Table("pg_toast.pg_toast_20000", "chunk_id", "chunk_data").Table("pg_catalog.pg_stats_ext");
        Protection protection = Resolve(catalog, null, new PolicyDefinition { Protect = [Given.Protect(Mask.Redact, "*.*.relname", "*.*.ssn")] });
        Assert.That(MaskOf(catalog, protection, "pg_catalog.pg_class", 2), Is.Null, "*.* does not mean the system's own");
        Assert.That(MaskOf(catalog, protection, "pg_catalog.pg_stats", 2), Is.EqualTo(Mask.Redact));
        Assert.That(MaskOf(catalog, protection, "pg_catalog.pg_stats", 1), Is.Null);
        Assert.That(MaskOf(catalog, protection, "pg_catalog.pg_stat_activity", 2), Is.EqualTo(Mask.Redact));
        Assert.That(MaskOf(catalog, protection, "pg_toast.pg_toast_20000", 2), Is.EqualTo(Mask.Redact));
        Assert.That(MaskOf(catalog, protection, "pg_catalog.pg_stats_ext", 9), Is.EqualTo(Mask.Redact), "its columns are not listed");
        Protection named = Resolve(catalog, null, new PolicyDefinition { Protect = [Given.Protect(Mask.Redact, "pg_catalog.pg_class.relname")] });
        Assert.That(MaskOf(catalog, named, "pg_catalog.pg_class", 2), Is.EqualTo(Mask.Redact));
    }

    [Test]
    public void A_system_relation_whose_columns_the_catalog_does_not_list_is_clear_and_not_unknown()
    {
        TestCatalog catalog = TestCatalog.Clinic().Table("pg_catalog.pg_proc");
        Assert.That(MaskOf(catalog, Resolve(catalog), "pg_catalog.pg_proc", 7), Is.Null);
        Protection named = Resolve(catalog, null, new PolicyDefinition { Protect = [Given.Protect(Mask.Null, "pg_catalog.pg_proc.prosrc")] });
        Assert.That(MaskOf(catalog, named, "pg_catalog.pg_proc", 7), Is.EqualTo(Mask.Null));
    }

    [Test]
    public void A_generated_column_beside_a_masked_one_may_be_made_of_it_and_is_redacted()
    {
        TestCatalog catalog = new TestCatalog().Table("clinic.patients", "id", "ssn", "ssn_upper!").Table("clinic.visits", "id", "double_id!");
        Assert.That(MaskOf(catalog, Resolve(catalog), "clinic.patients", 3), Is.EqualTo(Mask.Redact));
        Assert.That(MaskOf(catalog, Resolve(catalog), "clinic.visits", 2), Is.Null);
        Protection granted = Resolve(catalog, Given.Alice("lab"), new PolicyDefinition
        {
            Protect = [Given.Protect(lastFour, "clinic.patients.ssn")],
            Unmask = [Given.Grant("lab", "clinic.patients.ssn_upper")],
        });
        Assert.That(MaskOf(catalog, granted, "clinic.patients", 3), Is.Null);
        Assert.That(MaskOf(catalog, granted, "clinic.patients", 2), Is.EqualTo(lastFour));
    }

    [Test]
    public void A_grant_opens_what_it_names_and_the_views_over_it()
    {
        TestCatalog catalog = TestCatalog.Clinic()
            .Child("clinic.p2024", "clinic.patients", "ssn")
            .View("clinic.names", ["clinic.patients"], "label");
        PolicyDefinition policy = new()
        {
            Protect = [Given.Protect(lastFour, "clinic.patients.ssn"), Given.Protect(Mask.Null, "shop.visits.page")],
            Unmask = [Given.Grant("privacy-office", "clinic.patients.*")],
        };
        Protection granted = Resolve(catalog, Given.Alice("privacy-office"), policy);
        Assert.That(MaskOf(catalog, granted, "clinic.patients", 2), Is.Null);
        Assert.That(MaskOf(catalog, granted, "clinic.p2024", 1), Is.Null);
        Assert.That(MaskOf(catalog, granted, "clinic.names", 1), Is.Null);
        Assert.That(MaskOf(catalog, granted, "shop.visits", 2), Is.EqualTo(Mask.Null));
        Assert.That(granted.Touches(Given.Select("clinic.patients")), Is.False);
        Protection other = Resolve(catalog, Given.Alice("staff"), policy);
        Assert.That(MaskOf(catalog, other, "clinic.names", 1), Is.EqualTo(Mask.Redact));
    }

    [Test]
    public void A_grant_for_the_parent_does_not_open_what_a_rule_protects_in_the_child()
    {
        TestCatalog catalog = TestCatalog.Clinic().Child("clinic.p2024", "clinic.patients", "ssn");
        Protection protection = Resolve(catalog, Given.Alice("privacy-office"), new PolicyDefinition
        {
            Protect = [Given.Protect(Mask.Null, "clinic.p2024.ssn")],
            Unmask = [Given.Grant("privacy-office", "clinic.patients.*")],
        });
        Assert.That(MaskOf(catalog, protection, "clinic.patients", 2), Is.EqualTo(Mask.Null));
    }

    [Test]
    public void A_grant_with_users_and_groups_asks_for_both()
    {
        TestCatalog catalog = TestCatalog.Clinic();
        PolicyDefinition policy = new()
        {
            Protect = [Given.Protect(lastFour, "clinic.patients.ssn")],
            Unmask = [new UnmaskGrant(["alice"], ["privacy-office"], [Given.Pattern("clinic.patients.*")])],
        };
        Assert.That(Resolve(catalog, Given.Alice("privacy-office"), policy).ProtectsNothing, Is.True);
        Assert.That(Resolve(catalog, Given.Alice(), policy).ProtectsNothing, Is.False);
        Assert.That(Resolve(catalog, Given.Alice("privacy-office") with { User = "bob" }, policy).ProtectsNothing, Is.False);
    }

    [Test]
    public void Where_grants_leave_nothing_protected_everything_is_clear()
    {
        TestCatalog catalog = TestCatalog.Clinic();
        Protection protection = Resolve(catalog, Given.Alice("privacy-office"), new PolicyDefinition
        {
            Protect = [Given.Protect(lastFour, "clinic.patients.ssn")],
            Unmask = [Given.Grant("privacy-office", "clinic.patients.*")],
        });
        Assert.That(protection.Find(99999, 1), Is.EqualTo(ColumnProtection.Clear));
        Assert.That(protection.Find(catalog.Id("pg_catalog.pg_stats"), 2), Is.EqualTo(ColumnProtection.Clear));
        Assert.That(protection.Touches(Given.Select() with { HasUnknownSql = true }), Is.False);
        Assert.That(CompiledPolicy.AllowEverything.ResolveFor(catalog.Build(), Given.Alice()).ProtectsNothing, Is.True);
    }

    [Test]
    public void A_view_over_something_that_the_catalog_does_not_hold_is_redacted()
    {
        TestCatalog catalog = TestCatalog.Clinic().ViewOfUnknown("clinic.odd", "x");
        Protection protection = Given.Protecting(Given.Protect(lastFour, "clinic.patients.ssn")).ResolveFor(catalog.Build(), Given.Alice());
        Assert.That(protection.Find(catalog.Id("clinic.odd"), 1), Is.EqualTo(ColumnProtection.Masked(Mask.Redact)));
    }

    [Test]
    public void COPY_without_a_list_writes_all_columns_but_generated_ones()
    {
        TestCatalog catalog = TestCatalog.Clinic().Table("clinic.bills", "id", "ssn", "total!", "note");
        Protection protection = Resolve(catalog, null, new PolicyDefinition { Protect = [Given.Protect(lastFour, "clinic.*.ssn")] });
        ImmutableArray<CopyColumn>? columns = protection.CopyColumns(Given.Table("clinic.bills"), []);
        Assert.That(columns, Is.EqualTo(new[] { new CopyColumn("id", 25, null), new CopyColumn("ssn", 25, lastFour), new CopyColumn("note", 25, null) }));
    }

    [Test]
    public void COPY_with_a_list_writes_the_list_in_its_order()
    {
        Protection protection = Resolve(TestCatalog.Clinic());
        Assert.That(protection.CopyColumns(Given.Table("patients"), ["ssn", "id"]),
            Is.EqualTo(new[] { new CopyColumn("ssn", 25, lastFour), new CopyColumn("id", 25, null) }));
    }

    [Test]
    public void COPY_of_what_is_not_known_for_certain_is_left_to_the_caller_to_mask()
    {
        Protection protection = Resolve(TestCatalog.Clinic());
        Assert.That(protection.CopyColumns(Given.Table("nowhere"), []), Is.Null);
        Assert.That(protection.CopyColumns(Given.Table("visits"), []), Is.Null, "two schemas have one");
        Assert.That(protection.CopyColumns(Given.Table("clinic.patients"), ["id", "unheard_of"]), Is.Null);
    }
}
