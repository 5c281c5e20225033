using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using WireProxy.Policy;
using WireProxy.Relay.Postgres;
using WireProxy.Relay.Sessions;

namespace WireProxy.Relay.Tests.Sessions;

public sealed class SessionRegistryTests
{
    private static readonly byte[] Secret = [1, 2, 3, 4];

    private readonly List<Session> _sessions = [];

    [TearDown]
    public void Close()
    {
        _sessions.ForEach(session => session.Client.Release());
        _sessions.Clear();
    }

    [Test]
    public void A_key_is_found_by_listener_process_and_secret_together()
    {
        var registry = new SessionRegistry();
        Session session = Add(registry);
        registry.AddCancelKey(new CancelHandle("a", 7, Secret), session);
        Assert.That(registry.FindByCancelKey(new CancelHandle("a", 7, [1, 2, 3, 4])), Is.SameAs(session));
        Assert.That(registry.FindByCancelKey(new CancelHandle("b", 7, Secret)), Is.Null);
        Assert.That(registry.FindByCancelKey(new CancelHandle("a", 8, Secret)), Is.Null);
        Assert.That(registry.FindByCancelKey(new CancelHandle("a", 7, [1, 2, 3, 5])), Is.Null);
        Assert.That(registry.FindByCancelKey(new CancelHandle("a", 7, [1, 2, 3, 4, 5])), Is.Null);
    }

    [Test]
    public void A_key_that_the_server_gave_out_again_stays_the_new_sessions()
    {
        var registry = new SessionRegistry();
        Session first = Add(registry), second = Add(registry);
        var key = new CancelHandle("a", 7, Secret);
        registry.AddCancelKey(key, first);
        registry.AddCancelKey(key, second);
        registry.RemoveCancelKey(key, first);
        Assert.That(registry.FindByCancelKey(key), Is.SameAs(second));
        registry.RemoveCancelKey(key, second);
        Assert.That(registry.FindByCancelKey(key), Is.Null);
    }

    [Test]
    public void Sessions_are_counted_while_they_live()
    {
        var registry = new SessionRegistry();
        Session first = Add(registry), second = Add(registry);
        Assert.That(registry.Sessions, Is.EquivalentTo((Session[])[first, second]));
        registry.Remove(first);
        registry.Remove(first);
        Assert.That(registry.Count, Is.EqualTo(1));
    }

    [Test]
    public void A_handle_keeps_its_own_copy_of_the_secret_and_its_hash_says_nothing_of_it()
    {
        byte[] secret = [1, 2, 3, 4];
        var handle = new CancelHandle("a", 7, secret);
        secret[0] = 9;
        Assert.That(handle.Equals(new CancelHandle("a", 7, Secret)));
        Assert.That(handle.Equals((object)"a"), Is.False);
        Assert.That(handle.GetHashCode(), Is.EqualTo(new CancelHandle("a", 7, [9, 9, 9, 9]).GetHashCode()));
    }

    private Session Add(SessionRegistry registry)
    {
        Session session = Detached.Session(CompiledPolicy.AllowEverything, registry);
        _sessions.Add(session);
        registry.Add(session);
        return session;
    }
}

/// <summary>Sessions whose sockets lead nowhere.</summary>
internal static class Detached
{
    public static Session Session(CompiledPolicy policy, SessionRegistry? registry = null, PostgresDialect? dialect = null)
    {
        ListenerOptions options = Options;
        var context = new ListenerContext(
            options, policy, null, new GatewayLog(NullLogger.Instance), TimeProvider.System, registry ?? new SessionRegistry())
        {
            Dialect = dialect ?? new PostgresDialect(options, policy, new StatementAnalysis(), new KnownDatabases()),
        };
        return new Session(context, new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
    }

    public static ListenerOptions Options { get; } = new(
        "detached", WireProtocol.Postgres, new IPEndPoint(IPAddress.Loopback, 0), null,
        new UpstreamOptions("127.0.0.1", 1, new UpstreamTlsOptions(UpstreamTlsMode.Disable, null), null), new ListenerLimits());
}
