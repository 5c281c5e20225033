using System.Globalization;
using System.Text.Json;
using WireProxy.Capture;
using WireProxy.Cli.Replay;

namespace WireProxy.Cli.Journals;

/// <summary>A recorded session as a listing shows it.</summary>
internal sealed class SessionEntry
{
    private static readonly string[] OpenedMembers =
    [
        "login", "listener", "protocol", "user", "issuer", "proof", "agent", "purpose", "credential", "upstream_user", "database", "client",
        "application_name", "policy_hash", "tls_client", "tls_upstream", "client_certificate", "upstream_certificate",
        "connection", "mars_session",
    ];
    private static readonly string[] ClosedMembers = ["reason", "stage", "party"];

    private readonly JsonElement _opened;
    private readonly JsonElement _closed;

    public SessionEntry(SessionSummary summary)
    {
        Summary = summary;
        _opened = JsonText.Parse(summary.Opened);
        _closed = JsonText.Parse(summary.Closed);
    }

    public static IReadOnlyList<string> Headings { get; } =
        ["session", "began (UTC)", "lasted", "listener", "user", "issuer", "agent", "database", "client", "decisions", "to client", "ended"];

    public SessionSummary Summary { get; }

    public string? Listener => Opened("listener");

    public string? User => Opened("user");

    /// <summary>The session that owns the connection which this one shares with others; null where it has its own.</summary>
    public string? Connection => Opened("connection");

    public string? Database => Opened("database");

    public string[] Cells() =>
    [
        Summary.Id.ToString(),
        Summary.FirstUtc.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
        string.Create(CultureInfo.InvariantCulture, $"{(Summary.LastUtc - Summary.FirstUtc).TotalSeconds:0.0}s"),
        Listener ?? "-",
        User ?? "-",
        Opened("issuer") ?? "-",
        Opened("agent") ?? "-",
        Database ?? "-",
        Opened("client") ?? "-",
        Summary.Decisions.ToString(CultureInfo.InvariantCulture),
        Summary.ServerBytes.ToString(CultureInfo.InvariantCulture),
        Ending,
    ];

    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("session", Summary.Id);
        json.WriteString("first", Summary.FirstUtc);
        json.WriteString("last", Summary.LastUtc);
        foreach (var name in OpenedMembers)
            json.WriteString(name, Opened(name));
        json.WriteStartArray("groups");
        foreach (var group in JsonText.ListOf(_opened, "groups"))
            json.WriteStringValue(group);
        json.WriteEndArray();
        json.WriteNumber("records", Summary.Records);
        json.WriteNumber("decisions", Summary.Decisions);
        json.WriteNumber("client_bytes", Summary.ClientBytes);
        json.WriteNumber("server_bytes", Summary.ServerBytes);
        json.WriteBoolean("closed", Summary.IsClosed);
        foreach (var name in ClosedMembers)
            json.WriteString(name, JsonText.Of(_closed, name));
    }

    private string Ending
    {
        get
        {
            var reason = Summary.IsClosed ? JsonText.Of(_closed, "reason") ?? "-" : "goes on, or was cut off";
            return Opened("login") is { } login ? $"login {login}: {reason}" : reason;
        }
    }

    private string? Opened(string name) => JsonText.Of(_opened, name);
}
