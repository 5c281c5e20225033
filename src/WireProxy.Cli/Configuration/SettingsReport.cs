using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using WireProxy.Capture;
using WireProxy.Cli.Output;
using WireProxy.Policy;
using WireProxy.Relay;

namespace WireProxy.Cli.Configuration;

/// <summary>What a configuration resolved to, with every default in its place.</summary>
internal static class SettingsReport
{
    /// <summary>What clients of SQL Server may ask for and do not get in this version.</summary>
    private static readonly string[] MissingInTds =
    [
        "column encryption with enclaves is kept from clients",
        "sessions do not recover by themselves where a policy judges", "T-SQL newer than SQL Server 2019's does not parse",
    ];

    private static IEnumerable<string> MissingIn(ListenerOptions listener) =>
        listener.Limits.MarsSessions == 0 || listener.Upstream.Credentials is not null ? MissingInTds.Prepend("MARS is answered off") : MissingInTds;

    public static void WriteText(Settings settings, TextWriter output)
    {
        foreach (var listener in settings.Gateway.Listeners)
            WriteListener(listener, output);
        IdentityReport.WriteText(settings, output);
        if (settings.Policy is { } policy)
            WritePolicy(policy, output);
        else
            output.WriteLine("policy: none; everything is allowed and nothing is masked");
        output.WriteLine(settings.Journal is { } journal
            ? $"journal: {journal.Directory}, {Word(journal.Durability)}, {Signing(journal)}, on_failure {OnFailure(journal)}"
            : "journal: none; nothing is recorded");
    }

    public static void WriteJson(Settings settings, JsonLines lines)
    {
        foreach (var listener in settings.Gateway.Listeners)
            lines.Write(json => WriteListener(listener, json));
        IdentityReport.WriteJson(settings, lines);
        if (settings.Policy is { } policy)
            lines.Write(json => WritePolicy(policy, json));
        if (settings.Journal is { } journal)
        {
            lines.Write(json =>
            {
                json.WriteString("kind", "journal");
                json.WriteString("directory", journal.Directory);
                json.WriteString("durability", Word(journal.Durability));
                json.WriteBoolean("signed", journal.SigningKey is not null);
                json.WriteString("on_failure", OnFailure(journal));
            });
        }
    }

    private static void WriteListener(ListenerOptions listener, TextWriter output)
    {
        var (upstream, limits) = (listener.Upstream, listener.Limits);
        output.WriteLine($"listener {listener.Name}");
        output.WriteLine($"  protocol    {Word(listener.Protocol)}");
        output.WriteLine($"  address     {listener.Address}");
        output.WriteLine($"  tls         {Describe(listener.Tls)}");
        output.WriteLine($"  upstream    {AddressOf(upstream)}, tls {Describe(upstream.Tls)}{Encryption(listener)}, timeout {Units.Duration(upstream.Timeout)}");
        output.WriteLine($"  login       {IdentityReport.Describe(upstream.Credentials)}{Cleartext(listener)}");
        output.WriteLine($"  catalog     read by {upstream.Catalog?.Username ?? "the client's own session, before its first statement"}");
        output.WriteLine($"  limits      {Describe(limits)}");
        if (listener.Protocol == WireProtocol.Tds)
            output.WriteLine($"  not there   {string.Join("; ", MissingIn(listener))}");
    }

    private static void WriteListener(ListenerOptions listener, Utf8JsonWriter json)
    {
        var (upstream, limits) = (listener.Upstream, listener.Limits);
        json.WriteString("kind", "listener");
        json.WriteString("name", listener.Name);
        json.WriteString("protocol", Word(listener.Protocol));
        json.WriteString("address", listener.Address.ToString());
        json.WriteString("tls", listener.Tls is { } tls ? Word(tls.Mode) : null);
        json.WriteString("certificate", listener.Tls?.Certificate.Subject);
        json.WriteString("upstream", AddressOf(upstream));
        json.WriteString("upstream_tls", Word(upstream.Tls.Mode));
        json.WriteString("upstream_timeout", Units.Duration(upstream.Timeout));
        IdentityReport.Write(upstream.Credentials, json);
        json.WriteString("catalog", upstream.Catalog?.Username);
        json.WriteBoolean("asks_for_certificate", listener.Tls is { AsksForCertificate: true });
        json.WriteBoolean("cleartext_on_loopback", listener.CleartextOnLoopback);
        if (listener.Protocol == WireProtocol.Tds)
        {
            json.WriteString("upstream_encryption", Word(upstream.Tls.Encryption));
            json.WriteStartArray("not_there");
            foreach (var missing in MissingIn(listener))
                json.WriteStringValue(missing);
            json.WriteEndArray();
        }
        json.WriteStartObject("limits");
        json.WriteNumber("connections", limits.Connections);
        json.WriteNumber("unfinished_logins", limits.UnfinishedLogins);
        json.WriteNumber("unfinished_logins_per_address", limits.UnfinishedLoginsPerAddress);
        json.WriteString("handshake_timeout", Units.Duration(limits.HandshakeTimeout));
        json.WriteString("idle_timeout", Units.Duration(limits.IdleTimeout));
        json.WriteNumber("inspected_message", limits.InspectedMessageBytes);
        json.WriteString("change_wait", Units.Duration(limits.ChangeWait));
        json.WriteString("drain_timeout", Units.Duration(limits.DrainTimeout));
        json.WriteNumber("mars_sessions", limits.MarsSessions);
        json.WriteEndObject();
    }

    private static void WritePolicy(LoadedPolicy policy, TextWriter output)
    {
        var definition = policy.Definition;
        output.WriteLine($"policy: {policy.File}, sha256 {definition.Hash}");
        output.WriteLine(
            $"  derived {Word(definition.Derived)}, predicates {Word(definition.Predicates)}, unparsed {Word(definition.Unparsed)}, labels {Word(definition.Labels)}");
        foreach (var (protect, column) in definition.Protect.SelectMany(protect => protect.Columns.Select(column => (protect, column))))
            output.WriteLine($"  protect     {column}  {protect.Mask}");
        foreach (var (protect, label) in definition.Protect.SelectMany(protect => protect.Labels.Select(label => (protect, label))))
            output.WriteLine($"  protect     columns classified {label}  {protect.Mask}");
        foreach (var rule in definition.Rules)
            output.WriteLine($"  rule        {rule.Name}: {Word(rule.Then)} when {Describe(rule.When)}");
        foreach (var grant in definition.Unmask)
            output.WriteLine($"  unmask      {string.Join(", ", grant.Columns)}  for {Grantees(grant)}");
    }

    private static void WritePolicy(LoadedPolicy policy, Utf8JsonWriter json)
    {
        var definition = policy.Definition;
        json.WriteString("kind", "policy");
        json.WriteString("file", policy.File);
        json.WriteString("sha256", definition.Hash);
        json.WriteString("derived", Word(definition.Derived));
        json.WriteString("predicates", Word(definition.Predicates));
        json.WriteString("unparsed", Word(definition.Unparsed));
        json.WriteString("labels", Word(definition.Labels));
        json.WriteStartArray("protect");
        foreach (var (protect, column) in definition.Protect.SelectMany(protect => protect.Columns.Select(column => (protect, column))))
        {
            json.WriteStartObject();
            json.WriteString("column", column.ToString());
            json.WriteString("mask", protect.Mask.ToString());
            json.WriteEndObject();
        }
        foreach (var (protect, label) in definition.Protect.SelectMany(protect => protect.Labels.Select(label => (protect, label))))
        {
            json.WriteStartObject();
            json.WriteString("label", label);
            json.WriteString("mask", protect.Mask.ToString());
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("rules");
        foreach (var rule in definition.Rules)
        {
            json.WriteStartObject();
            json.WriteString("name", rule.Name);
            json.WriteString("then", Word(rule.Then));
            json.WriteStartObject("when");
            foreach (var (name, value) in Conditions(rule.When))
                json.WriteString(name, value);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static IEnumerable<(string Name, string Value)> Conditions(RuleCondition when)
    {
        var lists = new (string Name, IReadOnlyList<string>? Values)[]
        {
            ("statement", when.Statement), ("class", when.Class), ("tables", when.Tables), ("columns", when.Columns),
            ("functions", when.Functions), ("unbounded", when.Unbounded is { } unbounded ? [unbounded ? "true" : "false"] : null),
            ("users", when.Users), ("groups", when.Groups), ("agents", when.Agents), ("purposes", when.Purposes),
            ("networks", when.Networks), ("listeners", when.Listeners), ("hours", when.Hours),
        };
        return lists.Where(list => list.Values is not null).Select(list => (list.Name, string.Join(", ", list.Values!)));
    }

    private static string Describe(ListenerLimits limits) => string.Create(CultureInfo.InvariantCulture,
        $"connections {limits.Connections}, unfinished_logins {limits.UnfinishedLogins} ({limits.UnfinishedLoginsPerAddress} of an address), handshake_timeout {Units.Duration(limits.HandshakeTimeout)}, idle_timeout {Idle(limits)}, ")
        + $"inspected_message {Units.Size(limits.InspectedMessageBytes)}, change_wait {Units.Duration(limits.ChangeWait)}, drain_timeout {Units.Duration(limits.DrainTimeout)}, mars_sessions {limits.MarsSessions}";

    private static string Describe(ClientTlsOptions? tls) => tls is null
        ? "not offered"
        : $"{Word(tls.Mode)}, {tls.Certificate.Subject}, until {Day(tls.Certificate.NotAfter)}{(tls.AsksForCertificate ? ", asks for a certificate" : "")}";

    private static string Cleartext(ListenerOptions listener) => listener.CleartextOnLoopback ? "; in the clear too from this machine" : "";

    private static string Describe(RuleCondition when) => string.Join("; ", Conditions(when).Select(key => $"{key.Name} {key.Value}"));

    private static string AddressOf(UpstreamOptions upstream) =>
        string.Create(CultureInfo.InvariantCulture, $"{upstream.Host}:{upstream.Port}");

    private static string Describe(UpstreamTlsOptions tls) => tls.Mode switch
    {
        UpstreamTlsMode.VerifyFull => $"verify-full against {(tls.Roots is null ? "the system's roots" : "root_certificate")}",
        UpstreamTlsMode.Disable => "disable",
        _ => $"{Word(tls.Mode)} (who the server is, is not checked)",
    };

    private static string Encryption(ListenerOptions listener) => listener is { Protocol: WireProtocol.Tds, Upstream.Tls.Mode: not UpstreamTlsMode.Disable }
        ? listener.Upstream.Tls.Encryption switch
        {
            TdsEncryption.Login => ", the login alone encrypted",
            TdsEncryption.Strict => ", TDS 8.0",
            _ => ", everything encrypted",
        }
        : "";

    private static string Grantees(UnmaskGrant grant) => string.Join(" and ", new[]
    {
        Listed("users", grant.Users), Listed("groups", grant.Groups), Listed("agents", grant.Agents), Listed("purposes", grant.Purposes),
        Listed("networks", grant.Networks), Listed("listeners", grant.Listeners), Listed("hours", grant.Hours),
    }.OfType<string>());

    private static string? Listed(string key, ImmutableArray<string>? values) => values is { } list ? $"{key} {string.Join(", ", list)}" : null;

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString() switch
        {
            nameof(UpstreamTlsMode.VerifyFull) => "verify-full",
            var word => word.ToLowerInvariant(),
        };

    private static string Signing(JournalOptions journal) => journal.SigningKey is null ? "not signed" : "signed";

    private static string OnFailure(JournalOptions journal) => journal.RefuseOnFailure ? "refuse" : "continue";

    private static string Idle(ListenerLimits limits) => limits.IdleTimeout == TimeSpan.Zero ? "never" : Units.Duration(limits.IdleTimeout);

    private static string Day(DateTime moment) => moment.ToUniversalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
