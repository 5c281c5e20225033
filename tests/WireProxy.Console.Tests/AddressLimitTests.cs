using System.Net;
using Microsoft.AspNetCore.Connections;
using WireProxy.HttpConsole.Http;

namespace WireProxy.Console.Tests;

/// <summary>One address does not take all places of the console.</summary>
internal sealed class AddressLimitTests
{
    [Test]
    public async Task An_address_has_its_places_and_others_have_theirs()
    {
        var limit = new AddressLimit(2);
        var leave = new TaskCompletionSource();
        Connection[] ofOne = [new("192.0.2.1"), new("192.0.2.1"), new("192.0.2.1")];
        Connection other = new("192.0.2.2");
        Connection here = new("127.0.0.1");

        Task[] running = [.. ofOne.Append(other).Append(here).Select(connection => limit.RunAsync(connection, _ => leave.Task))];

        Assert.That(ofOne.Select(connection => connection.IsAborted), Is.EqualTo(new[] { false, false, true }));
        Assert.That((other.IsAborted, here.IsAborted, limit.Held), Is.EqualTo((false, false, 2)), "loopback is not counted");
        leave.SetResult();
        await Task.WhenAll(running);
        Assert.That(limit.Held, Is.Zero);
        var again = new Connection("192.0.2.1");
        await limit.RunAsync(again, _ => Task.CompletedTask);
        Assert.That(again.IsAborted, Is.False);
    }

    [Test]
    public async Task A_connection_that_fails_gives_its_place_back()
    {
        var limit = new AddressLimit(1);

        Assert.That(() => limit.RunAsync(new Connection("192.0.2.1"), _ => throw new IOException()), Throws.TypeOf<IOException>());

        var next = new Connection("192.0.2.1");
        await limit.RunAsync(next, _ => Task.CompletedTask);
        Assert.That(next.IsAborted, Is.False);
    }

    private sealed class Connection : DefaultConnectionContext
    {
        public Connection(string address) => RemoteEndPoint = new IPEndPoint(IPAddress.Parse(address), 1);

        public bool IsAborted { get; private set; }

        public override void Abort(ConnectionAbortedException abortReason) => IsAborted = true;
    }
}
