namespace WireProxy.TestKit;

/// <summary>What a private server is started with.</summary>
public sealed record PostgresServerOptions
{
    public PostgresInstallation Installation { get; init; } = PostgresInstallation.Debian15;

    /// <summary>With a certificate of <see cref="PostgresServer.Certificates"/>.</summary>
    public bool Tls { get; init; } = true;

    /// <summary>Whose certificate that is.</summary>
    public IReadOnlyList<string> CertificateHosts { get; init; } = ["localhost", "127.0.0.1"];

    /// <summary>Further lines of postgresql.conf.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>SQL run by the superuser in the database <c>postgres</c> after the start.</summary>
    public string? Script { get; init; }
}
