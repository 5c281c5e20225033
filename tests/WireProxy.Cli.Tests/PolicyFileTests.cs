using WireProxy.Policy;

namespace WireProxy.Cli.Tests;

internal sealed class PolicyFileTests
{
    private ConfigurationFiles _files = null!;

    [SetUp]
    public void SetUp() => _files = new ConfigurationFiles();

    [TearDown]
    public void TearDown() => _files.Dispose();

    [Test]
    public void The_policy_of_the_contract_is_read_as_written()
    {
        var (policy, problems) = Read("""
            version: 1
            protect:
              - columns: [clinic.patients.ssn]
                mask: { keep_last: 4 }
              - columns: [clinic.patients.full_name, clinic.patients.notes]
                mask: redact
            derived: block
            predicates: block
            unparsed: approve
            rules:
              - name: no-destruction
                when: { statement: [DROP DATABASE, DROP TABLE, TRUNCATE] }
                then: block
                message: Ask the clinic's data team.
              - name: bulk-export
                when: { tables: clinic.patients, unbounded: true }
                then: approve
            unmask:
              - { users: [officer], columns: [clinic.patients.*] }
            """);
        Assert.Multiple(() =>
        {
            Assert.That(problems.Where(problem => problem.Contains("error", StringComparison.Ordinal)), Is.Empty);
            Assert.That(policy!.Protect.SelectMany(rule => rule.Columns.Select(column => $"{column} {rule.Mask}")),
                Is.EqualTo(new[] { "clinic.patients.ssn keep_last: 4", "clinic.patients.full_name redact", "clinic.patients.notes redact" }));
            Assert.That((policy.Derived, policy.Predicates, policy.Unparsed), Is.EqualTo((DerivedMode.Block, PredicateMode.Block, UnparsedMode.Approve)));
            Assert.That(policy.Rules.Select(rule => (rule.Name, rule.Then, rule.Message)), Is.EqualTo(new (string, Decision, string?)[]
            {
                ("no-destruction", Decision.Block, "Ask the clinic's data team."), ("bulk-export", Decision.Approve, null),
            }));
            Assert.That(policy.Rules[0].When.Statement, Is.EqualTo(new[] { "DROP DATABASE", "DROP TABLE", "TRUNCATE" }));
            Assert.That(policy.Rules[1].When.Tables, Is.EqualTo(new[] { "clinic.patients" }));
            Assert.That(policy.Rules[1].When.Unbounded, Is.True);
            Assert.That(policy.Unmask.Single().Users, Is.EqualTo(new[] { "officer" }));
        });
    }

    [TestCase("redact", "redact")]
    [TestCase("null", "null")]
    [TestCase("hash", "hash")]
    [TestCase("year", "year")]
    [TestCase("zip3", "zip3")]
    [TestCase("{ keep_last: 4 }", "keep_last: 4")]
    [TestCase("{ keep_first: 2 }", "keep_first: 2")]
    [TestCase("{ constant: hidden }", "constant: hidden")]
    [TestCase("{ constant: '' }", "constant: ")]
    public void Every_mask_of_the_contract_is_known(string yaml, string expected)
    {
        var (policy, problems) = Read($"version: 1\nprotect: [ {{ columns: [a.b.c], mask: {yaml} }} ]");
        Assert.That(problems, Is.Empty);
        Assert.That(policy!.Protect.Single().Mask.ToString(), Is.EqualTo(expected));
    }

    [TestCase("blur", "policy.yaml:2: error: protect[0].mask: 'blur' is not known; accepted: redact, null, hash, year, zip3")]
    [TestCase("{ keep_last: 0 }", "policy.yaml:2: error: protect[0].mask.keep_last: a whole number from 1 to 1000000 is expected, not '0'")]
    [TestCase("{ keep_last: 1, keep_first: 1 }", "policy.yaml:2: error: protect[0].mask: exactly one of keep_last, keep_first and constant is expected")]
    [TestCase("{ keep: 1 }", "policy.yaml:2: error: unknown key 'keep' in protect[0].mask; accepted: keep_last, keep_first, constant")]
    [TestCase("", "policy.yaml:2: error: protect[0].mask: has no value")]
    public void A_mask_that_is_none_is_an_error_at_its_line(string yaml, string expected)
    {
        var (policy, problems) = Read($"version: 1\nprotect: [ {{ columns: [a.b.c], mask: {yaml} }} ]");
        Assert.That(policy, Is.Null);
        Assert.That(problems, Has.Some.EqualTo(expected));
    }

    [Test]
    public void A_problem_of_meaning_is_told_at_the_line_of_the_file_even_behind_an_entry_with_an_error()
    {
        var (policy, problems) = Read("""
            version: 1
            rules:
              - name: broken
                when: { unbounded: perhaps }
                then: block
              - name: good
                when: { class: [ddl] }
                then: block
              - name: nonsense
                when:
                  networks:
                    - 10.0.0.0/8
                    - 10.0.0.1/8
                then: block
            """);
        Assert.That(policy, Is.Null);
        Assert.That(problems, Has.Length.EqualTo(2));
        Assert.That(problems[0], Is.EqualTo("policy.yaml:4: error: rules[0].when.unbounded: 'perhaps' is not known; accepted: true, false"));
        Assert.That(problems[1], Does.StartWith("policy.yaml:13: error: rules[2].when.networks[1]: '10.0.0.1/8'"));
    }

    [Test]
    public void Columns_of_a_wrong_form_are_told_one_by_one()
    {
        var (_, problems) = Read("version: 1\nprotect:\n  - mask: redact\n    columns:\n      - patients.ssn\n      - a.b.c\n      - ssn\n");
        Assert.That(problems, Has.Length.EqualTo(2));
        Assert.That(problems[0], Does.StartWith("policy.yaml:5: error: protect[0].columns[0]: 'patients.ssn'"));
        Assert.That(problems[1], Does.StartWith("policy.yaml:7: error: protect[0].columns[2]: 'ssn'"));
    }

    [Test]
    public void Settings_that_are_not_carried_out_are_warned_about()
    {
        var (policy, problems) = Read("""
            version: 1
            unparsed: approve
            rules:
              - name: reporting-only
                when: { groups: [reporting], class: [write] }
                then: block
            unmask:
              - { groups: [privacy-office], columns: [a.b.c] }
            """);
        Assert.That(policy, Is.Not.Null);
        Assert.That(problems, Has.Length.EqualTo(3));
        Assert.That(problems[0], Does.StartWith("policy.yaml: warning: unparsed: approve blocks"));
        Assert.That(problems[1], Is.EqualTo("policy.yaml:5: warning: rules[0].when.groups: without 'identity' no groups are known, so the rule 'reporting-only' never matches"));
        Assert.That(problems[2], Is.EqualTo("policy.yaml:8: warning: unmask[0].groups: without 'identity' no groups are known, so nothing is unmasked by this"));
    }

    [Test]
    public void The_hash_is_that_of_the_files_bytes()
    {
        var (policy, _) = Read("version: 1\n");
        // printf 'version: 1\n' | sha256sum
        Assert.That(policy!.Hash, Is.EqualTo("09bfcc6a14b83e2192b8673677725c84883ee9cd0c70e45c9ec09daa8f2b2847"));
    }

    private (PolicyDefinition? Policy, string[] Problems) Read(string policy)
    {
        var (settings, problems) = _files.Read(ConfigurationFiles.Minimal + "\npolicy: policy.yaml\njournal: { directory: journal }", policy);
        return (settings?.Policy?.Definition, problems);
    }
}
