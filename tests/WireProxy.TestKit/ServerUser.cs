namespace WireProxy.TestKit;

/// <summary>PostgreSQL refuses to run as root: where the tests do, its programs run as the user <c>postgres</c>.</summary>
internal static class ServerUser
{
    public static bool IsRoot { get; } = Environment.UserName == "root";

    /// <summary>The command line that runs the given one as that user, in the same process (setpriv replaces itself).</summary>
    public static string[] Command(params string[] command) =>
        IsRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", .. command] : command;

    public static async Task<ProcessResult> RunAsync(IReadOnlyDictionary<string, string> environment, params string[] command)
    {
        string[] full = Command(command);
        ProcessResult result = await new ProcessRunner(full[0], full[1..]) { Environment = environment, WorkingDirectory = "/" }.RunAsync();
        return result.ExitCode == 0 ? result : throw new InvalidOperationException($"{string.Join(' ', command)}: {result}");
    }

    public static async Task OwnAsync(string path)
    {
        if (IsRoot) await ProcessRunner.RunAsync("chown", "-R", "postgres:postgres", path);
    }
}
