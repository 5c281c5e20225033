using System.Collections.Concurrent;

namespace WireProxy.TestKit;

/// <summary>A freshly initialised data directory for each installation, made once in a test run and then copied.</summary>
internal static class PostgresTemplate
{
    private static readonly ConcurrentDictionary<PostgresInstallation, Lazy<Task<string>>> Templates = new();

    public static Task<string> OfAsync(PostgresInstallation installation) =>
        Templates.GetOrAdd(installation, key => new Lazy<Task<string>>(() => InitialiseAsync(key))).Value;

    private static async Task<string> InitialiseAsync(PostgresInstallation installation)
    {
        if (!File.Exists(installation.Program("initdb")))
            throw new UnavailableException($"There is no PostgreSQL in {installation.Programs}.");
        // The reaper removes it: it has to outlive every server of the run.
        var directory = new TemporaryDirectory();
        await ServerUser.OwnAsync(directory.Path);
        await ServerUser.RunAsync(
            installation.Environment, installation.Program("initdb"), "-D", directory["data"], "-U", "postgres", "-A", "trust",
            "--no-locale", "-E", "UTF8", "--no-sync");
        return directory["data"];
    }
}
