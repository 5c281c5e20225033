using System.Net.Sockets;
using WireProxy.Capture;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Sessions;

/// <summary>What an exception means for the session that it ends.</summary>
internal static class SessionFaults
{
    /// <summary>The connection under a leg is gone.</summary>
    public static bool IsOfTransport(Exception e) => e is IOException or SocketException or ObjectDisposedException;

    /// <param name="party">Whose leg it was met on.</param>
    public static SessionEnd EndOf(Exception e, Party party, Stage stage, Session session)
    {
        switch (e)
        {
            case SessionEndException ended:
                return ended.End;
            case ProtocolException:
                return new SessionEnd(stage, party, $"protocol violation by the {(party == Party.Client ? "client" : "upstream")}: {e.Message}",
                    "08P01");
            case JournalUnavailableException:
                return SessionRecorder.Unavailable(stage);
            case IOException or SocketException or ObjectDisposedException:
                return party == Party.Client ? SessionEnd.ClientClosed : SessionEnd.UpstreamClosed;
            case OperationCanceledException when stage == Stage.Handshake:
                return HandshakeTimedOut(session);
            default:
                session.Listener.Log.SessionFailed(session.Listener.Options.Name, session.Id, e);
                return new SessionEnd(stage, Party.Proxy, "an internal error of the gateway; its log says more", "XX000");
        }
    }

    public static SessionEnd HandshakeTimedOut(Session session) => new(
        Stage.Handshake, Party.Client,
        $"the login took longer than limits.handshake_timeout ({session.Listener.Options.Limits.HandshakeTimeout.TotalSeconds:0.###} s)", "08006");
}
