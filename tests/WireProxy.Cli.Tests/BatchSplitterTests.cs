using WireProxy.Cli.PolicyTest;

namespace WireProxy.Cli.Tests;

internal sealed class BatchSplitterTests
{
    [TestCase("select 1\ngo\nselect 2", "select 1", "select 2")]
    [TestCase("select 1; select 2\nGo\n", "select 1; select 2")]
    [TestCase("select 1\r\nGO\r\nselect 2\r\nGO 5\r\n", "select 1", "select 2")]
    [TestCase("  go  \n\ngo\nselect 1\ngo -- done", "select 1")]
    [TestCase("select 1 go\nselect going\ngoto x\ngo now please\ngo\n", "select 1 go\nselect going\ngoto x\ngo now please")]
    [TestCase("select 'a\ngo\nb'\ngo\nselect \"a\ngo\n\"\ngo\nselect [a\ngo\n]", "select 'a\ngo\nb'", "select \"a\ngo\n\"", "select [a\ngo\n]")]
    [TestCase("select 'it''s\ngo\n'\ngo\nselect 2", "select 'it''s\ngo\n'", "select 2")]
    [TestCase("/* a /* b */\ngo\n*/ select 1\ngo\nselect 2", "/* a /* b */\ngo\n*/ select 1", "select 2")]
    [TestCase("-- it's\ngo\nselect 1 -- '\ngo", "-- it's", "select 1 -- '")]
    [TestCase("select 'open\ngo\nselect 2", "select 'open\ngo\nselect 2")]
    [TestCase("")]
    public void A_script_is_cut_where_sqlcmd_would_send_it(string script, params string[] expected) =>
        Assert.That(BatchSplitter.Split(script).Select(batch => batch.Text), Is.EqualTo(expected));

    [Test]
    public void Each_batch_knows_the_line_it_begins_on() =>
        Assert.That(BatchSplitter.Split("\nselect\n 1\ngo\n\n\nselect 'a\nb'\ngo\nselect 3").Select(batch => batch.Line), Is.EqualTo(new[] { 2, 7, 10 }));
}
