using System.Buffers;
using System.Text.Json;
using WireProxy.Policy;

namespace WireProxy.Relay.Sessions;

/// <summary>The JSON payloads of a session's records; protocol-specs/capture/format.md lists their members.</summary>
internal static class SessionRecords
{
    /// <param name="agreed">Writes what was agreed on at login and must be known to read the session's bytes.</param>
    public static byte[] Opened(
        Session session, Subject subject, string policyHash, string protocol, string? applicationName, Action<Utf8JsonWriter>? agreed = null)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("session", session.Id);
        json.WriteString("listener", subject.Listener);
        json.WriteString("protocol", protocol);
        json.WriteString("client", session.ClientAddress?.ToString());
        json.WriteString("user", subject.User);
        json.WriteString("database", subject.Database);
        json.WriteString("application_name", applicationName);
        json.WriteString("policy_hash", policyHash);
        json.WriteString("tls_client", session.Client.Transport.TlsDescription);
        json.WriteString("tls_upstream", session.Upstream?.Transport.TlsDescription);
        agreed?.Invoke(json);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    public static byte[] Closed(SessionEnd end, long toClient, long toUpstream)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("reason", end.Reason);
        json.WriteString("stage", NameOf(end.Stage));
        json.WriteString("party", NameOf(end.Party));
        json.WriteNumber("bytes_to_client", toClient);
        json.WriteNumber("bytes_to_upstream", toUpstream);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    public static string NameOf(Stage stage) => stage.ToString().ToLowerInvariant();

    public static string NameOf(Party party) => party.ToString().ToLowerInvariant();
}
