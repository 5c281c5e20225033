using System.Text;
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

    [Test]
    public void The_identities_of_the_readme_are_accepted()
    {
        using var files = new ConfigurationFiles();
        Environment.SetEnvironmentVariable("BACKUP_PASSWORD", "for this test");
        new TestCertificates(files["."]).Issue("gateway", "localhost");
        files.Write("token", "for this test");
        files.Write("users.yaml", "users: [ { name: archive, password: { env: BACKUP_PASSWORD }, groups: [operations] } ]");
        var identity = File.ReadAllText(RepositoryFiles.Path("README.md")).Split("```yaml\n").Single(block => block.StartsWith("identity:", StringComparison.Ordinal));
        var (settings, problems) = files.Read("""
            listeners:
              - name: clinic
                protocol: postgres
                address: 127.0.0.1:6432
                tls: { certificate: gateway.crt, key: gateway.key, mode: require }
                upstream: { address: 127.0.0.1:5432, credentials: { username: app, password: { env: BACKUP_PASSWORD } } }

            """ + identity[..identity.IndexOf("```", StringComparison.Ordinal)]
                .Replace("/var/run/secrets/kubernetes.io/serviceaccount/ca.crt", "ca.pem", StringComparison.Ordinal)
                .Replace("/var/run/secrets/kubernetes.io/serviceaccount/token", "token", StringComparison.Ordinal)
                .Replace("workloads-ca.pem", "ca.pem", StringComparison.Ordinal));
        Assert.That(settings, Is.Not.Null, () => string.Join('\n', problems));
        Assert.That(settings!.Identity!.Oidc, Has.Length.EqualTo(3));
        Assert.That(problems.Where(problem => !problem.Contains("no '", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void The_configuration_in_the_sample_for_Kubernetes_has_no_problem()
    {
        using var files = new ConfigurationFiles();
        new TestCertificates(files["."]).Issue("tls", "localhost");
        files.Write("token", "for this test");
        var map = YamlFile.Parse("kubernetes.yaml", Encoding.UTF8.GetBytes(FirstDocument("kubernetes.yaml")), new ProblemList()).Root!.Child("data")!;
        var (settings, problems) = files.Read(
            map.Text("wireproxy.yaml")!.Replace("/var/run/secrets/kubernetes.io/serviceaccount/ca.crt", "ca.pem", StringComparison.Ordinal)
                .Replace("/var/run/secrets/kubernetes.io/serviceaccount/token", "token", StringComparison.Ordinal)
                .Replace("/tls/", "", StringComparison.Ordinal).Replace("/database/ca.crt", "ca.pem", StringComparison.Ordinal).Replace("/database/password", "token", StringComparison.Ordinal),
            map.Text("policy.yaml"));
        Assert.That(problems, Is.Empty);
        Assert.That(settings!.Identity!.Oidc.Single().GroupClaims, Is.EqualTo(new[] { "kubernetes.io.namespace" }));
    }

    private static string FirstDocument(string name) => File.ReadAllText(RepositoryFiles.Path("deploy", name)).Split("\n---\n")[0];

    private static void CreateSigningKey(ConfigurationFiles files)
    {
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        files.Write("signing.pem", key.ExportPkcs8PrivateKeyPem());
    }
}
