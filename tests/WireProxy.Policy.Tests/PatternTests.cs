namespace WireProxy.Policy.Tests;

public sealed class PatternTests
{
    [TestCase("clinic.patients.ssn", "clinic", "patients", "ssn", true)]
    [TestCase("clinic.patients.ssn", "clinic", "patients", "name", false)]
    [TestCase("clinic.patients.ssn", "clinic", "visits", "ssn", false)]
    [TestCase("clinic.patients.ssn", "audit", "patients", "ssn", false)]
    [TestCase("clinic.patients.*", "clinic", "patients", "anything", true)]
    [TestCase("*.patients.ssn", "audit", "patients", "ssn", true)]
    [TestCase("clinic.pat*.s*n", "clinic", "patients_2024", "ssn", true)]
    [TestCase("clinic.pat*.s*n", "clinic", "parts", "ssn", false)]
    [TestCase("clinic.*_*.ssn", "clinic", "a_b_c", "ssn", true)]
    [TestCase("clinic.*ab.ssn", "clinic", "aab", "ssn", true)]
    [TestCase("clinic.*ab.ssn", "clinic", "aba", "ssn", false)]
    public void A_star_stands_for_any_run_of_characters_within_its_part(
        string pattern, string schema, string table, string column, bool matches) =>
        Assert.That(Given.Pattern(pattern).Matches("ward", schema, table, column), Is.EqualTo(matches));

    [Test]
    public void An_unquoted_part_ignores_letter_case_so_that_a_quoted_table_is_not_missed()
    {
        ColumnPattern pattern = Given.Pattern("Clinic.Patients.SSN");
        Assert.That(pattern.Matches(null, "clinic", "patients", "ssn"), Is.True);
        Assert.That(pattern.Matches(null, "clinic", "Patients", "Ssn"), Is.True);
    }

    [Test]
    public void A_quoted_part_is_literal_with_dots_stars_and_doubled_quotes()
    {
        ColumnPattern pattern = Given.Pattern("\"My.Schema\".\"Pa*\".\"a\"\"b\"");
        Assert.That(pattern.Matches(null, "My.Schema", "Pa*", "a\"b"), Is.True);
        Assert.That(pattern.Matches(null, "my.schema", "Pa*", "a\"b"), Is.False);
        Assert.That(pattern.Matches(null, "My.Schema", "Patients", "a\"b"), Is.False);
    }

    [Test]
    public void A_fourth_part_names_the_database()
    {
        ColumnPattern pattern = Given.Pattern("ward.clinic.patients.ssn");
        Assert.That(pattern.Matches("ward", "clinic", "patients", "ssn"), Is.True);
        Assert.That(pattern.Matches("lab", "clinic", "patients", "ssn"), Is.False);
        Assert.That(pattern.Matches(null, "clinic", "patients", "ssn"), Is.True, "an unknown database may be that one");
    }

    [TestCase("ssn", "has 1 part(s)")]
    [TestCase("patients.ssn", "has 2 part(s)")]
    [TestCase("a.b.c.d.e", "has 5 part(s)")]
    [TestCase("clinic..ssn", "has an empty part")]
    [TestCase("clinic.patients.", "has an empty part")]
    [TestCase("", "has an empty part")]
    [TestCase("clinic.\"\".ssn", "has an empty part")]
    [TestCase("clinic.\"patients.ssn", "opening quote without its end")]
    [TestCase("clinic.\"pat\"ients.ssn", "goes on after a closing quote")]
    [TestCase("clinic.pat\"ients.ssn", "holds '\"' outside double quotes")]
    [TestCase("clinic.my patients.ssn", "holds ' ' outside double quotes")]
    public void What_is_not_a_column_is_refused_with_the_reason(string text, string reason)
    {
        Assert.That(ColumnPattern.TryParse(text, out ColumnPattern? pattern, out string problem), Is.False);
        Assert.That(pattern, Is.Null);
        Assert.That(problem, Does.Contain(reason));
    }

    [Test]
    public void A_table_alone_is_that_name_in_any_schema()
    {
        Assert.That(TablePattern.TryParse("patients", out TablePattern? alone, out _), Is.True);
        Assert.That(alone!.Matches("ward", "audit", "patients"), Is.True);
        Assert.That(TablePattern.TryParse("clinic.patients", out TablePattern? qualified, out _), Is.True);
        Assert.That(qualified!.Matches("ward", "audit", "patients"), Is.False);
        Assert.That(qualified.Matches("ward", null, "patients"), Is.True, "an unknown schema may be that one");
        Assert.That(TablePattern.TryParse("ward.clinic.patients", out TablePattern? full, out _), Is.True);
        Assert.That(full!.Matches("lab", "clinic", "patients"), Is.False);
        Assert.That(TablePattern.TryParse("a.b.c.d", out _, out string problem), Is.False);
        Assert.That(problem, Does.Contain("has 4 parts"));
    }

    [Test]
    public void A_function_alone_is_that_name_in_any_schema()
    {
        Assert.That(FunctionPattern.TryParse("pg_read_*", out FunctionPattern? pattern, out _), Is.True);
        Assert.That(pattern!.Matches("pg_catalog", "pg_read_file"), Is.True);
        Assert.That(pattern.Matches(null, "pg_ls_dir"), Is.False);
        Assert.That(FunctionPattern.TryParse("a.b.c", out _, out string problem), Is.False);
        Assert.That(problem, Does.Contain("has 3 parts"));
    }

    [TestCase("clinic.patients.ssn")]
    [TestCase("ward.\"My.Schema\".*.\"a\"\"b\"")]
    public void A_pattern_is_written_as_it_was_read(string text) => Assert.That(Given.Pattern(text).ToString(), Is.EqualTo(text));

    [Test]
    public void Equal_text_makes_equal_patterns()
    {
        ColumnPattern one = Given.Pattern("clinic.patients.ssn");
        ColumnPattern other = Given.Pattern("clinic.patients.ssn");
        Assert.That(one, Is.EqualTo(other));
        Assert.That(one, Is.Not.EqualTo(Given.Pattern("clinic.\"patients\".ssn")));
    }

    [TestCase("clinic.patients.*", "clinic.patients.ssn", true)]
    [TestCase("*.*.*", "clinic.pat*.ssn", true)]
    [TestCase("clinic.patients.ssn", "clinic.patients.*", false)]
    [TestCase("clinic.patients.ssn", "ward.clinic.patients.ssn", true)]
    [TestCase("ward.clinic.patients.ssn", "clinic.patients.ssn", false)]
    [TestCase("clinic.pat*.ssn", "clinic.patients.ssn", false)]
    [TestCase("clinic.patients.ssn", "clinic.\"patients\".ssn", true)]
    [TestCase("clinic.\"patients\".ssn", "clinic.patients.ssn", false)]
    public void One_pattern_covers_another_only_where_that_is_plain(string grant, string protect, bool covers) =>
        Assert.That(Given.Pattern(grant).Covers(Given.Pattern(protect)), Is.EqualTo(covers));
}
