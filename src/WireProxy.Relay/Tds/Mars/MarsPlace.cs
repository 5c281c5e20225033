using System.Text.Json;

namespace WireProxy.Relay.Tds.Mars;

/// <summary>What a record says of a session's place in a MARS connection; protocol-specs/capture/format.md lists the members.</summary>
/// <param name="Connection">The connection's own session; null for that one itself.</param>
/// <param name="SessionId">The number that the client has chosen.</param>
internal sealed record MarsPlace(Guid? Connection, ushort SessionId)
{
    public void Write(Utf8JsonWriter json)
    {
        if (Connection is { } connection)
        {
            json.WriteString("connection", connection);
            json.WriteNumber("mars_session", SessionId);
        }
        else
        {
            json.WriteBoolean("mars", true);
        }
    }
}
