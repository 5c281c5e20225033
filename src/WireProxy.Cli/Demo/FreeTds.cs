using System.Globalization;
using WireProxy.Cli.Commands;

namespace WireProxy.Cli.Demo;

/// <summary>The clients of FreeTDS, which nobody here wrote, with a configuration that knows the gateway and the server behind it.</summary>
internal sealed class FreeTds(string directory)
{
    /// <summary>The gateway, as the clients' <c>-S</c> names it.</summary>
    public const string Gateway = "clinic";

    /// <summary>The server itself, for what the tour must know without the gateway.</summary>
    public const string Server = "direct";

    private string Configuration => Path.Combine(directory, "freetds.conf");

    /// <exception cref="UsageException">The clients are not installed.</exception>
    public static void Require()
    {
        foreach (var program in new[] { "tsql", "bsqldb", "freebcp" })
        {
            if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(path => File.Exists(Path.Combine(path, program))))
                throw new UsageException($"{program} was not found; Debian's package is freetds-bin (./demo.sh installs it)");
        }
    }

    public Task WriteConfigurationAsync(int gatewayPort, int serverPort, CancellationToken cancellation) => File.WriteAllTextAsync(
        Configuration, string.Create(CultureInfo.InvariantCulture, $"""
            [global]
            tds version = 7.4
            client charset = UTF-8
            [{Gateway}]
            host = 127.0.0.1
            port = {gatewayPort}
            [{Server}]
            host = 127.0.0.1
            port = {serverPort}

            """), cancellation);

    /// <param name="command">The program and its arguments but for the login.</param>
    /// <param name="input">Its standard input.</param>
    public Task<Finished> RunAsync(string[] command, string server, string user, string password, string input, CancellationToken cancellation)
    {
        string[] login = ["-S", server, "-U", user, "-P", password, "-D", DemoClinic.Database];
        var environment = new Dictionary<string, string> { ["FREETDSCONF"] = Configuration, ["LC_ALL"] = "C.UTF-8" };
        return ChildProcess.RunAsync([.. command, .. login], cancellation, environment, input);
    }
}
