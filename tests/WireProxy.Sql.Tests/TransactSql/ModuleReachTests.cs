using WireProxy.Sql.Catalog;
using WireProxy.Sql.TransactSql;
using WireProxy.Sql.TransactSql.Lineage;

namespace WireProxy.Sql.Tests.TransactSql;

/// <summary>What rules about tables, columns and functions see of a statement that uses modules.</summary>
public sealed class ModuleReachTests
{
    [TestCase("SELECT zip FROM clinic.v_patient_public", "clinic.v_patient_public:ru clinic.patients:ru")]
    [TestCase("SELECT zip FROM clinic.v_patient_public WHERE id = 1", "clinic.v_patient_public:r clinic.patients:r")]
    [TestCase("UPDATE clinic.v_patient_public SET zip = 1 WHERE id = 1", "clinic.v_patient_public:rw clinic.patients:rw")]
    [TestCase("SELECT card FROM CLINIC.V_CARDS WHERE card = 'x'", "clinic.v_cards:r clinic.v_patient_card:r clinic.patients:r")]
    [TestCase("EXEC clinic.get_patient 1", "clinic.patients:r")]
    [TestCase("EXEC clinic.claim_summary", "clinic.v_claim_stats:ru clinic.claims:ru")]
    [TestCase("EXEC clinic.fills", "#t:w clinic.patients:ru")]
    [TestCase("EXEC clinic.itself", "")]
    [TestCase("SELECT clinic.patient_ssn(1)", "clinic.patients:r")]
    [TestCase("SELECT label FROM clinic.list_patients()", "clinic.patients:ru")]
    [TestCase("SELECT id FROM clinic.contacts('x')", "clinic.patients:ru")]
    [TestCase("INSERT audit.log (said) VALUES ('x')", "audit.log:w")]
    [TestCase("SELECT name FROM clinic.departments", "clinic.departments:ru")]
    public void Relations_behind_modules_are_named(string sql, string relations)
    {
        var facts = Reach(sql);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(string.Join(' ', facts.Relations.Where(r => r.Name != "@t").Select(r => $"{(r.Schema is null ? "" : r.Schema + ".")}{r.Name}:"
                + $"{(r.IsRead ? "r" : "")}{(r.IsWritten ? "w" : "")}{(r.Unbounded ? "u" : "")}")), Is.EqualTo(relations));
            Assert.That(facts.HasUnknownSql, Is.False);
        }
    }

    [TestCase("EXEC clinic.get_patient 1", "ssn"), TestCase("SELECT contact_name FROM clinic.v_patient_contact", "full_name")]
    public void Columns_behind_modules_are_named(string sql, string column) =>
        Assert.That(Reach(sql).Columns.Select(c => c.Name), Does.Contain(column));

    [TestCase("EXEC clinic.dynamic 'x'"), TestCase("SELECT dbo.hidden(1)"), TestCase("SELECT a FROM clinic.v_encrypted"), TestCase("UPDATE dbo.settings SET value = 1")]
    public void A_module_whose_text_is_not_known_is_unknown(string sql) => Assert.That(Reach(sql).HasUnknownSql, Is.True);

    [Test]
    public void Command_and_classes_stay_the_statements_own()
    {
        var facts = Reach("EXEC clinic.fills");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(facts.Command, Is.EqualTo("EXECUTE"));
            Assert.That(facts.Classes, Is.EqualTo([StatementClass.Function]));
        }
    }

    [Test]
    public void A_trigger_is_reached_by_what_it_watches()
    {
        var catalog = Hospital.Read(Hospital.Rows.Append(["m", "240", "TR", "clinic", "tg_scratch",
            "CREATE TRIGGER clinic.tg_scratch ON clinic.scratchpad AFTER INSERT AS INSERT audit.log (said) SELECT p.ssn FROM inserted i JOIN clinic.patients p ON p.id = i.id"])
            .Append(["q", "240", "107", "1", null, null]));
        var facts = Reach("INSERT clinic.scratchpad (label) VALUES ('x')", catalog);
        Assert.That(facts.Relations.Select(r => r.Name), Is.EqualTo(["scratchpad", "log", "patients"]));
    }

    [Test]
    public void What_was_parsed_once_is_at_hand()
    {
        var catalog = Hospital.Read(Hospital.Rows);
        var facts = Named("EXEC clinic.get_patient 1", catalog);
        Assert.That(ModuleReach.IsAtHand(facts, catalog), Is.False);
        ModuleReach.Of(facts, catalog);
        Assert.That(ModuleReach.IsAtHand(facts, catalog), Is.True);
    }

    [TestCase("SELECT contact_name FROM clinic.v_patient_contact", 103u, (short)3)]
    [TestCase("SELECT c.contact_name AS x FROM (SELECT * FROM clinic.v_patient_contact) c", 103u, (short)3)]
    [TestCase("SELECT ssn FROM clinic.patients", 103u, (short)4)]
    [TestCase("SELECT card FROM clinic.v_cards", 0u, (short)0)]
    [TestCase("SELECT UPPER(contact_name) FROM clinic.v_patient_contact", 0u, (short)0)]
    [TestCase("SELECT contact_name FROM clinic.v_patient_contact UNION ALL SELECT full_name FROM clinic.patients", 0u, (short)0)]
    public void The_base_of_a_column_is_known_through_views(string sql, uint relation, short column)
    {
        var only = TransactSqlLineage.Resolve(sql, Hospital.Catalog).ResultSets.Single().Columns.Single();
        Assert.That(only.Base, Is.EqualTo(relation == 0 ? (SourceColumn?)null : new SourceColumn(relation, column)));
    }

    static StatementFacts Reach(string sql, CatalogSnapshot? catalog = null) =>
        ModuleReach.Of(Named(sql, catalog ?? Hospital.Catalog), catalog ?? Hospital.Catalog);

    static StatementFacts Named(string sql, CatalogSnapshot catalog) =>
        CatalogNames.Of(new TransactSqlAnalyzer().Analyze(sql).Statements.Single(), catalog, "dbo");
}
