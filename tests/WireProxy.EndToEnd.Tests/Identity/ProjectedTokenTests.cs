using System.Text.Json.Nodes;
using WireProxy.Access.Tests.Oidc;
using WireProxy.EndToEnd.Tests.Tds;
using WireProxy.TdsStandIn;
using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Identity;

/// <summary>Kubernetes' projected service-account tokens: files behind a link that is turned to another directory when they rotate.</summary>
internal sealed class ProjectedTokenTests
{
    private const string Issuer = "https://kubernetes.default.svc.cluster.local";

    private TemporaryDirectory _files = null!;
    private TokenForge _cluster = null!;
    private int _rotations;

    [SetUp]
    public void Mount()
    {
        _files = new TemporaryDirectory();
        _cluster = TokenForge.Ec("cluster-1");
    }

    [TearDown]
    public void Unmount() => _files.Dispose();

    [Test]
    public async Task A_pod_logs_in_with_its_file_before_and_after_it_rotates()
    {
        await using var gateway = await Clinic.StartAsync(settings => settings with
        {
            ClientTls = "require",
            Credentials = "{ username: scram, password: { env: CATALOG_PASSWORD } }",
            CatalogUser = "postgres",
            Policy = """
                version: 1
                rules:
                  - { name: no-wards-for-billing, when: { groups: [billing], agents: [nightly], tables: [clinic.wards] }, then: block }
                """,
            Files = new Dictionary<string, string> { ["jwks.json"] = TokenForge.KeySet(_cluster) },
            More = $$"""
                identity:
                  oidc:
                    - { issuer: "{{Issuer}}", audience: wireproxy, jwks: jwks.json, groups: [kubernetes.io.namespace], agent: [kubernetes.io.serviceaccount.name] }
                """,
        });
        string[] tokens = [PodToken("pod-a"), PodToken("pod-b")];
        foreach (var token in tokens)
        {
            await ProjectAsync(token);
            var psql = gateway.Psql("token") with { Password = await File.ReadAllTextAsync(_files["token"]), Parameters = "sslmode=require" };
            Assert.That((await psql.QueryAsync("SELECT current_user")).Output, Is.EqualTo("scram\n"), gateway.Log);
            Assert.That((await psql.QueryAsync("SELECT * FROM clinic.wards")).Error, Does.Contain("no-wards-for-billing"));
        }

        await SecretSearch.FindsNothingAsync(gateway, [], "system:serviceaccount:billing:nightly", [.. tokens.Select(token => token[^60..])]);
    }

    [Test]
    public async Task The_gateways_own_token_is_read_anew_for_each_login()
    {
        string[] tokens = [PodToken("gateway-a"), PodToken("gateway-b")];
        await ProjectAsync(tokens[0]);
        await using var server = await TdsStandInServer.StartAsync(new TdsStandInOptions
        {
            Script = "CREATE DATABASE clinic",
            Tokens = new Dictionary<string, string> { [tokens[0]] = "pod_first", [tokens[1]] = "pod_second" },
        });
        await using var gateway = await TdsClinic.StartAsync(server, settings => settings with
        {
            ClientTls = "require",
            Credentials = $"{{ token: {{ file: {_files["token"]} }} }}",
            More = "identity: { users: [{ name: alice, password: alices-own-password }] }",
        });

        Assert.That(await WhoAsync(gateway), Does.Contain("pod_first"));
        await ProjectAsync(tokens[1]);
        Assert.That(await WhoAsync(gateway), Does.Contain("pod_second"));

        await SecretSearch.FindsNothingAsync(gateway, [], "alice", [.. tokens.Select(token => token[^60..])]);
    }

    private string PodToken(string pod) => _cluster.Sign(new JsonObject
    {
        ["iss"] = Issuer,
        ["aud"] = new JsonArray("wireproxy"),
        ["sub"] = "system:serviceaccount:billing:nightly",
        ["exp"] = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds(),
        ["kubernetes.io"] = new JsonObject
        {
            ["namespace"] = "billing",
            ["pod"] = new JsonObject { ["name"] = pod },
            ["serviceaccount"] = new JsonObject { ["name"] = "nightly" },
        },
    }, "ES256");

    /// <summary>As the kubelet does it: a new directory, and the link "..data" turned to it in one step; "token" is a link into it.</summary>
    private async Task ProjectAsync(string token)
    {
        var directory = $"..{_rotations++}";
        Directory.CreateDirectory(_files[directory]);
        File.WriteAllText(Path.Combine(_files[directory], "token"), token);
        File.CreateSymbolicLink(_files["..data_tmp"], directory);
        await ProcessRunner.RunAsync("mv", "-T", _files["..data_tmp"], _files["..data"]);
        if (!File.Exists(_files["token"]))
            File.CreateSymbolicLink(_files["token"], "..data/token");
    }

    private static async Task<string> WhoAsync(GatewayProcess gateway) =>
        (await FreeTds.QueryAsAsync(gateway.Port, "SELECT SUSER_SNAME()", "alice", "alices-own-password", encryption: "require")).ToString();
}
