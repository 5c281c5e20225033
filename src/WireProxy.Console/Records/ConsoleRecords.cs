using System.Buffers;
using System.Text.Json;
using WireProxy.Access;
using WireProxy.Capture;
using WireProxy.HttpConsole.Login;

namespace WireProxy.HttpConsole.Records;

/// <summary>
/// What is done at the console, on record as a short session of protocol <c>http</c>: who came, what was done (an Access record), and
/// the end. protocol-specs/capture/format.md lists the members.
/// </summary>
internal sealed class ConsoleRecords(ConsoleServices services)
{
    private const string Protocol = "http";

    /// <summary>A credential is about to be given out.</summary>
    /// <exception cref="JournalUnavailableException">It cannot be recorded, and must not be given out.</exception>
    public Task IssuedAsync(Caller caller, IssuedCredential credential) => AppendAsync(
        json => WriteWho(json, caller), "a credential was issued", json =>
        {
            json.WriteString("access", "issued");
            WriteCredential(json, credential);
            json.WriteString("purpose", credential.Identity.Purpose);
            json.WriteNumber("lifetime_seconds", (credential.Ends - credential.Issued).TotalSeconds);
            json.WriteString("expires_at", credential.Ends.UtcDateTime);
        });

    /// <summary>A credential has been revoked.</summary>
    /// <exception cref="JournalUnavailableException">It cannot be recorded.</exception>
    public Task RevokedAsync(Caller caller, IssuedCredential credential) => AppendAsync(
        json => WriteWho(json, caller), "a credential was revoked", json =>
        {
            json.WriteString("access", "revoked");
            WriteCredential(json, credential);
            json.WriteString("of", credential.Identity.Name);
            json.WriteString("of_issuer", credential.Identity.Issuer);
        });

    /// <summary>Somebody could not prove who they are.</summary>
    /// <param name="name">As it may be recorded.</param>
    /// <exception cref="JournalUnavailableException">It cannot be recorded.</exception>
    public Task LoginRefusedAsync(Visit visit, string name, string reason) => AppendAsync(
        json =>
        {
            WriteVisit(json, visit, name);
            json.WriteString("login", "refused");
        }, reason, null);

    private async Task AppendAsync(Action<Utf8JsonWriter> opened, string reason, Action<Utf8JsonWriter>? access)
    {
        if (services.Journal is not { } journal)
            return;
        Guid id = Guid.CreateVersion7(services.Time.GetUtcNow());
        SessionStream stream = journal.OpenSession(id);
        long position = await stream.AppendAsync(RecordKind.SessionOpened, Write(json =>
        {
            json.WriteString("session", id);
            opened(json);
        }));
        if (access is not null)
            position = await stream.AppendAsync(RecordKind.Access, Write(access));
        if (services.StrictJournal && position > 0)
            await journal.WaitDurableAsync(position);
        await stream.AppendAsync(RecordKind.SessionClosed, Write(json =>
        {
            json.WriteString("reason", reason);
            json.WriteString("stage", "login");
            json.WriteString("party", "client");
        }));
    }

    private void WriteVisit(Utf8JsonWriter json, Visit visit, string user)
    {
        json.WriteString("listener", ConsoleLogin.Listener);
        json.WriteString("protocol", Protocol);
        json.WriteString("client", visit.Address?.ToString());
        json.WriteString("user", user);
        json.WriteString("application_name", visit.Program);
        json.WriteString("policy_hash", services.PolicyHash);
        json.WriteString("tls_client", visit.Tls);
    }

    private void WriteWho(Utf8JsonWriter json, Caller caller)
    {
        Identity identity = caller.Identity;
        WriteVisit(json, caller.Visit, identity.Name);
        json.WriteString("issuer", identity.Issuer);
        json.WriteString("proof", JsonNamingPolicy.SnakeCaseLower.ConvertName(identity.Proof.ToString()));
        json.WriteStartArray("groups");
        foreach (string group in identity.Groups)
            json.WriteStringValue(group);
        json.WriteEndArray();
        if (identity.Agent is { } agent)
            json.WriteString("agent", agent);
    }

    private static void WriteCredential(Utf8JsonWriter json, IssuedCredential credential)
    {
        json.WriteString("credential", credential.Id);
        json.WriteString("username", credential.UserName);
        json.WriteString("listener", credential.Listener);
    }

    private static byte[] Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }
}
