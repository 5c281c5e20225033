using WireProxy.Sql.Postgres;

namespace WireProxy.Sql.Tests;

public sealed class CommandTableTests
{
    static readonly string[] s_statements =
        [.. ProtoSchema.Node.Fields.Where(f => f is not null).Select(f => f!.Type!.Name).Where(n => n.EndsWith("Stmt", StringComparison.Ordinal))];

    [Test]
    public void Every_statement_of_the_grammar_has_a_tag_and_a_class()
    {
        // RawStmt is the wrapper that holds one.
        Assert.That(CommandTable.Rows.Select(r => r.Node), Is.EquivalentTo(s_statements.Where(n => n != "RawStmt")));
        Assert.That(CommandTable.Rows.Where(r => r.Tags.Count == 0 || ProtoSchema.Type(r.Node).Command != r), Is.Empty);
    }

    [Test]
    public void Every_object_type_has_words_for_its_tag_or_is_known_to_need_none()
    {
        // No command of the grammar has one of these as its object's type, or its tag is fixed.
        string[] without = ["OBJECT_TYPE_UNDEFINED", "OBJECT_AMOP", "OBJECT_AMPROC", "OBJECT_DEFACL", "OBJECT_DEFAULT", "OBJECT_PARAMETER_ACL",
            "OBJECT_PUBLICATION_NAMESPACE", "OBJECT_PUBLICATION_REL"];
        var table = CommandTags.Of("DROP", -1);
        var missing = ProtoSchema.Values("ObjectType").Where(v => CommandTags.Of("DROP", v.Key) == table
            && v.Value is not ("OBJECT_TABLE" or "OBJECT_COLUMN" or "OBJECT_TABCONSTRAINT")).Select(v => v.Value);
        Assert.That(missing, Is.EquivalentTo(without));
    }

    [TestCase("SELECT")]
    [TestCase("DROP DATABASE")]
    [TestCase("TRUNCATE")]
    [TestCase("GRANT ROLE")]
    [TestCase("CREATE TABLE AS")]
    [TestCase("SELECT INTO")]
    [TestCase("ALTER MATERIALIZED VIEW")]
    [TestCase("COPY PROGRAM")]
    [TestCase("COPY FILE")]
    [TestCase("DEALLOCATE ALL")]
    public void A_rule_can_name(string command) => Assert.That(PostgresAnalyzer.KnownCommands, Does.Contain(command));

    [TestCase("TRUNCATE TABLE")]
    [TestCase("select")]
    [TestCase("")]
    public void A_rule_cannot_name(string command) => Assert.That(PostgresAnalyzer.KnownCommands, Does.Not.Contain(command));
}
