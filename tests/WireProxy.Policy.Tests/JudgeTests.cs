using WireProxy.Sql;
using WireProxy.Sql.Catalog;

namespace WireProxy.Policy.Tests;

public sealed class JudgeTests
{
    [Test]
    public void Without_a_rule_that_matches_a_statement_is_allowed()
    {
        CompiledPolicy policy = Given.Policy(Given.Rule(new RuleCondition { Users = ["bob"] }));
        Assert.That(policy.Judge(Given.Select("t"), Given.Alice(), null, Given.Noon), Is.EqualTo(Verdict.Allowed));
        Assert.That(CompiledPolicy.AllowEverything.Judge(Given.Select("t"), Given.Alice(), null, Given.Noon), Is.EqualTo(Verdict.Allowed));
    }

    [Test]
    public void The_first_rule_that_matches_decides()
    {
        CompiledPolicy policy = Given.Policy(
            Given.Rule(new RuleCondition { Users = ["alice"], Statement = ["DROP TABLE"] }, Decision.Allow, "alice may"),
            Given.Rule(new RuleCondition { Statement = ["DROP TABLE"] }, name: "nobody else"));
        Assert.That(policy.Judge(Given.Command("DROP TABLE"), Given.Alice(), null, Given.Noon), Is.EqualTo(new Verdict(Decision.Allow, "alice may", null)));
        Verdict bob = policy.Judge(Given.Command("DROP TABLE"), Given.Alice() with { User = "bob" }, null, Given.Noon);
        Assert.That((bob.Decision, bob.Rule), Is.EqualTo((Decision.Block, "nobody else")));
    }

    [TestCase("drop table", "DROP TABLE", true)]
    [TestCase("DROP TABLE", "DROP DATABASE", false)]
    [TestCase("DROP", "DROP DATABASE", true)]
    [TestCase("TRUNCATE TABLE", "TRUNCATE", true)]
    [TestCase("TRUNCATE", "TRUNCATE TABLE", true)]
    [TestCase("CREATE TABLE", "CREATE TABLE AS", true)]
    [TestCase("CREATE TABLE", "SELECT INTO", true)]
    [TestCase("SELECT", "SELECT INTO", true)]
    [TestCase("CREATE TABLE AS", "CREATE TABLE", false)]
    [TestCase("CREATE TABLE", "CREATE TABLESPACE", false)]
    [TestCase("CREATE USER", "CREATE ROLE", true)]
    [TestCase("DISCARD", "DISCARD ALL", true)]
    public void A_command_means_every_tag_that_begins_with_its_words(string rule, string command, bool stops) =>
        Assert.That(Given.Policy(Given.Rule(new RuleCondition { Statement = [rule] })).Judged(Given.Command(command)),
            Is.EqualTo(stops ? Decision.Block : Decision.Allow));

    [Test]
    public void A_command_inside_the_statement_counts()
    {
        CompiledPolicy policy = Given.Policy(Given.Rule(new RuleCondition { Statement = ["DELETE"] }));
        Assert.That(policy.Judged(Given.Select("t") with { InnerCommands = ["DELETE"] }), Is.EqualTo(Decision.Block));
        CompiledPolicy classes = Given.Policy(Given.Rule(new RuleCondition { Class = ["write"] }));
        Assert.That(classes.Judged(Given.Select("t") with { Classes = [StatementClass.Read, StatementClass.Write] }), Is.EqualTo(Decision.Block));
    }

    [Test]
    public void What_lets_through_vouches_for_all_that_the_statement_does()
    {
        RuleDefinition rest = Given.Rule(new RuleCondition(), name: "rest");
        CompiledPolicy classes = Given.Policy(Given.Rule(new RuleCondition { Class = ["read"] }, Decision.Allow), rest);
        Assert.That(classes.Judged(Given.Select("t")), Is.EqualTo(Decision.Allow));
        Assert.That(classes.Judged(Given.Select("t") with { Classes = [StatementClass.Read, StatementClass.Write] }), Is.EqualTo(Decision.Block));

        CompiledPolicy commands = Given.Policy(Given.Rule(new RuleCondition { Statement = ["SELECT"] }, Decision.Allow), rest);
        Assert.That(commands.Judged(Given.Select("t")), Is.EqualTo(Decision.Allow));
        Assert.That(commands.Judged(Given.Select("t") with { InnerCommands = ["DELETE"] }), Is.EqualTo(Decision.Block));
        Assert.That(commands.Judged(Given.Select("t") with { Command = "SELECT INTO" }), Is.EqualTo(Decision.Block));

        CompiledPolicy tables = Given.Policy(Given.Rule(new RuleCondition { Tables = ["clinic.visits"] }, Decision.Allow), rest);
        Assert.That(tables.Judged(Given.Select("clinic.visits")), Is.EqualTo(Decision.Allow));
        Assert.That(tables.Judged(Given.Select("clinic.visits", "clinic.patients")), Is.EqualTo(Decision.Block));
        Assert.That(tables.Judged(Given.Select("visits")), Is.EqualTo(Decision.Block), "it is not certain which visits");
        Assert.That(tables.Judged(Given.Select("clinic.visits") with { HasUnknownSql = true }), Is.EqualTo(Decision.Block));

        CompiledPolicy bounded = Given.Policy(Given.Rule(new RuleCondition { Unbounded = false }, Decision.Allow), rest);
        Assert.That(bounded.Judged(Given.Select("clinic.visits")), Is.EqualTo(Decision.Allow));
        Assert.That(bounded.Judged(Given.Select() with { Relations = [Given.Table("clinic.visits", unbounded: true)] }), Is.EqualTo(Decision.Block));

        CompiledPolicy columns = Given.Policy(Given.Rule(new RuleCondition { Columns = ["clinic.visits.id"] }, Decision.Allow), rest);
        Assert.That(columns.Judged(Given.Select("clinic.visits") with { Columns = Given.Columns("id") }), Is.EqualTo(Decision.Allow));
        Assert.That(columns.Judged(Given.Select("clinic.visits") with { Columns = Given.Columns("id", "note") }), Is.EqualTo(Decision.Block));
        Assert.That(columns.Judged(Given.Select("clinic.visits") with { Columns = Given.Columns("*") }), Is.EqualTo(Decision.Block));
        Assert.That(columns.Judged(Given.Select("clinic.visits", "t") with { Columns = Given.Columns("id") }), Is.EqualTo(Decision.Block));

        CompiledPolicy functions = Given.Policy(Given.Rule(new RuleCondition { Functions = ["clinic.report"] }, Decision.Allow), rest);
        Assert.That(functions.Judged(Given.Select() with { Functions = [Given.Function("clinic.report")] }), Is.EqualTo(Decision.Allow));
        Assert.That(functions.Judged(Given.Select() with { Functions = [Given.Function("report")] }), Is.EqualTo(Decision.Block));
        Assert.That(functions.Judged(Given.Select() with { Functions = [Given.Function("clinic.report"), Given.Function("clinic.wipe")] }),
            Is.EqualTo(Decision.Block));
    }

    [TestCase("clinic.patients", true)]
    [TestCase("patients", true)]
    [TestCase("shop.patients", false)]
    [TestCase("clinic.visits", false)]
    public void Without_a_catalog_an_unqualified_table_may_be_in_any_schema(string named, bool stops) =>
        Assert.That(Given.Policy(Given.Rule(new RuleCondition { Tables = ["clinic.patients"] })).Judged(Given.Select(named)),
            Is.EqualTo(stops ? Decision.Block : Decision.Allow));

    [TestCase("clinic.patients", "patients", true)]
    [TestCase("shop.patients", "patients", false)]
    [TestCase("shop.visits", "visits", true)]
    [TestCase("clinic.visits", "visits", true)]
    [TestCase("lab.visits", "visits", false)]
    [TestCase("lab.unheard_of", "unheard_of", true)]
    public void The_catalog_knows_where_an_unqualified_table_can_be(string rule, string named, bool stops) =>
        Assert.That(
            Given.Policy(Given.Rule(new RuleCondition { Tables = [rule] })).Judged(Given.Select(named), null, TestCatalog.Clinic().Build()),
            Is.EqualTo(stops ? Decision.Block : Decision.Allow));

    [Test]
    public void The_database_of_the_session_counts_where_a_rule_names_one()
    {
        CompiledPolicy policy = Given.Policy(Given.Rule(new RuleCondition { Tables = ["ward.clinic.patients"] }));
        Assert.That(policy.Judged(Given.Select("clinic.patients")), Is.EqualTo(Decision.Block));
        Assert.That(policy.Judged(Given.Select("clinic.patients"), Given.Alice() with { Database = "lab" }), Is.EqualTo(Decision.Allow));
        Assert.That(policy.Judged(Given.Select("clinic.patients"), Given.Alice() with { Database = null }), Is.EqualTo(Decision.Block));
    }

    [Test]
    public void A_view_over_a_table_its_parent_and_its_partition_are_that_table_to_a_rule_that_stops()
    {
        CatalogSnapshot catalog = TestCatalog.Clinic()
            .Child("clinic.patients_2024", "clinic.patients", "id", "ssn")
            .View("clinic.names", ["clinic.patients"], "label")
            .View("clinic.initials", ["clinic.names"], "label")
            .Build();
        CompiledPolicy policy = Given.Policy(Given.Rule(new RuleCondition { Tables = ["clinic.patients"] }));
        Assert.That(policy.Judged(Given.Select("clinic.initials"), null, catalog), Is.EqualTo(Decision.Block));
        Assert.That(policy.Judged(Given.Select("clinic.patients_2024"), null, catalog), Is.EqualTo(Decision.Block));
        CompiledPolicy child = Given.Policy(Given.Rule(new RuleCondition { Tables = ["clinic.patients_2024"] }));
        Assert.That(child.Judged(Given.Select("clinic.names"), null, catalog), Is.EqualTo(Decision.Block));
        Assert.That(child.Judged(Given.Select("clinic.visits"), null, catalog), Is.EqualTo(Decision.Allow));
    }

    [Test]
    public void Unbounded_is_about_the_listed_tables()
    {
        CompiledPolicy policy = Given.Policy(Given.Rule(new RuleCondition { Tables = ["clinic.patients"], Unbounded = true }));
        StatementFacts Reading(bool patients, bool visits) => Given.Select() with
        {
            Relations = [Given.Table("clinic.visits", visits), Given.Table("clinic.patients", patients)],
        };
        Assert.That(policy.Judged(Reading(patients: true, visits: false)), Is.EqualTo(Decision.Block));
        Assert.That(policy.Judged(Reading(patients: false, visits: true)), Is.EqualTo(Decision.Allow));
        CompiledPolicy bounded = Given.Policy(Given.Rule(new RuleCondition { Tables = ["clinic.patients"], Unbounded = false }));
        Assert.That(bounded.Judged(Reading(patients: false, visits: true)), Is.EqualTo(Decision.Block));
        Assert.That(bounded.Judged(Reading(patients: true, visits: false)), Is.EqualTo(Decision.Allow));
        Assert.That(bounded.Judged(Given.Select("clinic.visits")), Is.EqualTo(Decision.Allow));
        CompiledPolicy any = Given.Policy(Given.Rule(new RuleCondition { Unbounded = true }));
        Assert.That(any.Judged(Reading(patients: false, visits: true)), Is.EqualTo(Decision.Block));
        Assert.That(any.Judged(Given.Select("clinic.visits")), Is.EqualTo(Decision.Allow));
    }

    [TestCase("ssn", true)]
    [TestCase("p.ssn", true)]
    [TestCase("*", true)]
    [TestCase("patients", true)]
    [TestCase("id", false)]
    public void A_column_rule_stops_what_names_the_column_a_star_or_the_whole_row(string column, bool stops)
    {
        CompiledPolicy policy = Given.Policy(Given.Rule(new RuleCondition { Columns = ["clinic.patients.ssn"] }));
        StatementFacts facts = Given.Select("clinic.patients") with { Columns = Given.Columns(column) };
        Assert.That(policy.Judged(facts), Is.EqualTo(stops ? Decision.Block : Decision.Allow));
        Assert.That(policy.Judged(facts with { Relations = [Given.Table("shop.visits")] }), Is.EqualTo(Decision.Allow));
    }

    [TestCase("id", false)]
    [TestCase("p", true)]
    [TestCase("total", false)]
    [TestCase("p.to_jsonb", true)]
    public void An_alias_is_the_whole_row_too(string column, bool stops) =>
        Assert.That(
            Given.Policy(Given.Rule(new RuleCondition { Columns = ["clinic.patients.ssn"] })).Judged(
                Given.Select("clinic.patients", "clinic.visits") with { Columns = Given.Columns(column), Aliases = ["p"] }),
            Is.EqualTo(stops ? Decision.Block : Decision.Allow));

    [Test]
    public void A_column_rule_stops_views_over_the_table_and_COPY_without_a_list()
    {
        CompiledPolicy policy = Given.Policy(Given.Rule(new RuleCondition { Columns = ["clinic.patients.ssn"] }));
        CatalogSnapshot catalog = TestCatalog.Clinic().View("clinic.names", ["clinic.patients"], "label").Build();
        Assert.That(policy.Judged(Given.Select("clinic.names") with { Columns = Given.Columns("label") }, null, catalog), Is.EqualTo(Decision.Block));
        CopyFacts copy = new(true, false, Given.Table("clinic.patients"), [], null, "text", 9, 0, 0, "\\N", false);
        Assert.That(policy.Judged(Given.Select("clinic.patients") with { Copy = copy }), Is.EqualTo(Decision.Block));
        Assert.That(policy.Judged(Given.Select("clinic.patients") with { Copy = copy with { Columns = ["id"] } }), Is.EqualTo(Decision.Allow));
    }

    [TestCase("pg_read_file", true)]
    [TestCase("pg_catalog.pg_read_file", true)]
    [TestCase("tools.pg_read_file", false)]
    [TestCase("now", false)]
    public void A_function_rule_stops_its_functions(string called, bool stops) =>
        Assert.That(
            Given.Policy(Given.Rule(new RuleCondition { Functions = ["pg_catalog.pg_read_*"] }))
                .Judged(Given.Select() with { Functions = [Given.Function(called)] }),
            Is.EqualTo(stops ? Decision.Block : Decision.Allow));

    [Test]
    public void The_catalog_knows_where_an_unqualified_function_can_be()
    {
        CatalogSnapshot catalog = new TestCatalog().Function("clinic.report").Build();
        CompiledPolicy policy = Given.Policy(Given.Rule(new RuleCondition { Functions = ["tools.report"] }));
        StatementFacts facts = Given.Select() with { Functions = [Given.Function("report")] };
        Assert.That(policy.Judged(facts), Is.EqualTo(Decision.Block));
        Assert.That(policy.Judged(facts, null, catalog), Is.EqualTo(Decision.Allow));
    }

    [Test]
    public void A_function_written_behind_a_row_and_a_dot_is_a_call_to_a_rule()
    {
        CatalogSnapshot catalog = TestCatalog.Clinic().Function("clinic.report").Build();
        StatementFacts facts = Given.Select("clinic.visits") with { Columns = Given.Columns("v.report") };
        Assert.That(Given.Policy(Given.Rule(new RuleCondition { Functions = ["clinic.report"] })).Judged(facts, null, catalog), Is.EqualTo(Decision.Block));
        Assert.That(Given.Policy(Given.Rule(new RuleCondition { Class = ["function"] })).Judged(facts, null, catalog), Is.EqualTo(Decision.Block));
        Assert.That(Given.Policy(Given.Rule(new RuleCondition { Functions = ["clinic.id"] })).Judged(facts, null, catalog), Is.EqualTo(Decision.Allow));
    }

    [Test]
    public void A_call_of_a_function_that_somebody_made_is_of_the_class_function()
    {
        CatalogSnapshot catalog = new TestCatalog().Function("clinic.report").Build();
        StatementFacts Calling(string function) => Given.Select() with { Functions = [Given.Function(function)] };
        CompiledPolicy stops = Given.Policy(Given.Rule(new RuleCondition { Class = ["function"] }));
        Assert.That(stops.DependsOnCatalog, Is.True);
        Assert.That(stops.Judged(Calling("report"), null, catalog), Is.EqualTo(Decision.Block));
        Assert.That(stops.Judged(Calling("clinic.report")), Is.EqualTo(Decision.Block));
        Assert.That(stops.Judged(Calling("now"), null, catalog), Is.EqualTo(Decision.Allow));
        Assert.That(stops.Judged(Calling("now")), Is.EqualTo(Decision.Allow));
        CompiledPolicy reads = Given.Policy(
            Given.Rule(new RuleCondition { Class = ["read"] }, Decision.Allow), Given.Rule(new RuleCondition(), name: "rest"));
        Assert.That(reads.DependsOnCatalog, Is.True);
        Assert.That(reads.Judged(Calling("now"), null, catalog), Is.EqualTo(Decision.Allow));
        Assert.That(reads.Judged(Calling("report"), null, catalog), Is.EqualTo(Decision.Block), "what it does is not known to be reading");
        Assert.That(Given.Policy(Given.Rule(new RuleCondition { Class = ["write"] })).DependsOnCatalog, Is.False);
    }

    [Test]
    public void Text_that_nobody_knows_may_do_whatever_a_rule_stops()
    {
        StatementFacts unknown = Given.Command("DO", StatementClass.Function) with { HasUnknownSql = true };
        RuleCondition[] conditions =
        [
            new() { Statement = ["DROP TABLE"] }, new() { Class = ["ddl"] }, new() { Tables = ["clinic.patients"] },
            new() { Columns = ["clinic.patients.ssn"] }, new() { Functions = ["f"] }, new() { Unbounded = true },
        ];
        foreach (RuleCondition condition in conditions)
        {
            Verdict verdict = Given.Policy(Given.Rule(condition)).Judge(unknown, Given.Alice(), null, Given.Noon);
            Assert.That(verdict.Decision, Is.EqualTo(Decision.Block));
            Assert.That(verdict.Message, Does.Contain("put together while it runs"));
        }
        Assert.That(Given.Policy(Given.Rule(new RuleCondition { Users = ["bob"], Class = ["ddl"] })).Judged(unknown), Is.EqualTo(Decision.Allow));
    }

    [Test]
    public void Every_key_about_the_subject_must_hold()
    {
        CompiledPolicy policy = Given.Policy(Given.Rule(new RuleCondition
        {
            Users = ["alice", "bob"],
            Groups = ["staff"],
            Agents = ["copilot"],
            Purposes = ["billing"],
            Listeners = ["clinic"],
            Networks = ["10.0.0.0/8"],
            Hours = ["08:00-18:00"],
        }));
        Subject all = Given.From("10.1.2.3") with { Groups = ["staff", "x"], Agent = "copilot", Purpose = "billing" };
        StatementFacts facts = Given.Select("t");
        Assert.That(policy.Judged(facts, all), Is.EqualTo(Decision.Block));
        Subject[] others =
        [
            all with { User = "carol" }, all with { Groups = ["x"] }, all with { Groups = [] }, all with { Agent = null }, all with { Purpose = "care" },
            all with { Listener = "lab" }, all with { Address = null }, all with { Address = System.Net.IPAddress.Parse("192.0.2.1") },
        ];
        foreach (Subject other in others)
            Assert.That(policy.Judged(facts, other), Is.EqualTo(Decision.Allow), other.ToString());
        Assert.That(policy.Judge(facts, all, null, Given.Noon.AddHours(7)).Decision, Is.EqualTo(Decision.Allow));
    }

    [TestCase("10.0.0.0/8", "::ffff:10.2.3.4", true)]
    [TestCase("2001:db8::/32", "2001:db8:1::1", true)]
    [TestCase("2001:db8::/32", "10.2.3.4", false)]
    [TestCase("10.2.3.4", "10.2.3.5", false)]
    [TestCase("0.0.0.0/0", "203.0.113.9", true)]
    public void An_address_is_in_its_network_also_where_it_is_mapped_into_IPv6(string network, string address, bool inside) =>
        Assert.That(Given.Policy(Given.Rule(new RuleCondition { Networks = [network] })).Judged(Given.Select("t"), Given.From(address)),
            Is.EqualTo(inside ? Decision.Block : Decision.Allow));
}
