namespace WireProxy.TestKit;

/// <summary>The unmodified psql of Debian's PostgreSQL 15, with an environment that only this record decides.</summary>
public sealed record Psql
{
    public string Host { get; init; } = "127.0.0.1";
    public required int Port { get; init; }
    public string User { get; init; } = "postgres";
    public string Database { get; init; } = "postgres";
    public string? Password { get; init; }

    /// <summary>Further words of the connection string, as <c>sslmode=require</c>.</summary>
    public string Parameters { get; init; } = "sslmode=disable";

    /// <summary>The installation whose libpq is used; psql itself is always that of version 15.</summary>
    public PostgresInstallation Library { get; init; } = PostgresInstallation.Debian15;

    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(3);

    public static string Program => PostgresInstallation.Debian15.Program("psql");

    public string ConnectionString =>
        $"host={Host} port={Port} user={User} dbname='{Database}' connect_timeout=60 {Parameters}"
        + (Password is null ? "" : $" password='{Password}'");

    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>(Library.Environment)
    {
        ["PGPASSFILE"] = "/nonexistent",
        ["PSQLRC"] = "/dev/null",
        ["PSQL_HISTORY"] = "/dev/null",
        ["PAGER"] = "cat",
        ["LC_ALL"] = "C.UTF-8",
        ["HOME"] = "/nonexistent",
    };

    /// <summary>Statements, each a <c>-c</c> of its own; unaligned rows only, all statements tried, 3 is an error's exit code.</summary>
    public Task<ProcessResult> QueryAsync(params string[] statements)
    {
        string[] commands = [.. statements.SelectMany(statement => (string[])["-c", statement])];
        return RunAsync(["-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", .. commands]);
    }

    /// <summary>A script on standard input, with psql's own commands; errors do not stop it.</summary>
    public Task<ProcessResult> ScriptAsync(string script, params string[] options) => RunAsync(["-X", .. options], script);

    public Task<ProcessResult> RunAsync(string[] arguments, string? input = null) =>
        new ProcessRunner(Program, ["-X", "-d", ConnectionString, .. arguments])
        {
            Environment = Environment,
            Input = input,
            Timeout = Timeout,
        }.RunAsync();

    /// <summary>psql on a terminal, as a person has it.</summary>
    public Terminal OpenTerminal() => Terminal.Open(Environment, Program, "-X", "-d", ConnectionString);
}
