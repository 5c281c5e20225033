using System.Text;

namespace WireProxy.Access.Tests.Scram;

public sealed class SaslPrepTests
{
    // RFC 4013, section 3, and what NFKC does beside.
    [TestCase("I\u00ADX", "IX", TestName = "A soft hyphen is nothing")]
    [TestCase("user", "user", TestName = "ASCII stays")]
    [TestCase("\u00AA", "a", TestName = "A feminine ordinal is an a")]
    [TestCase("\u2168", "IX", TestName = "A Roman numeral is its letters")]
    [TestCase("a\u00A0b", "a b", TestName = "A no-break space is a space")]
    [TestCase("\uFB01ne", "fine", TestName = "A ligature is its letters")]
    [TestCase("u\u0308ber", "\u00FCber", TestName = "A letter and its mark are composed")]
    [TestCase("o\u0323\u0308", "\u1ECD\u0308", TestName = "Marks are ordered before they are composed")]
    [TestCase("o\u0308\u0323", "\u1ECD\u0308", TestName = "Marks in another order come out the same")]
    [TestCase("\u1112\u1161\u11AB", "\uD55C", TestName = "Hangul letters become a syllable")]
    [TestCase("\u0627\u0031\u0628", "\u0627\u0031\u0628", TestName = "Right to left from end to end is allowed")]
    public void A_password_is_prepared(string password, string prepared) => Assert.That(Prepare(password), Is.EqualTo(prepared));

    // PostgreSQL uses them as they are, where RFC 4013 would refuse them.
    [TestCase("\u00FC\u0007", TestName = "A control character")]
    [TestCase("\u0627\u0031", TestName = "Right to left that does not end so")]
    [TestCase("\u0627\u0061\u0628", TestName = "Both directions")]
    [TestCase("\u0221", TestName = "A code point that Unicode 3.2 does not have")]
    [TestCase("\uFB01\uE000", TestName = "Private use, so that the ligature stays too")]
    [TestCase("\u00AD", TestName = "Nothing left")]
    public void A_password_with_what_is_prohibited_is_used_as_it_is(string password) => Assert.That(Prepare(password), Is.EqualTo(password));

    [Test]
    public void A_password_that_is_not_UTF8_is_used_as_it_is()
    {
        byte[] latin1 = [(byte)'u', 0xFC];
        Assert.That(SaslPrep.Prepare(latin1), Is.EqualTo(latin1));
    }

    private static string Prepare(string password) => Encoding.UTF8.GetString(SaslPrep.Prepare(Encoding.UTF8.GetBytes(password)));

    /// <summary>Anybody may send a password in the clear to the console, before any proof: ordering its marks must not take the square of their number.</summary>
    [Test]
    public void Marks_in_the_worst_order_are_ordered_without_delay()
    {
        // U+0316 has combining class 220 and U+0301 has 230 (UnicodeData.txt): each pair must be turned round.
        string worst = "a" + string.Concat(Enumerable.Repeat('\u0301', 150_000)) + string.Concat(Enumerable.Repeat('\u0316', 150_000));

        string prepared = Encoding.UTF8.GetString(SaslPrep.Prepare(Encoding.UTF8.GetBytes(worst)));

        Assert.That(prepared, Is.EqualTo("á" + new string('\u0316', 150_000) + new string('\u0301', 149_999)));
    }
}
