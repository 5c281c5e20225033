using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Tds;

/// <summary>FreeTDS's programs, with a configuration of their own.</summary>
internal static class FreeTds
{
    public static string User => "sa";

    /// <summary>tsql: one batch.</summary>
    public static Task<ProcessResult> QueryAsync(int port, string sql, string version = "7.4", string encryption = "request") =>
        QueryAsAsync(port, sql, User, TdsClinic.Password, version, encryption);

    /// <summary>tsql: one batch of this user's.</summary>
    public static Task<ProcessResult> QueryAsAsync(
        int port, string sql, string user, string password, string version = "7.4", string encryption = "request") =>
        RunAsync(port, version, encryption, "tsql", ["-S", "server", "-U", user, "-P", password, "-D", "clinic", "-o", "qh"], sql + "\ngo\n");

    public static Task<ProcessResult> BsqldbAsync(int port, string sql) => RunAsync(
        port, "7.4", "request", "bsqldb", ["-S", "server", "-U", User, "-P", TdsClinic.Password, "-D", "clinic", "-q", "-t", "|"], sql + "\n");

    public static Task<ProcessResult> FisqlAsync(int port, string sql) => RunAsync(
        port, "7.4", "request", "fisql", ["-S", "server", "-U", User, "-P", TdsClinic.Password, "-D", "clinic", "-w", "300"], sql + "\ngo\nquit\n");

    /// <summary>freebcp in, of lines of tab-separated cells.</summary>
    public static async Task<ProcessResult> CopyInAsync(int port, string table, string lines)
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory["rows.tsv"], lines);
        return await RunAsync(port, "7.4", "request", "freebcp",
            [table, "in", directory["rows.tsv"], "-S", "server", "-U", User, "-P", TdsClinic.Password, "-D", "clinic", "-c", "-t", "\t"], "");
    }

    /// <summary>freebcp out (of a table) or queryout; the output is the file's.</summary>
    public static async Task<ProcessResult> CopyOutAsync(int port, string from, string direction)
    {
        using var directory = new TemporaryDirectory();
        var result = await RunAsync(port, "7.4", "request", "freebcp",
            [from, direction, directory["rows.tsv"], "-S", "server", "-U", User, "-P", TdsClinic.Password, "-D", "clinic", "-c", "-t", "|"], "");
        return result with { Output = File.Exists(directory["rows.tsv"]) ? await File.ReadAllTextAsync(directory["rows.tsv"]) : "no file" };
    }

    private static async Task<ProcessResult> RunAsync(int port, string version, string encryption, string program, string[] arguments, string input)
    {
        Needs(program);
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory["freetds.conf"], $"""
            [global]
                tds version = {version}
                client charset = UTF-8
                text size = 64512000
                encryption = {encryption}
                check certificate hostname = no
            [server]
                host = 127.0.0.1
                port = {port}

            """);
        var run = new ProcessRunner(program, arguments)
        {
            Input = input,
            Environment = new Dictionary<string, string>
            {
                ["FREETDSCONF"] = directory["freetds.conf"],
                ["FREETDS"] = directory["freetds.conf"],
                ["LC_ALL"] = "C.UTF-8",
            },
        };
        return await run.RunAsync();
    }

    private static void Needs(string program)
    {
        string[] path = Environment.GetEnvironmentVariable("PATH")!.Split(':');
        if (!path.Any(directory => File.Exists(Path.Combine(directory, program))))
            Assert.Ignore($"{program} is not installed (Debian: freetds-bin)");
    }
}
