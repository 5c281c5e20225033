namespace WireProxy.Policy.Tests;

public sealed class LabelTextTests
{
    [TestCase("[wireproxy: redact]", "redact")]
    [TestCase("Social security number. [wireproxy: keep_last=4] Ask before use.", "keep_last: 4")]
    [TestCase("[WireProxy: keep_last: 4]", "keep_last: 4")]
    [TestCase("[wireproxy: { keep_first: 3 }]", "keep_first: 3")]
    [TestCase("[wireproxy: null]", "null")]
    [TestCase("[wireproxy:hash]", "hash")]
    [TestCase("[wireproxy=zip3]", "zip3")]
    [TestCase("[wireproxy: protected: year]", "year")]
    [TestCase("[wireproxy: protected]", "redact")]
    [TestCase("[wireproxy]", "redact")]
    [TestCase("[wireproxy: constant=Jane (D]oe]", "constant: Jane (D")]
    [TestCase("[wireproxy: constant: 'withheld']", "constant: withheld")]
    [TestCase("wireproxy: protect", "redact")]
    [TestCase("The number.\n  wireproxy: keep_last 4\nAsk.", "keep_last: 4")]
    [TestCase("[wireproxy: not protected] [wireproxy: redact]", "redact")]
    public void A_tag_in_a_comment_says_the_mask(string comment, string mask)
    {
        LabelMark mark = LabelText.Read(null, comment, isColumn: true)!;
        Assert.That((mark.Mask?.ToString(), mark.Problem), Is.EqualTo((mask, (string?)null)));
    }

    [TestCase(null, "[wireproxy: keep_last=0]")]
    [TestCase(null, "[wireproxy: keep_last]")]
    [TestCase(null, "[wireproxy: blur]")]
    [TestCase(null, "[wireproxy: redact")]
    [TestCase(null, "wireproxy: redact the number for everybody")]
    [TestCase(null, "masked by wireproxy since May")]
    [TestCase("wireproxy", "please hide this")]
    [TestCase("wireproxy", "constant=")]
    [TestCase("anon", "MASKED WITH FUNCTION clinic.blur(ssn)")]
    [TestCase("anon", "MASKED WITH FUNCTION anon.partial(ssn,2,$$****$$,2)")]
    [TestCase("anon", "MASKED WITH VALUE clinic.now_in_words()")]
    [TestCase("anon", "MASKED BY SOMETHING NEW")]
    [TestCase("anon", "MASKED WITH FUNCTION anon.hash(ssn")]
    public void What_is_not_understood_on_a_column_redacts_it(string? provider, string text)
    {
        LabelMark mark = LabelText.Read(provider, text, isColumn: true)!;
        Assert.That(mark.Mask, Is.EqualTo(Mask.Redact));
        Assert.That(mark.Problem is null, Is.EqualTo(text == "[wireproxy: redact"), "an open bracket goes to the end; everything else is told");
    }

    [TestCase("PROTECTED", "redact")]
    [TestCase("protected: keep_last=4", "keep_last: 4")]
    [TestCase("keep_last=4", "keep_last: 4")]
    [TestCase("PROTECTED: constant=Somebody Else", "constant: Somebody Else")]
    [TestCase("", "redact")]
    public void A_label_of_our_own_provider_says_the_mask(string label, string mask) =>
        Assert.That(LabelText.Read("wireproxy", label, isColumn: true), Is.EqualTo(LabelText.Read(null, $"[wireproxy: {mask}]", isColumn: true)));

    [TestCase("MASKED WITH VALUE NULL", "null")]
    [TestCase("MASKED WITH VALUE 'CONFIDENTIAL'", "constant: CONFIDENTIAL")]
    [TestCase("MASKED WITH VALUE 'it''s'", "constant: it's")]
    [TestCase("masked with value $$CONFIDENTIAL$$", "constant: CONFIDENTIAL")]
    [TestCase("MASKED WITH VALUE $x$a$x$", "constant: a")]
    [TestCase("MASKED WITH VALUE 0", "constant: 0")]
    [TestCase("MASKED WITH FUNCTION anon.partial(ssn, 0, $$***-**-$$, 4)", "keep_last: 4")]
    [TestCase("MASKED WITH FUNCTION anon.partial(zip,3,'**, **',0)", "keep_first: 3")]
    [TestCase("MASKED WITH FUNCTION anon.hash(email)", "hash")]
    [TestCase("MASKED WITH FUNCTION anon.digest(email, 'salt', 'sha256')", "hash")]
    [TestCase("MASKED WITH FUNCTION anon.pseudo_last_name(id)", "hash")]
    [TestCase("MASKED WITH FUNCTION anon.random_date_between('1900-01-01'::date, now())", "redact")]
    [TestCase("MASKED WITH FUNCTION anon.fake_email()", "redact")]
    [TestCase("MASKED WITH FUNCTION pg_catalog.date_trunc('year', born)", "year")]
    [TestCase("MASKED WITH FUNCTION pg_catalog.right(ssn, 4)", "keep_last: 4")]
    public void A_rule_of_the_Anonymizer_has_a_mask_that_shows_no_more(string label, string mask)
    {
        LabelMark mark = LabelText.Read("anon", label, isColumn: true)!;
        Assert.That((mark.Mask?.ToString(), mark.Problem), Is.EqualTo((mask, (string?)null)));
    }

    [TestCase(null, "Number of beds", true)]
    [TestCase(null, "This database is behind wireproxy", false)]
    [TestCase(null, "see (wireproxy: notes)", false)]
    [TestCase("anon", "NOT MASKED", true)]
    [TestCase("anon", "TABLESAMPLE BERNOULLI(10)", false)]
    [TestCase("anon", "TRUSTED", false)]
    [TestCase("selinux", "PROTECTED", true)]
    public void What_is_no_marking_says_nothing(string? provider, string text, bool isColumn) =>
        Assert.That(LabelText.Read(provider, text, isColumn), Is.Null);

    [TestCase(null, "[wireproxy: not protected]")]
    [TestCase("wireproxy", "NOT PROTECTED")]
    [TestCase("wireproxy", "unprotected")]
    public void Not_protected_is_a_mark_without_a_mask(string? provider, string text) =>
        Assert.That(LabelText.Read(provider, text, isColumn: true)!.Protects, Is.False);
}
