using System.Buffers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using WireProxy.Access;
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
        WriteIdentity(json, session);
        json.WriteString("tls_client", session.Client.Transport.TlsDescription);
        json.WriteString("tls_upstream", session.Upstream?.Transport.TlsDescription);
        agreed?.Invoke(json);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Nothing of it is secret: protocol-specs/capture/format.md lists the members.</summary>
    private static void WriteIdentity(Utf8JsonWriter json, Session session)
    {
        if (session.Grant is { } grant)
        {
            Identity identity = grant.Identity;
            json.WriteString("issuer", identity.Issuer);
            json.WriteString("proof", JsonNamingPolicy.SnakeCaseLower.ConvertName(identity.Proof.ToString()));
            json.WriteStartArray("groups");
            foreach (string group in identity.Groups)
                json.WriteStringValue(group);
            json.WriteEndArray();
            WriteIfAny(json, "agent", identity.Agent);
            WriteIfAny(json, "purpose", identity.Purpose);
            WriteIfAny(json, "credential", grant.CredentialId);
            WriteIfAny(json, "upstream_user", session.UpstreamUser);
        }
        WriteIfAny(json, "client_certificate", Fingerprint(session.ClientCertificate?.Certificate));
        WriteIfAny(json, "upstream_certificate", Fingerprint(session.Upstream?.Transport.PeerCertificate));
    }

    private static void WriteIfAny(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }

    private static string? Fingerprint(X509Certificate? certificate) =>
        certificate is null ? null : Convert.ToHexStringLower(SHA256.HashData(certificate.GetRawCertData()));

    public static byte[] Closed(SessionEnd end, long toClient, long toUpstream)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("reason", end.Detail ?? end.Reason);
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
