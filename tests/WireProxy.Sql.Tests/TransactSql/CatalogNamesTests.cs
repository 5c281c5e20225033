using WireProxy.Sql.TransactSql;

namespace WireProxy.Sql.Tests.TransactSql;

public sealed class CatalogNamesTests
{
    [TestCase("SELECT SSN FROM CLINIC.Patients WHERE Id = 1", "SELECT; read; relations clinic.patients:r; columns ssn id")]
    [TestCase("SELECT ssn FROM people", "SELECT; read; relations people:ru hosp.clinic.patients:ru; columns ssn")]
    [TestCase("SELECT name FROM SETTINGS", "SELECT; read; relations dbo.settings:ru; columns name")]
    [TestCase("SELECT name FROM HOSP..settings", "SELECT; read; relations hosp.dbo.settings:ru; columns name")]
    [TestCase("SELECT x FROM other.clinic.PATIENTS", "SELECT; read; relations other.clinic.PATIENTS:ru; columns x")]
    [TestCase("SELECT x FROM elsewhere", "SELECT; read; relations elsewhere:ru other.dbo.t:ru; columns x")]
    [TestCase("SELECT Shout(1), DBO.SHOUT(1), Nowhere.F(1)", "SELECT; read; columns DBO Nowhere; functions dbo.shout Nowhere.F")]
    [TestCase("DROP TABLE Clinic.PATIENTS", "DROP TABLE; ddl; relations clinic.patients:w; catalog")]
    [TestCase("SELECT 1", "SELECT; read")]
    public void Names_are_spelled_as_in_the_catalog(string sql, string facts)
    {
        var spelled = CatalogNames.Of(new TransactSqlAnalyzer().Analyze(sql).Statements.Single(), Hospital.Catalog, "dbo");
        Assert.That(FactsText.Of(spelled with { Functions = [.. spelled.Functions.Distinct()] }), Is.EqualTo(facts));
    }

    [Test]
    public void Names_without_a_schema_are_looked_for_in_the_default_one_first()
    {
        var facts = new TransactSqlAnalyzer().Analyze("SELECT 1 FROM Patients").Statements.Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(CatalogNames.Of(facts, Hospital.Catalog, "clinic").Relations.Single().Schema, Is.EqualTo("clinic"));
            Assert.That(CatalogNames.Of(facts, Hospital.Catalog, "dbo").Relations.Single().Schema, Is.Null);
            Assert.That(CatalogNames.Of(facts, Hospital.Catalog, null).Relations.Single().Schema, Is.EqualTo("clinic"));
        }
    }
}
