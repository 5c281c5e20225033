using WireProxy.Sql;

namespace WireProxy.Policy.Tests;

public sealed class TouchesTests
{
    private static readonly Protection protection = Given.Protecting(Given.Protect(Mask.Redact, "clinic.patients.ssn")).ResolveFor(
        TestCatalog.Clinic()
            .Child("clinic.p2024", "clinic.patients", "ssn")
            .View("clinic.names", ["clinic.patients"], "label")
            .Function("clinic.report").Build(),
        Given.Alice());

    [TestCase("clinic.patients", true)]
    [TestCase("patients", true)]
    [TestCase("clinic.p2024", true)]
    [TestCase("clinic.names", true)]
    [TestCase("clinic.visits", false)]
    [TestCase("visits", false)]
    [TestCase("pg_catalog.pg_class", false)]
    [TestCase("pg_class", false)]
    [TestCase("made_after_the_catalog", true)]
    public void Naming_a_protected_relation_touches(string table, bool touches) =>
        Assert.That(protection.Touches(Given.Select(table)), Is.EqualTo(touches));

    [TestCase("now", false)]
    [TestCase("pg_catalog.now", false)]
    [TestCase("clinic.report", true)]
    [TestCase("report", true)]
    [TestCase("unheard_of", true)]
    [TestCase("pg_catalog.unheard_of", true)]
    [TestCase("pg_catalog.query_to_xml", true)]
    [TestCase("query_to_xml", true)]
    [TestCase("pg_catalog.lo_get", true)]
    [TestCase("pg_catalog.pg_logical_slot_peek_changes", true)]
    [TestCase("tools.now", true)]
    public void Calling_a_function_that_may_read_on_its_own_touches(string function, bool touches) =>
        Assert.That(protection.Touches(Given.Select() with { Functions = [Given.Function(function)] }), Is.EqualTo(touches));

    [Test]
    public void Unknown_text_touches() =>
        Assert.That(protection.Touches(Given.Command("DO", StatementClass.Function) with { HasUnknownSql = true }), Is.True);

    [TestCase(NameEffect.Execute)]
    [TestCase(NameEffect.FetchCursor)]
    public void What_runs_by_a_name_touches_as_its_statement_does(NameEffect effect)
    {
        StatementFacts facts = Given.Command("X", StatementClass.Misc) with { NameEffect = effect, AffectedName = "q" };
        Assert.That(protection.Touches(facts), Is.True, "nobody said what q is");
        Assert.That(protection.Touches(facts, _ => null), Is.True);
        Assert.That(protection.Touches(facts, name => name != "q"), Is.False);
        Assert.That(protection.Touches(facts with { AffectedName = null }, _ => false), Is.True);
        Assert.That(protection.Touches(facts with { NameEffect = NameEffect.CloseCursor }), Is.False);
    }

    [TestCase("pid", false)]
    [TestCase("a.pid", false)]
    [TestCase("count", false)]
    [TestCase("query", true)]
    [TestCase("*", true)]
    [TestCase("a", true)]
    [TestCase("pg_stat_activity", true)]
    [TestCase("a.to_json", true)]
    [TestCase("a.quote_literal", true)]
    public void Of_a_system_relation_only_its_value_carrying_columns_and_its_rows_touch(string column, bool touches) =>
        Assert.That(
            protection.Touches(Given.Select("pg_stat_activity") with { Columns = Given.Columns(column), Aliases = ["a"] }), Is.EqualTo(touches));

    [TestCase("v.report", true)]
    [TestCase("report", true)]
    [TestCase("v.id", false)]
    [TestCase("v.page", false)]
    public void A_function_written_behind_a_row_and_a_dot_is_a_call(string column, bool touches) =>
        Assert.That(protection.Touches(Given.Select("shop.visits") with { Columns = Given.Columns(column) }), Is.EqualTo(touches));
}
