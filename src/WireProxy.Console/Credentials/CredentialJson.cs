using System.Net;
using System.Text.Json;
using WireProxy.Access;

namespace WireProxy.HttpConsole.Credentials;

/// <summary>A credential as the console tells of it.</summary>
internal static class CredentialJson
{
    /// <param name="listener">Null where it is not configured any more.</param>
    /// <param name="host">Under which the client reached the console: a listener on every address is reached under the same.</param>
    public static void Write(Utf8JsonWriter json, IssuedCredential credential, ConsoleListener? listener, string host)
    {
        json.WriteString("id", credential.Id);
        json.WriteString("username", credential.UserName);
        json.WriteString("listener", credential.Listener);
        if (listener is not null)
            WriteListener(json, listener, host);
        WriteIdentity(json, credential.Identity);
        json.WriteString("issued_at", credential.Issued.UtcDateTime);
        json.WriteString("expires_at", credential.Ends.UtcDateTime);
    }

    private static void WriteListener(Utf8JsonWriter json, ConsoleListener listener, string host)
    {
        bool isAny = listener.Address.Address.Equals(IPAddress.Any) || listener.Address.Address.Equals(IPAddress.IPv6Any);
        json.WriteString("protocol", listener.Protocol);
        json.WriteStartObject("address");
        json.WriteString("host", isAny ? host : listener.Address.Address.ToString());
        json.WriteNumber("port", listener.Address.Port);
        json.WriteEndObject();
        json.WriteString("tls", listener.Tls);
        json.WriteBoolean("channel_binding", listener.BindsChannel);
        if (listener.Database is not null)
            json.WriteString("database", listener.Database);
    }

    private static void WriteIdentity(Utf8JsonWriter json, Identity identity)
    {
        json.WriteString("identity", identity.Name);
        json.WriteString("issuer", identity.Issuer);
        if (identity.Agent is not null)
            json.WriteString("agent", identity.Agent);
        if (identity.Purpose is not null)
            json.WriteString("purpose", identity.Purpose);
    }
}
