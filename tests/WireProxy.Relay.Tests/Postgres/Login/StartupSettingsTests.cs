using WireProxy.Protocols.Postgres;
using WireProxy.Relay.Postgres.Login;

namespace WireProxy.Relay.Tests.Postgres.Login;

internal sealed class StartupSettingsTests
{
    [TestCase("-c role=admin")]
    [TestCase("-crole=admin")]
    [TestCase("--role=admin")]
    [TestCase("-c ROLE=admin")]
    [TestCase("-c work_mem=7MB -c role=admin")]
    [TestCase("-e -c role=admin")]
    [TestCase("-ecrole=admin")]
    [TestCase("-B 100 -c role=admin")]
    [TestCase("-c\trole=admin")]
    [TestCase("\\-c role=admin")]
    [TestCase("-c r\\ole=admin")]
    public void A_role_in_the_options_is_found_as_the_server_finds_it(string options) =>
        Assert.That(Of(("options", options)), Is.EqualTo((string[])["SET ROLE \"admin\""]));

    [TestCase("-c search_path=role=admin")]
    [TestCase("-c app.role=admin")]
    [TestCase("-B role=admin")]
    [TestCase("-c work_mem=7MB")]
    [TestCase("-c")]
    [TestCase("role=admin")]
    [TestCase("")]
    public void Other_options_are_not_taken_for_one(string options) => Assert.That(Of(("options", options)), Is.Empty);

    [Test]
    public void Parameters_count_as_options_do()
    {
        Assert.That(
            Of(("Role", "a\"b"), ("application_name", "role=x"), ("session_authorization", "root"), ("options", "--session-authorization=other")),
            Is.EqualTo((string[])["SET ROLE \"a\"\"b\"", "SET SESSION AUTHORIZATION \"root\"", "SET SESSION AUTHORIZATION \"other\""]));
    }

    [Test]
    public void Names_are_cut_where_the_server_cuts_them()
    {
        string longest = new('u', 63);
        var startup = new StartupMessage(ProtocolVersion.V30, [new("user", longest + "and more"), new("database", longest + "x")]);

        Assert.That((StartupNames.User(startup), StartupNames.Database(startup, null)), Is.EqualTo((longest, longest)));
    }

    private static IEnumerable<string> Of(params (string Name, string Value)[] parameters) => StartupSettings.StatementsOf(new StartupMessage(
        ProtocolVersion.V30, [.. parameters.Select(one => new StartupParameter(one.Name, one.Value))]));
}
