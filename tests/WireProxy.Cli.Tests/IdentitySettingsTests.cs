using System.Text;
using WireProxy.Access;
using WireProxy.Relay;
using WireProxy.TestKit;

namespace WireProxy.Cli.Tests;

/// <summary><c>identity</c>, <c>upstream.credentials</c> and what they mean for listeners.</summary>
internal sealed class IdentitySettingsTests
{
    private const string Least = """
        listeners:
          - name: clinic
            protocol: postgres
            address: 127.0.0.1:6432
            upstream: { address: 127.0.0.1:5432, credentials: { username: app, password: { env: WIREPROXY_TEST_PASSWORD } } }
        """;

    private const string Everything = """
        listeners:
          - name: clinic
            protocol: postgres
            address: 127.0.0.1:6432
            database: records
            tls: { certificate: gateway.crt, key: gateway.key, mode: require }
            cleartext_on_loopback: true
            upstream:
              address: 127.0.0.1:5432
              credentials:
                username: app
                password: { env: WIREPROXY_TEST_PASSWORD }
                by_group:
                  - { groups: [writers], username: writer, password: { command: [/bin/echo, secret], timeout: 2s, cache: 5m } }
                  - { groups: [cloud], username: cloud, managed_identity: { client_id: abc } }
                  - { groups: [pods, jobs], username: pod, certificate: gateway.crt, key: gateway.key }
          - name: relayed
            protocol: postgres
            address: 127.0.0.1:6433
            tls: { certificate: gateway.crt, key: gateway.key }
            upstream: { address: 127.0.0.1:5432, catalog: { username: reader, token: { env: WIREPROXY_TEST_PASSWORD } } }
        identity:
          users:
            - { name: alice, password: { env: WIREPROXY_TEST_PASSWORD }, groups: [analysts] }
          oidc:
            - issuer: https://login.example.org
              audience: [wireproxy, clinic]
              jwks: jwks.json
              subject: preferred_username
              groups: [groups, realm_access.roles]
              agent: [act.sub, azp]
              purpose: purpose
              algorithms: [RS256, ES256]
              clock_skew: 1m
              require: { acr: gold, scope: database }
              name_prefix: "kc:"
              group_prefix: "kc-"
            - { issuer: https://other.example.org, audience: x, jwks: "https://keys.example.org/jwks", root_certificate: ca.pem, bearer_token: { env: WIREPROXY_TEST_PASSWORD } }
            - { issuer: https://third.example.org/, audience: x }
          certificates:
            - { authority: ca.pem, name: uri, name_prefix: "spiffe://example.org/", groups: [workloads], groups_from_units: true, agent: true }
          credentials: { lifetime: 30m, longest: 8h, per_identity: 5, total: 100, end_with_token: true }
          sessions: { longest: 12h }
          failures: { per_name: 5, per_address: 50, remembered: 1000 }
        console: { address: 127.0.0.1:8080, tls: { certificate: gateway.crt, key: gateway.key }, administrators: [admins] }
        """;

    private ConfigurationFiles _files = null!;

    [SetUp]
    public void SetUp()
    {
        _files = new ConfigurationFiles();
        Environment.SetEnvironmentVariable("WIREPROXY_TEST_PASSWORD", "from the environment");
        _files.Write("jwks.json", """{ "keys": [] }""");
        new TestCertificates(_files["."]).Issue("gateway", "localhost");
    }

    [TearDown]
    public void TearDown() => _files.Dispose();

    [Test]
    public void Everything_about_identities_is_read()
    {
        var (settings, problems) = _files.Read(Everything);
        Assert.That(settings, Is.Not.Null, () => string.Join('\n', problems));
        var identity = settings!.Identity!;
        var (clinic, relayed) = (settings.Gateway.Listeners[0], settings.Gateway.Listeners[1]);
        Assert.Multiple(() =>
        {
            Assert.That(problems, Is.EqualTo(new[]
            {
                "wireproxy.yaml: warning: no 'policy': every statement is allowed and nothing is masked",
                "wireproxy.yaml: warning: no 'journal': nothing is recorded",
            }));
            Assert.That(settings.Databases["clinic"], Is.EqualTo("records"));
            Assert.That(clinic.CleartextOnLoopback);
            Assert.That(clinic.Tls!.AsksForCertificate, "because identity.certificates may take one");
            Assert.That(relayed.Tls!.AsksForCertificate, Is.False, "there the database knows who asks");
            Assert.That(identity.Users.Single().Groups, Is.EqualTo(new[] { "analysts" }));
            Assert.That(identity.Credentials, Is.EqualTo(new IssuedCredentialOptions
            {
                DefaultLifetime = TimeSpan.FromMinutes(30),
                MaximumLifetime = TimeSpan.FromHours(8),
                PerIdentity = 5,
                Total = 100,
                EndsWithProof = true,
            }));
            Assert.That(identity.SessionMaximum, Is.EqualTo(TimeSpan.FromHours(12)));
            Assert.That(identity.FailureLimits, Is.EqualTo(new FailureLimits { PerName = 5, PerAddress = 50, Remembered = 1000 }));
            Assert.That(settings.Console!.Administrators, Is.EqualTo(new[] { "admins" }));
            Assert.That(settings.Console.Tls!.Certificate.HasPrivateKey);
        });
        CheckProviders(identity);
        CheckMapping(identity.Certificates.Single());
        CheckLogins(clinic.Upstream, relayed.Upstream);
    }

    private void CheckProviders(IdentityOptions identity)
    {
        var (first, second, third) = (identity.Oidc[0], identity.Oidc[1], identity.Oidc[2]);
        Assert.Multiple(() =>
        {
            Assert.That(first.Audiences, Is.EqualTo(new[] { "wireproxy", "clinic" }));
            Assert.That(first.Keys, Is.EqualTo(new KeyLocation.LocalFile(_files["jwks.json"])));
            Assert.That((first.SubjectClaim, first.PurposeClaim, first.ClockSkew), Is.EqualTo(("preferred_username", "purpose", TimeSpan.FromMinutes(1))));
            Assert.That(first.GroupClaims, Is.EqualTo(new[] { "groups", "realm_access.roles" }));
            Assert.That(first.AgentClaims, Is.EqualTo(new[] { "act.sub", "azp" }));
            Assert.That(first.Algorithms, Is.EqualTo(new[] { "RS256", "ES256" }));
            Assert.That(first.RequiredClaims, Is.EquivalentTo(new Dictionary<string, string> { ["acr"] = "gold", ["scope"] = "database" }));
            Assert.That((first.NamePrefix, first.GroupPrefix), Is.EqualTo(("kc:", "kc-")));
            Assert.That((second.Keys as KeyLocation.Remote)?.Url, Is.EqualTo(new Uri("https://keys.example.org/jwks")));
            Assert.That((second.Keys as KeyLocation.Remote)?.RootCertificate, Is.EqualTo(_files["ca.pem"]));
            Assert.That((second.Keys as KeyLocation.Remote)?.BearerToken, Is.TypeOf<EnvironmentSecret>());
            Assert.That(third.Keys, Is.EqualTo(KeyLocation.Discovery));
            Assert.That(third.Algorithms, Is.EqualTo(OidcAlgorithms.All));
        });
    }

    private static void CheckMapping(CertificateMapping mapping) => Assert.Multiple(() =>
    {
        Assert.That(mapping.Authorities, Has.Length.EqualTo(1));
        Assert.That((mapping.Name, mapping.NamePrefix), Is.EqualTo((CertificateName.Uri, "spiffe://example.org/")));
        Assert.That((mapping.GroupsFromUnits, mapping.IsAgent), Is.EqualTo((true, true)));
        Assert.That(mapping.Groups, Is.EqualTo(new[] { "workloads" }));
    });

    private static void CheckLogins(UpstreamOptions clinic, UpstreamOptions relayed)
    {
        UpstreamLogin For(params string[] groups) => clinic.Credentials!.For(new Identity("x", [.. groups], "local", ProofKind.Password))!;
        Assert.Multiple(() =>
        {
            Assert.That((For().Username, Read(For().Password!)), Is.EqualTo(("app", "from the environment")));
            Assert.That((For("writers").Username, Read(For("writers").Password!)), Is.EqualTo(("writer", "secret")));
            Assert.That((For("cloud").SendsToken, For("cloud").Password), Is.EqualTo((true, For("cloud").Password as ManagedIdentitySecret)));
            Assert.That((For("jobs").Certificate!.HasPrivateKey, For("jobs").Password), Is.EqualTo((true, (SecretSource?)null)));
            Assert.That(clinic.Catalog, Is.SameAs(clinic.Credentials!.Default), "who reads the catalog where nobody is named");
            Assert.That((relayed.Credentials, relayed.Catalog!.SendsToken, relayed.Catalog.Username), Is.EqualTo(((UpstreamLogins?)null, true, "reader")));
        });
    }

    [Test]
    public void The_least_identity_gets_every_default()
    {
        var (settings, problems) = _files.Read(Least + "\nidentity: { users: [{ name: alice, password: { env: WIREPROXY_TEST_PASSWORD } }] }");
        Assert.That(settings!.Identity!.Credentials, Is.EqualTo(new IssuedCredentialOptions()));
        Assert.That(settings.Identity.FailureLimits, Is.EqualTo(new FailureLimits()));
        Assert.That(settings.Identity.SessionMaximum, Is.Null);
        Assert.That(problems, Has.One.EqualTo("wireproxy.yaml:2: warning: listeners[0]: no 'tls' for clients, so tokens and passwords in the clear are refused"));
    }

    [Test]
    public void Issuing_credentials_can_be_switched_off()
    {
        var (settings, _) = _files.Read(Least + "\nidentity: { users: [{ name: alice, password: { env: WIREPROXY_TEST_PASSWORD } }], credentials: none }");
        Assert.That(settings!.Identity!.Credentials, Is.Null);
    }

    [TestCase("{}", "identity: nobody could log in; 'users', 'users_file', 'oidc' or 'certificates' is expected")]
    [TestCase("{ users: [{ name: a }] }", "identity.users[0]: 'password' is missing")]
    [TestCase("{ users: [{ name: wp_a, password: x }] }", "identity.users[0].name: 'wp_a' begins with wp_")]
    [TestCase("{ users: [{ name: a, password: x }, { name: a, password: x }] }", "identity.users: the name 'a' stands 2 times")]
    [TestCase("{ users: [{ name: '', password: x }] }", "identity.users[0].name: has no value")]
    [TestCase("{ users: [{ name: a, password: '' }] }", "identity.users[0].password: a secret is expected, and not nothing")]
    [TestCase("{ users: [{ name: a, password: x, groups: [''] }] }", "identity.users[0].groups[0]: has no value")]
    [TestCase("{ users: [{ name: token, password: x }], oidc: [{ issuer: a, audience: x, jwks: jwks.json }] }", "identity.users: 'token' is the name under which tokens are brought")]
    [TestCase("{ oidc: [{ issuer: '', audience: x, jwks: jwks.json }] }", "identity.oidc[0].issuer: has no value")]
    [TestCase("{ oidc: [{ issuer: a, audience: '', jwks: jwks.json }] }", "identity.oidc[0].audience: has no value")]
    [TestCase("{ oidc: [{ issuer: a, audience: [x, ''], jwks: jwks.json }] }", "identity.oidc[0].audience[1]: has no value")]
    [TestCase("{ oidc: [{ issuer: a, audience: x, jwks: jwks.json, subject: '' }] }", "identity.oidc[0].subject: has no value")]
    [TestCase("{ oidc: [{ issuer: a, audience: x, jwks: jwks.json, purpose: '' }] }", "identity.oidc[0].purpose: has no value")]
    [TestCase("{ oidc: [{ issuer: a, audience: x, jwks: jwks.json, agent: [''] }] }", "identity.oidc[0].agent[0]: has no value")]
    [TestCase("{ oidc: [{ audience: x }] }", "identity.oidc[0]: 'issuer' is missing")]
    [TestCase("{ oidc: [{ issuer: 'https://a' }] }", "identity.oidc[0]: 'audience' is missing")]
    [TestCase("{ oidc: [{ issuer: 'https://a', audience: [] }] }", "identity.oidc[0].audience: whom tokens are for must be stated")]
    [TestCase("{ oidc: [{ issuer: 'http://login.example.org', audience: x }] }", "identity.oidc[0].issuer: keys are fetched from https://")]
    [TestCase("{ oidc: [{ issuer: kubernetes, audience: x }] }", "identity.oidc[0].issuer: keys are fetched from https://")]
    [TestCase("{ oidc: [{ issuer: a, audience: x, jwks: 'http://keys.example.org' }] }", "identity.oidc[0].jwks: keys are fetched from https://")]
    [TestCase("{ oidc: [{ issuer: a, audience: x, jwks: absent.json }] }", "identity.oidc[0].jwks: cannot be read")]
    [TestCase("{ oidc: [{ issuer: a, audience: x, jwks: wireproxy.yaml }] }", "is no JSON: line 1")]
    [TestCase("{ oidc: [{ issuer: a, audience: x, jwks: jwks.json, root_certificate: ca.pem }] }", "identity.oidc[0].root_certificate: is for keys that are fetched")]
    [TestCase("{ oidc: [{ issuer: a, audience: x, jwks: jwks.json, algorithms: [HS256] }] }", "identity.oidc[0].algorithms[0]: 'HS256' is not taken, because a public key cannot check it")]
    [TestCase("{ oidc: [{ issuer: a, audience: x, jwks: jwks.json, algorithms: [none] }] }", "identity.oidc[0].algorithms[0]: 'none' is not taken")]
    [TestCase("{ oidc: [{ issuer: a, audience: x, jwks: jwks.json, algorithms: [] }] }", "identity.oidc[0].algorithms: at least one is expected")]
    [TestCase("{ oidc: [{ issuer: a, audience: x, jwks: jwks.json, clock_skew: 6m }] }", "identity.oidc[0].clock_skew: a duration such as 100ms, 30s, 5m or 2h, from 0 to 5m, is expected, not '6m'")]
    [TestCase("{ oidc: [{ issuer: a, audience: x, jwks: jwks.json, require: [gold] }] }", "identity.oidc[0].require: names and values are expected here")]
    [TestCase("{ oidc: [{ issuer: a, audience: x, jwks: jwks.json, require: { acr: [gold] } }] }", "identity.oidc[0].require: a name with one value is expected here")]
    [TestCase("{ oidc: [{ issuer: a, audience: x, jwks: jwks.json, subjects: sub }] }", "unknown key 'subjects' in identity.oidc[0]; did you mean 'subject'?")]
    [TestCase("{ oidc: [{ issuer: a, audience: x, jwks: jwks.json }, { issuer: a, audience: y, jwks: jwks.json }] }", "identity.oidc: the issuer 'a' stands 2 times")]
    [TestCase("{ certificates: [{ name: uri }] }", "identity.certificates[0]: 'authority' is missing")]
    [TestCase("{ certificates: [{ authority: ca.pem, name: serial }] }", "identity.certificates[0].name: 'serial' is not known; accepted: common_name, email, dns, uri, upn, subject")]
    [TestCase("{ certificates: [{ authority: gateway.crt }] }", "identity.certificates[0].authority: no root is in it")]
    [TestCase("{ users: [{ name: a, password: x }], credentials: { lifetime: 2h, longest: 1h } }", "identity.credentials.lifetime: 2h is longer than 'longest', which is 1h")]
    [TestCase("{ users: [{ name: a, password: x }], credentials: { longest: 30s } }", "identity.credentials.longest: a duration such as 100ms, 30s, 5m or 2h, from 1m to 720h, is expected")]
    [TestCase("{ users: [{ name: a, password: x }], credentials: off }", "identity.credentials: 'off' is not known; accepted: none")]
    [TestCase("{ users: [{ name: a, password: x }], failures: { per_name: 0 } }", "identity.failures.per_name: a whole number from 1")]
    public void What_is_wrong_with_an_identity_is_said_at_its_place(string identity, string expected)
    {
        var (settings, problems) = _files.Read($"{Least}\nidentity: {identity}");
        Assert.That(settings, Is.Null);
        Assert.That(problems, Has.One.Contains("error: ").And.One.Contains(expected));
    }

    [Test]
    public void One_mistake_is_one_message_and_nothing_that_only_follows_from_it()
    {
        new TestCertificates(_files["."]).Issue("gateway", "localhost");
        var (_, problems) = _files.Read($$"""
            {{Least}}
                tls: { certificate: gateway.crt, key: gateway.key }
            identity: { users: [{ name: a, password: { env: WIREPROXY_TEST_ABSENT } }], certificates: [{ authority: ca.pem }] }
            policy: policy.yaml
            journal: { directory: journal }
            """, "version: 1\n");
        Assert.That(problems, Is.EqualTo(new[] { "wireproxy.yaml:7: error: identity.users[0].password: the environment variable WIREPROXY_TEST_ABSENT is not set" }));
    }

    [TestCase("postgres", "{ password: x }", "credentials: 'username' is missing")]
    [TestCase("postgres", "{ username: a, password: x, managed_identity: {} }", "credentials.managed_identity: stands beside 'password'; one of password, token and managed_identity is expected")]
    [TestCase("postgres", "{ username: a, certificate: gateway.crt }", "credentials: 'key' is missing")]
    [TestCase("tds", "{ username: a }", "credentials: 'password' is missing")]
    [TestCase("tds", "{ username: a, certificate: gateway.crt, key: gateway.key }", "credentials.certificate: is for protocol: postgres alone")]
    [TestCase("postgres", "{ by_group: [{ username: a, password: x }] }", "credentials.by_group[0]: 'groups' is missing")]
    [TestCase("postgres", "{}", "credentials: 'username' is missing")]
    public void What_is_wrong_with_credentials_is_said_at_its_place(string protocol, string credentials, string expected)
    {
        var (settings, problems) = _files.Read($$"""
            listeners:
              - { name: clinic, protocol: {{protocol}}, address: "127.0.0.1:6432", upstream: { address: "127.0.0.1:5432", credentials: {{credentials}} } }
            identity: { users: [{ name: alice, password: { env: WIREPROXY_TEST_PASSWORD } }] }
            """);
        Assert.That(settings, Is.Null);
        Assert.That(problems, Has.Some.Contains("listeners[0].upstream." + expected), () => string.Join('\n', problems));
    }

    [TestCase("{ username: app, password: x }", "app", false)]
    [TestCase("{ token: x }", "", true)]
    [TestCase("{ managed_identity: {} }", "", true)]
    public void A_listener_for_SQL_Server_logs_in_with_a_password_or_a_token(string credentials, string username, bool sendsToken)
    {
        var (settings, problems) = _files.Read($$"""
            listeners:
              - { name: clinic, protocol: tds, address: "127.0.0.1:1433", upstream: { address: "127.0.0.1:14330", credentials: {{credentials}} } }
            identity: { users: [{ name: alice, password: { env: WIREPROXY_TEST_PASSWORD } }] }
            """);
        Assert.That(settings, Is.Not.Null, () => string.Join('\n', problems));
        var upstream = settings!.Gateway.Listeners[0].Upstream;
        var login = upstream.Credentials!.Default!;
        Assert.That((login.Username, login.SendsToken), Is.EqualTo((username, sendsToken)));
        Assert.That(upstream.Catalog, Is.SameAs(login), "the catalog is read with it, too");
    }

    [TestCase("127.0.0.1:5432", true)]
    [TestCase("/var/run/postgresql:5432", false)]
    public void A_login_without_a_secret_needs_a_database_that_trusts_it(string address, bool warned)
    {
        var (settings, problems) = _files.Read($$"""
            listeners:
              - { name: clinic, protocol: postgres, address: "127.0.0.1:6432", upstream: { address: "{{address}}", credentials: { username: app } } }
            identity: { users: [{ name: alice, password: { env: WIREPROXY_TEST_PASSWORD } }] }
            """);
        Assert.That(settings!.Gateway.Listeners[0].Upstream.Credentials!.Default!.Password, Is.Null);
        Assert.That(problems.Any(problem => problem.Contains("the database must trust the gateway's address", StringComparison.Ordinal)), Is.EqualTo(warned));
    }

    [Test]
    public void Identities_that_decide_nothing_are_warned_about()
    {
        var (settings, problems) = _files.Read(
            ConfigurationFiles.Minimal + "\nidentity: { users: [{ name: a, password: { env: WIREPROXY_TEST_PASSWORD } }] }\npolicy: policy.yaml",
            "version: 1\nunmask:\n  - { groups: [x], columns: [a.b.c] }\n");
        Assert.That(settings, Is.Not.Null);
        Assert.That(problems, Has.One.StartsWith("wireproxy.yaml:6: warning: identity: no listener has 'upstream.credentials'"));
        Assert.That(problems, Has.One.Contains("without 'identity' no groups are known"));
    }

    [Test]
    public void With_identities_a_policy_may_speak_of_groups_agents_and_purposes()
    {
        var (settings, problems) = _files.Read(
            Least + "\nidentity: { users: [{ name: a, password: { env: WIREPROXY_TEST_PASSWORD } }] }\npolicy: policy.yaml",
            "version: 1\nunmask:\n  - { groups: [x], agents: [y], purposes: [z], columns: [a.b.c] }\n");
        Assert.That(settings, Is.Not.Null, () => string.Join('\n', problems));
        Assert.That(problems, Has.None.Contains("are known"));
    }

    [Test]
    public async Task Check_shows_what_it_resolved_to_and_no_secret()
    {
        _files.Write("wireproxy.yaml", Least + """

            identity:
              users: [{ name: alice, password: { env: WIREPROXY_TEST_PASSWORD }, groups: [analysts] }]
              oidc: [{ issuer: "https://login.example.org", audience: wireproxy, require: { acr: gold }, name_prefix: "kc:", group_prefix: "kc-" }]
              certificates: [{ authority: ca.pem }]
            console: { address: 127.0.0.1:8080, administrators: [admins] }
            """);
        var text = await Cli.RunAsync("check", "--offline", "--config", _files.Main);
        var json = await Cli.RunAsync("check", "--offline", "--config", _files.Main, "--format", "json");
        Assert.That((text.ExitCode, json.ExitCode), Is.EqualTo((0, 0)), text.ToString);
        Assert.That(text.Output, Does.Contain("login       by identity; upstream app (password from environment)")
            .And.Contain("user        alice in analysts, password from environment")
            .And.Contain("oidc        https://login.example.org for wireproxy, keys from discovery").And.Contain("require acr=gold").And.Contain("name_prefix kc:, group_prefix kc-")
            .And.Contain("note        one name of users and of certificates is one person to rules")
            .And.Contain("credentials for 1h, 12h at most, 20 of an identity")
            .And.Contain("console: http://127.0.0.1:8080, credentials for identities; administrators: admins"));
        Assert.That(json.Output, Does.Contain("\"kind\":\"identity\"").And.Contain("\"kind\":\"console\"").And.Contain("\"require\":[\"acr=gold\"]").And.Contain("\"name_prefix\":\"kc:\""));
        Assert.That(text.Output + text.Error + json.Output, Does.Not.Contain("from the environment"));
    }

    private static string Read(SecretSource source)
    {
        using var secret = source.ReadAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
        return Encoding.UTF8.GetString(secret.Utf8);
    }
}
