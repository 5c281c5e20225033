using WireProxy.Cli.Configuration;
using WireProxy.TestKit;

namespace WireProxy.Cli.Tests;

/// <summary>A directory with a configuration and what it names.</summary>
internal sealed class ConfigurationFiles : IDisposable
{
    public const string Minimal = """
        listeners:
          - name: clinic
            protocol: postgres
            address: 127.0.0.1:6432
            upstream: { address: 127.0.0.1:5432 }
        """;

    private readonly TemporaryDirectory _directory = new();

    public string this[string name] => _directory[name];

    public string Main => _directory["wireproxy.yaml"];

    public void Write(string name, string text) => File.WriteAllText(_directory[name], text);

    /// <summary>Reads a configuration; the problems without the directory in front.</summary>
    public (Settings? Settings, string[] Problems) Read(string yaml, string? policy = null)
    {
        Write("wireproxy.yaml", yaml);
        if (policy is not null)
            Write("policy.yaml", policy);
        var problems = new ProblemList();
        var settings = SettingsReader.Read(Main, problems);
        return (settings, [.. problems.All.Select(problem => problem.ToString().Replace(_directory.Path + "/", "", StringComparison.Ordinal))]);
    }

    public void Dispose() => _directory.Dispose();
}
