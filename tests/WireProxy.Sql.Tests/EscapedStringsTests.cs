using System.Text;
using WireProxy.Sql.Postgres;

namespace WireProxy.Sql.Tests;

/// <summary>Texts as they are read while standard_conforming_strings is off.</summary>
public sealed class EscapedStringsTests
{
    [TestCase(@"SELECT 'a'")]
    [TestCase(@"SELECT E'a\'b'")]
    [TestCase(@"SELECT $$a\b$$, $x$a\b$x$, ""a\b"" -- \")]
    [TestCase(@"SELECT /* \ /* ' */ \ */ 1")]
    [TestCase(@"SELECT x'\', b'\'")]
    public void That_mean_the_same_are_left(string text) => Assert.That(EscapedStrings.Rewritten(Encoding.UTF8.GetBytes(text)), Is.Null);

    [TestCase(@"SELECT 'a\'', b --'", @"SELECT  E'a\'', b --'")]
    [TestCase(@"SELECT'\\'", @"SELECT E'\\'")]
    [TestCase("SELECT 'a'\n  'b\\'''", "SELECT  E'a'\n  'b\\'''")]
    [TestCase("SELECT 'a' -- x\n-- y\n 'b\\n', 'c'", "SELECT  E'a' -- x\n-- y\n 'b\\n',  E'c'")]
    [TestCase(@"SELECT n'\'''", @"SELECT  E'\'''")]
    [TestCase(@"SELECT $1, '\d'", @"SELECT $1,  E'\d'")]
    [TestCase(@"SELECT a$b$, '\d', $b$ '\'", @"SELECT a$b$,  E'\d', $b$ '\'")]
    [TestCase(@"SELECT ""'"", '\''", @"SELECT ""'"",  E'\''")]
    public void That_mean_something_else_are_written_out(string text, string expected) =>
        Assert.That(Encoding.UTF8.GetString(EscapedStrings.Rewritten(Encoding.UTF8.GetBytes(text))!), Is.EqualTo(expected));

    [Test]
    public void That_do_not_parse_so_are_not_run_so() => Assert.That(EscapedStrings.Of(@"SELECT '\'"u8), Is.Null);
}
