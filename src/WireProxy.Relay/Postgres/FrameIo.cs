using WireProxy.Protocols.Postgres;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Postgres;

/// <summary>Whole frames for the handshake, where messages are few and small.</summary>
internal static class FrameIo
{
    /// <summary>The largest message of a login, in bytes; tokens and GSS tickets fit.</summary>
    public const int LoginMessageBytes = 64 * 1024;

    /// <summary>Receives until a whole frame stands at the input's beginning; gives its type and length.</summary>
    public static async Task<(byte Type, int Length)> ReceiveAsync(Leg leg, Party party)
    {
        byte type;
        int length;
        while (!Frame.TryReadHeader(leg.Input.Unread, out type, out length))
        {
            if (!await leg.ReceiveAsync())
                throw Closed(party);
        }
        bool isKnown = party == Party.Client ? Frame.IsFrontend(type) : Frame.IsBackend(type);
        if (!isKnown)
            throw Violation(party, "a message type that does not exist");
        if (length > LoginMessageBytes)
            throw Violation(party, "a message too long for a login");
        if (!await leg.ReceiveAtLeastAsync(length))
            throw Closed(party);
        return (type, length);
    }

    /// <summary>Receives the upstream's next message of a login, for which it has a limited time.</summary>
    /// <exception cref="SessionEndException">It did not come.</exception>
    public static Task<(byte Type, int Length)> ReceiveAnswerAsync(Session session, CancellationToken cancellationToken) =>
        session.Listener.Patience.ReceiveAsync(
            session.Upstream!, "did not answer the login", () => ReceiveAsync(session.Upstream!, Party.Upstream), cancellationToken);

    public static ReadOnlySpan<byte> Body(Leg leg, int frameLength) => leg.Input.Unread[Frame.HeaderLength..frameLength];

    /// <summary>Passes the frame at <paramref name="from"/>'s beginning on and sends it.</summary>
    public static async ValueTask PassAsync(Leg from, Leg to, int frameLength)
    {
        to.Output.Pass(from.Input.Slice(0, frameLength));
        await to.Output.FlushAsync();
        from.Input.Consume(frameLength);
    }

    public static SessionEndException Closed(Party party) => new(party == Party.Client
        ? new SessionEnd(Stage.Login, Party.Client, "the client closed the connection during the login")
        : new SessionEnd(Stage.Login, Party.Upstream, "the upstream closed the connection during the login", "08006"));

    public static SessionEndException Violation(Party party, string what) => new(new SessionEnd(
        Stage.Login, party, $"the {(party == Party.Client ? "client" : "upstream")} sent {what}", "08P01"));
}
