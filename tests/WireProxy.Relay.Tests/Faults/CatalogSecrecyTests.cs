using WireProxy.Access;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Relay.Postgres;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Tds;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.Relay.Tests.Faults;

/// <summary>Who reads the catalog tells its password to nobody on the way.</summary>
internal sealed class CatalogSecrecyTests
{
    /// <summary>Leads to this machine, and does not look like it.</summary>
    private const string Elsewhere = "LOCALHOST";

    private const string Password = "catalog-password-zx";

    /// <summary>Whoever says that there is no TLS, and asks for the password.</summary>
    [TestCase(UpstreamTlsMode.Disable)]
    [TestCase(UpstreamTlsMode.Prefer)]
    public async Task Postgres_gets_no_password_in_the_clear(UpstreamTlsMode mode)
    {
        await using var server = new SilentServer(received => received is [0, 0, 0, 8, ..] ? "N"u8.ToArray() : Message('R', Int32(3)));

        Assert.That(() => new CatalogReader(UpstreamOf(server, mode), "clinic").ReadAsync(), Throws.TypeOf<CatalogUnreadableException>());

        Assert.That(server.Received, Does.Contain("reader").And.Not.Contain(Password));
    }

    [Test]
    public async Task Postgres_gets_it_where_the_operator_says_so()
    {
        await using var server = new SilentServer(_ => Message('R', Int32(3)));
        UpstreamOptions upstream = UpstreamOf(server, UpstreamTlsMode.Disable) with { CleartextCredentials = true };

        Assert.That(() => new CatalogReader(upstream, "clinic").ReadAsync(), Throws.TypeOf<CatalogUnreadableException>(), "it is silent then");

        Assert.That(server.Received, Does.Contain(Password));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task SQL_Server_gets_no_login_in_the_clear(bool isAllowed)
    {
        await using var server = new SilentServer(_ => SilentUpstreamTests.PreLoginAnswer(PreLoginEncryption.NotSupported));
        UpstreamOptions upstream = UpstreamOf(server, UpstreamTlsMode.Prefer) with { CleartextCredentials = isAllowed };

        var exception = await Assert.ThrowsAsync<CatalogUnreadableException>(() => TdsCatalogReader.ReadAsync(upstream, "clinic"));

        Assert.That(exception!.Message, Does.Contain(isAllowed ? "did not answer the login" : "would pass in the clear"));
        Assert.That(server.Received.Contains("r\0e\0a\0d\0e\0r\0", StringComparison.Ordinal), Is.EqualTo(isAllowed));
    }

    private static UpstreamOptions UpstreamOf(SilentServer server, UpstreamTlsMode mode) => new(
        Elsewhere, server.Port, new UpstreamTlsOptions(mode, null), new UpstreamLogin("reader", new LiteralSecret(Password)))
    {
        Timeout = TimeSpan.FromSeconds(3),
    };
}
