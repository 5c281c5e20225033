using System.Text;

namespace WireProxy.TestKit;

/// <summary>What the configuration file of a <see cref="GatewayProcess"/> says; each part is left out where it is null.</summary>
public sealed record GatewaySettings
{
    /// <summary>Host and port of the database.</summary>
    public required string Upstream { get; init; }

    /// <summary>postgres or tds.</summary>
    public string Protocol { get; init; } = "postgres";

    /// <summary>disable, prefer, require or verify-full.</summary>
    public string UpstreamTls { get; init; } = "disable";

    /// <summary>For TDS: full, login or strict.</summary>
    public string? UpstreamEncryption { get; init; }

    /// <summary>A file of roots for verify-full.</summary>
    public string? UpstreamRoot { get; init; }

    /// <summary>prefer, require or strict; null: no TLS is offered to clients.</summary>
    public string? ClientTls { get; init; }

    /// <summary>The text of policy.yaml.</summary>
    public string? Policy { get; init; }

    /// <summary>A login for reading the catalog.</summary>
    public string? CatalogUser { get; init; }

    /// <summary>Its password.</summary>
    public string CatalogPassword { get; init; } = PostgresServer.Password;

    /// <summary><c>upstream.credentials</c> as the file writes it; the catalog's password is <c>{ env: CATALOG_PASSWORD }</c>.</summary>
    public string? Credentials { get; init; }

    /// <summary>Further keys at the file's top, such as <c>identity</c>, as lines of YAML.</summary>
    public string? More { get; init; }

    /// <summary>The port of a second listener to the same upstream, with the same login for the catalog; null for none.</summary>
    public int? TwinPort { get; init; }

    /// <summary>Further files beside the configuration, by their names.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>Of the gateway's process.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>strict or batched; null: no journal.</summary>
    public string? Durability { get; init; } = "batched";

    /// <summary>refuse or continue.</summary>
    public string OnFailure { get; init; } = "refuse";

    /// <summary>Where the journal goes; null: a directory of the gateway's own that is removed with it.</summary>
    public string? JournalDirectory { get; init; }

    /// <summary>The keys of <c>limits</c> as the file writes them.</summary>
    public IReadOnlyDictionary<string, string> Limits { get; init; } = new Dictionary<string, string>();

    internal string ToYaml(int port, bool hasPolicy, string journal, string signingKey, (string Certificate, string Key)? certificate)
    {
        var yaml = new StringBuilder();
        yaml.AppendLine("listeners:").AppendLine("  - name: clinic").AppendLine($"    protocol: {Protocol}");
        yaml.AppendLine($"    address: 127.0.0.1:{port}");
        if (certificate is var (certificateFile, keyFile))
            yaml.AppendLine($"    tls: {{ mode: {ClientTls}, certificate: {certificateFile}, key: {keyFile} }}");
        yaml.AppendLine("    upstream:").AppendLine($"      address: {Upstream}");
        var root = UpstreamRoot is null ? "" : $", root_certificate: {UpstreamRoot}";
        var encryption = UpstreamEncryption is null ? "" : $", encryption: {UpstreamEncryption}";
        yaml.AppendLine($"      tls: {{ mode: {UpstreamTls}{root}{encryption} }}");
        if (CatalogUser is not null)
            yaml.AppendLine($"      catalog: {{ username: {CatalogUser}, password: {{ env: CATALOG_PASSWORD }} }}");
        if (Credentials is not null)
            yaml.AppendLine($"      credentials: {Credentials}");
        if (Limits.Count > 0)
            yaml.AppendLine($"    limits: {{ {string.Join(", ", Limits.Select(limit => $"{limit.Key}: {limit.Value}"))} }}");
        if (TwinPort is { } twin)
        {
            yaml.AppendLine("  - name: twin").AppendLine($"    protocol: {Protocol}").AppendLine($"    address: 127.0.0.1:{twin}");
            yaml.AppendLine("    upstream:").AppendLine($"      address: {Upstream}").AppendLine($"      tls: {{ mode: {UpstreamTls} }}");
            yaml.AppendLine($"      catalog: {{ username: {CatalogUser}, password: {{ env: CATALOG_PASSWORD }} }}");
        }
        if (hasPolicy)
            yaml.AppendLine("policy: policy.yaml");
        if (Durability is not null)
        {
            yaml.AppendLine("journal:").AppendLine($"  directory: {journal}").AppendLine($"  durability: {Durability}");
            yaml.AppendLine($"  signing_key: {signingKey}").AppendLine($"  on_failure: {OnFailure}");
        }
        if (More is not null)
            yaml.AppendLine(More);
        return yaml.ToString();
    }
}
