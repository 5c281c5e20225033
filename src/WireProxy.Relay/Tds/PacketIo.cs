using System.Net.Sockets;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Tds;

/// <summary>Whole messages for the handshake, where they are few and small.</summary>
internal static class PacketIo
{
    /// <summary>The largest message of a login, in bytes: a LOGIN7 has at most 128 KiB, tokens of federated logins may be larger.</summary>
    public const int LoginMessageBytes = 512 * 1024;

    /// <summary>Of a LOGIN7 with the headers of its packets, be they as small as they may: nobody has proved anything yet.</summary>
    public const int ClientLoginBytes = 144 * 1024;

    /// <summary>Of a PRELOGIN, which SQL Server takes in one packet.</summary>
    public const int PreLoginBytes = 8 * 1024;

    /// <summary>Receives until a whole packet stands at the input's beginning.</summary>
    public static async Task<PacketHeader> ReceivePacketAsync(Leg leg, Party party)
    {
        PacketHeader header;
        while (!TryRead(leg, party, out header))
        {
            await ReceiveAsync(leg, party, leg.Input.Length + 1);
        }
        await ReceiveAsync(leg, party, header.Length);
        return header;
    }

    /// <summary>Receives until a whole message stands at the input's beginning.</summary>
    /// <param name="most">Bytes, headers included.</param>
    public static async Task<PacketRun> ReceiveMessageAsync(Leg leg, Party party, int most = LoginMessageBytes)
    {
        PacketRun run;
        int needed;
        while (!TryMeasure(leg, party, out run, out needed))
        {
            if (needed > most)
                throw Violation(party, "a message too long for a login");
            await ReceiveAsync(leg, party, needed);
        }
        // More may have come at once than was asked for.
        return run.Length <= most ? run : throw Violation(party, "a message too long for a login");
    }

    /// <summary>Receives the upstream's next message of a login, for which it has a limited time.</summary>
    /// <exception cref="SessionEndException">It did not come.</exception>
    public static Task<PacketRun> ReceiveAnswerAsync(Leg upstream, UpstreamPatience patience, CancellationToken cancellationToken) =>
        patience.ReceiveAsync(upstream, "did not answer the login", () => ReceiveMessageAsync(upstream, Party.Upstream), cancellationToken);

    /// <summary>Receives until at least <paramref name="count"/> bytes are unread. A reset is an end like any other.</summary>
    private static async ValueTask ReceiveAsync(Leg leg, Party party, int count)
    {
        try
        {
            if (!await leg.ReceiveAtLeastAsync(count))
                throw Closed(party);
        }
        catch (Exception e) when (party == Party.Upstream && e is IOException or SocketException or ObjectDisposedException)
        {
            throw Closed(party);
        }
    }

    /// <summary>Takes the message at the input's beginning out of it.</summary>
    public static byte[] Take(Leg leg, PacketRun run)
    {
        using var joined = new WireWriter();
        byte[] payload = run.Payload(leg.Input.Unread, joined).ToArray();
        // It may hold a credential, and the buffer goes back to a pool.
        leg.Input.Wipe(run.Length);
        return payload;
    }

    /// <summary>Passes the message at <paramref name="from"/>'s beginning on and sends it.</summary>
    public static async ValueTask PassAsync(Leg from, Leg to, PacketRun run)
    {
        to.Output.Pass(from.Input.Slice(0, run.Length));
        await to.Output.FlushAsync();
        from.Input.Consume(run.Length);
    }

    public static async ValueTask SendAsync(Leg leg, PacketType type, ReadOnlyMemory<byte> payload, ushort spid = 0)
    {
        using var packets = new MessageWriter { Spid = spid };
        packets.WriteMessage(leg.Output.BeginOwn(), type, payload.Span);
        await leg.Output.FlushAsync();
    }

    public static SessionEndException Closed(Party party) => new(party == Party.Client
        ? new SessionEnd(Stage.Login, Party.Client, "the client closed the connection during the login")
        : new SessionEnd(Stage.Login, Party.Upstream, "the upstream closed the connection during the login", "08006"));

    public static SessionEndException Violation(Party party, string what) => new(new SessionEnd(
        Stage.Login, party, $"the {(party == Party.Client ? "client" : "upstream")} sent {what}", "08P01"));

    private static bool TryRead(Leg leg, Party party, out PacketHeader header)
    {
        try
        {
            return PacketHeader.TryRead(leg.Input.Unread, out header);
        }
        catch (ProtocolException e)
        {
            throw Broken(party, e);
        }
    }

    private static bool TryMeasure(Leg leg, Party party, out PacketRun run, out int needed)
    {
        try
        {
            return PacketRun.TryMeasure(leg.Input.Unread, out run, out needed);
        }
        catch (ProtocolException e)
        {
            throw Broken(party, e);
        }
    }

    /// <summary>Whose fault it was is known here alone.</summary>
    public static SessionEndException Broken(Party party, ProtocolException e) => new(new SessionEnd(
        Stage.Login, party, $"protocol violation by the {(party == Party.Client ? "client" : "upstream")}: {e.Message}", "08P01"));
}
