using WireProxy.Access;

namespace WireProxy.Cli.Tests;

/// <summary><c>identity.users_file</c>: read at the start with every problem told, and again as it changes.</summary>
internal sealed class UserFileTests
{
    private const string Main = ConfigurationFiles.Minimal + "\nidentity: { users_file: users.yaml }";

    private ConfigurationFiles _files = null!;

    [SetUp]
    public void SetUp() => _files = new ConfigurationFiles();

    [TearDown]
    public void TearDown() => _files.Dispose();

    [Test]
    public async Task Users_are_read_and_read_again_when_they_are_the_same_twice()
    {
        _files.Write("users.yaml", "users: [ { name: alice, password: one, groups: [staff] } ]");
        var (settings, problems) = _files.Read(Main);
        Assert.That(settings, Is.Not.Null, () => string.Join('\n', problems));
        var source = settings!.Identity!.UserSource!;
        var first = await source.ReadAsync(default);
        Assert.That(first.Single().Groups, Is.EqualTo(new[] { "staff" }));
        Assert.That((await source.ReadAsync(default)).Single(), Is.SameAs(first.Single()), "nothing has changed");

        _files.Write("users.yaml", "users: [ { name: bob, password: two } ]");

        Assert.That(await NamesAsync(source), Is.EqualTo("alice"), "it may still be written");
        Assert.That(await NamesAsync(source), Is.EqualTo("bob"));
    }

    [TestCase("users: [ { name: alice, pasword: x } ]", "users.yaml:1: error: unknown key 'pasword'")]
    [TestCase("users: [ { name: wp_x, password: x } ]", "begins with wp_")]
    [TestCase("others: []", "'users' is missing")]
    [TestCase("users: [ { name: a, password: x }, { name: a, password: y } ]", "the name 'a' stands 2 times")]
    public void What_is_wrong_with_it_is_told_at_the_start(string text, string problem)
    {
        _files.Write("users.yaml", text);

        var (settings, problems) = _files.Read(Main);

        Assert.That(settings, Is.Null);
        Assert.That(problems, Has.Some.Contains(problem));
    }

    [Test]
    public void One_that_is_not_there_is_an_error() =>
        Assert.That(_files.Read(Main).Problems, Has.One.Contains("identity.users_file").And.One.Contains("cannot be read"));

    [Test]
    public void A_name_may_not_stand_in_both_places()
    {
        _files.Write("users.yaml", "users: [ { name: alice, password: one } ]");

        var (_, problems) = _files.Read(ConfigurationFiles.Minimal + "\nidentity: { users_file: users.yaml, users: [ { name: alice, password: two } ] }");

        Assert.That(problems, Has.One.Contains("the name 'alice' stands 2 times"));
    }

    [Test]
    public async Task One_that_goes_wrong_later_is_told_and_the_users_of_before_stay()
    {
        _files.Write("users.yaml", "users: [ { name: alice, password: one } ]");
        var source = _files.Read(Main).Settings!.Identity!.UserSource!;
        _files.Write("users.yaml", "users: 7");
        await source.ReadAsync(default);

        Assert.That(async () => await source.ReadAsync(default), Throws.TypeOf<FormatException>().With.Message.Contains("users.yaml:1: error: users: a list is expected here"));
        _files.Write("users.yaml", "users: [ { name: carol, password: one } ]");
        await source.ReadAsync(default);
        Assert.That(await NamesAsync(source), Is.EqualTo("carol"));
    }

    [Test]
    public async Task Check_lists_them()
    {
        _files.Write("users.yaml", "users: [ { name: alice, password: one, groups: [staff] } ]");
        _files.Read(Main);

        var result = await Cli.RunAsync("check", "--offline", "--config", _files.Main);

        Assert.That(result.Output, Does.Contain("user        alice in staff"), result.ToString);
    }

    private static async Task<string> NamesAsync(LocalUserSource source) => string.Join(' ', (await source.ReadAsync(default)).Select(user => user.Name));
}
