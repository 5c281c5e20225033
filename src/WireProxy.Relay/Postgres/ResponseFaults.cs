using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;

namespace WireProxy.Relay.Postgres;

/// <summary>How answers of the server can be wrong.</summary>
internal static class ResponseFaults
{
    public static ProtocolException Unexpected(BackendMessageType type) =>
        new($"a {type} answers no message that is under way");

    public static SessionEndException UnknownRows() => new(new SessionEnd(
        Stage.Relay, Party.Proxy, "rows came whose description is not known, and none is passed on without it", "XX000",
        "Connect again; let the client describe its portals."));
}
