using WireProxy.Cli.Configuration;
using WireProxy.TestKit;

namespace WireProxy.Cli.Tests;

/// <summary>What an operator copies must work as it stands.</summary>
internal sealed class SampleFilesTests
{
    [TestCase("wireproxy.yaml")]
    [TestCase("wireproxy-sqlserver.yaml")]
    public void The_sample_configuration_has_no_problem(string name)
    {
        var problems = new ProblemList();
        var settings = SettingsReader.Read(RepositoryFiles.Path("deploy", name), problems);
        Assert.That(problems.All, Is.Empty);
        Assert.That(settings!.Policy!.Definition.Rules, Is.Not.Empty);
    }

    [Test]
    public void The_samples_of_the_readme_have_no_problem()
    {
        using var files = new ConfigurationFiles();
        var blocks = File.ReadAllText(RepositoryFiles.Path("README.md")).Split("```yaml\n").Skip(1).Select(block => block[..block.IndexOf("```", StringComparison.Ordinal)]).ToList();
        files.Write("wireproxy.yaml", blocks[0]);
        files.Write("policy.yaml", blocks[1]);
        CreateSigningKey(files);
        var problems = new ProblemList();
        Assert.That(SettingsReader.Read(files.Main, problems), Is.Not.Null, () => string.Join('\n', problems.All));
        Assert.That(problems.All, Is.Empty);
    }

    private static void CreateSigningKey(ConfigurationFiles files)
    {
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        files.Write("signing.pem", key.ExportPkcs8PrivateKeyPem());
    }
}
