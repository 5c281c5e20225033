using System.Net;
using System.Text;
using WireProxy.Access;
using WireProxy.Capture;
using WireProxy.Relay;
using WireProxy.TestKit;

namespace WireProxy.Cli.Tests;

internal sealed class SettingsTests
{
    private ConfigurationFiles _files = null!;

    [SetUp]
    public void SetUp() => _files = new ConfigurationFiles();

    [TearDown]
    public void TearDown() => _files.Dispose();

    [Test]
    public void The_least_configuration_gets_every_default_and_two_warnings()
    {
        var (settings, problems) = _files.Read(ConfigurationFiles.Minimal);
        var listener = settings!.Gateway.Listeners.Single();
        Assert.Multiple(() =>
        {
            Assert.That(listener.Address, Is.EqualTo(new IPEndPoint(IPAddress.Loopback, 6432)));
            Assert.That((listener.Upstream.Host, listener.Upstream.Port), Is.EqualTo(("127.0.0.1", 5432)));
            Assert.That(listener.Upstream.Tls.Mode, Is.EqualTo(UpstreamTlsMode.Prefer));
            Assert.That(listener.Limits, Is.EqualTo(new ListenerLimits()));
            Assert.That(listener.Tls, Is.Null);
            Assert.That(settings.Policy, Is.Null);
            Assert.That(settings.Journal, Is.Null);
            Assert.That(problems, Is.EqualTo(new[]
            {
                "wireproxy.yaml: warning: no 'policy': every statement is allowed and nothing is masked",
                "wireproxy.yaml: warning: no 'journal': nothing is recorded",
            }));
        });
    }

    [Test]
    public void Everything_of_the_contract_is_read()
    {
        var certificates = new TestCertificates(_files["."]);
        certificates.Issue("gateway", "localhost");
        Environment.SetEnvironmentVariable("WIREPROXY_TEST_SECRET", "from the environment");
        var (settings, problems) = _files.Read("""
            listeners:
              - name: clinic
                protocol: postgres
                address: "[::1]:6432"
                tls: { certificate: gateway.crt, key: gateway.key, mode: require }
                upstream:
                  address: /var/run/postgresql:5433
                  tls: { mode: verify-full, root_certificate: ca.pem }
                  catalog: { username: reader, password: { env: WIREPROXY_TEST_SECRET } }
                limits: { connections: 7, unfinished_logins: 50, unfinished_logins_per_address: 5, handshake_timeout: 1500ms, idle_timeout: 8h, inspected_message: 1MiB, change_wait: 5s, drain_timeout: 0 }
            policy: policy.yaml
            journal: { directory: recordings, durability: batched, on_failure: continue }
            """, "version: 1\n");
        var listener = settings!.Gateway.Listeners.Single();
        Assert.Multiple(() =>
        {
            Assert.That(problems, Is.Empty);
            Assert.That(listener.Address, Is.EqualTo(new IPEndPoint(IPAddress.IPv6Loopback, 6432)));
            Assert.That(listener.Tls!.Mode, Is.EqualTo(ClientTlsMode.Require));
            Assert.That(listener.Tls.Certificate.HasPrivateKey);
            Assert.That(listener.Upstream.Host, Is.EqualTo("/var/run/postgresql"));
            Assert.That(listener.Upstream.Tls.Roots, Has.Count.EqualTo(1));
            Assert.That(Read(listener.Upstream.Catalog!.Password!), Is.EqualTo("from the environment"));
            Assert.That(listener.Limits, Is.EqualTo(new ListenerLimits
            {
                Connections = 7,
                UnfinishedLogins = 50,
                UnfinishedLoginsPerAddress = 5,
                HandshakeTimeout = TimeSpan.FromSeconds(1.5),
                IdleTimeout = TimeSpan.FromHours(8),
                InspectedMessageBytes = 1 << 20,
                ChangeWait = TimeSpan.FromSeconds(5),
                DrainTimeout = TimeSpan.Zero,
            }));
            Assert.That(settings.Journal!.Directory, Is.EqualTo(_files["recordings"]));
            Assert.That(settings.Journal.Durability, Is.EqualTo(Durability.Batched));
            Assert.That(settings.Journal.RefuseOnFailure, Is.False);
        });
    }

    [Test]
    public void Every_problem_of_both_files_is_told_in_one_run_with_its_line()
    {
        var (settings, problems) = _files.Read("""
            listeners:
              - name: clinic
                protocol: postgress
                adress: 127.0.0.1:6432
                upstream: { address: 5432 }
                limits: { connections: many, idle_timeout: 5 }
            policy: policy.yaml
            jurnal: { directory: journal }
            """, """
            version: 2
            rules:
              - name: first
                when: { statement: [DROP TABEL] }
                then: deny
              - name: second
                when: { class: [dll] }
                then: block
            """);
        Assert.That(settings, Is.Null);
        Assert.That(problems, Is.EqualTo(new[]
        {
            "wireproxy.yaml: warning: no 'journal': nothing is recorded",
            "wireproxy.yaml:2: error: listeners[0]: 'address' is missing",
            "wireproxy.yaml:3: error: listeners[0].protocol: 'postgress' is not known; did you mean 'postgres'? accepted: postgres, tds",
            "wireproxy.yaml:4: error: unknown key 'adress' in listeners[0]; did you mean 'address'? accepted: name, protocol, address, tls, upstream, limits, cleartext_on_loopback, database",
            "wireproxy.yaml:5: error: listeners[0].upstream.address: a host and a port are expected, such as db.example.org:5432 or /var/run/postgresql:5432, not '5432'",
            "wireproxy.yaml:6: error: listeners[0].limits.connections: a whole number from 1 to 1000000 is expected, not 'many'",
            "wireproxy.yaml:6: error: listeners[0].limits.idle_timeout: a duration such as 100ms, 30s, 5m or 2h is expected (0: never), not '5'",
            "wireproxy.yaml:8: error: unknown key 'jurnal'; did you mean 'journal'? accepted: listeners, identity, console, policy, journal",
            "policy.yaml:1: error: version: '2' is not known; accepted: 1",
            "policy.yaml:5: error: rules[0].then: 'deny' is not known; accepted: allow, block, approve",
            "policy.yaml:7: error: rules[1].when.class[0]: 'dll' is not a class; accepted are read, write, ddl, role, function, misc",
        }));
    }

    [TestCase("journal: { directory: j, auditor_key: a.pem }", "journal.auditor_key: sealed originals are not supported yet")]
    public void A_feature_of_a_later_version_is_an_error_that_says_so(string yaml, string expected)
    {
        var (settings, problems) = _files.Read(ConfigurationFiles.Minimal + "\n" + yaml);
        Assert.That(settings, Is.Null);
        Assert.That(problems, Has.One.Contains("error: " + expected));
    }

    [TestCase("upstream: { address: 127.0.0.1:5432 }", "upstream: { address: 127.0.0.1:5432, tls: { encryption: login } }", "encryption: is for protocol: tds alone")]
    [TestCase("upstream: { address: 127.0.0.1:5432 }", "upstream: { address: 127.0.0.1:5432, credentials: { username: app, password: x } }", "upstream.credentials: anybody could use them: 'identity' must say who may log in here")]
    public void What_does_not_fit_a_listener_is_an_error(string here, string there, string expected)
    {
        var (settings, problems) = _files.Read(ConfigurationFiles.Minimal.Replace(here, there, StringComparison.Ordinal));
        Assert.That(settings, Is.Null);
        Assert.That(problems, Has.One.Contains(expected));
    }

    [Test]
    public void A_console_on_a_public_address_without_TLS_is_warned_about()
    {
        var (settings, problems) = _files.Read(ConfigurationFiles.Minimal + "\nconsole: { address: 0.0.0.0:8080 }");
        Assert.That(settings!.Console!.Address, Is.EqualTo(new IPEndPoint(IPAddress.Any, 8080)));
        Assert.That(problems, Has.One.EqualTo("wireproxy.yaml:6: warning: console.address: without 'tls' tokens and passwords are refused from other machines; health is told to all"));
    }

    [TestCase("127.0.0.1:6432", "a listener and the console listen at 127.0.0.1:6432")]
    [TestCase("8080", "an IP address and a port are expected, such as 127.0.0.1:8080, not '8080'")]
    public void A_console_that_cannot_listen_is_an_error(string address, string expected)
    {
        var (settings, problems) = _files.Read(ConfigurationFiles.Minimal + $"\nconsole: {{ address: '{address}' }}");
        Assert.That(settings, Is.Null);
        Assert.That(problems, Has.One.Contains(expected));
    }

    [Test]
    public void A_literal_secret_is_taken_with_a_warning_at_its_line()
    {
        var (settings, problems) = _files.Read(WithCatalogPassword("hunter2"));
        Assert.That(Read(settings!.Gateway.Listeners[0].Upstream.Catalog!.Password!), Is.EqualTo("hunter2"));
        Assert.That(problems, Has.One.Contains("wireproxy.yaml:7: warning: listeners[0].upstream.catalog.password: a secret stands in this file"));
        Assert.That(problems, Has.None.Contains("hunter2"));
    }

    [Test]
    public void A_secret_in_a_file_is_read_again_each_time_without_its_line_end()
    {
        _files.Write("secret", "first\n");
        var (settings, _) = _files.Read(WithCatalogPassword("{ file: secret }"));
        var source = settings!.Gateway.Listeners[0].Upstream.Catalog!.Password!;
        Assert.That(Read(source), Is.EqualTo("first"));
        _files.Write("secret", "rotated");
        Assert.That(Read(source), Is.EqualTo("rotated"));
    }

    [TestCase("{ env: WIREPROXY_TEST_ABSENT }", "the environment variable WIREPROXY_TEST_ABSENT is not set")]
    [TestCase("{ file: absent }", "cannot be read")]
    [TestCase("{ env: A, file: b }", "exactly one of '{ env: NAME }', '{ file: PATH }' and '{ command: [PROGRAM, ARGUMENT] }' is expected")]
    [TestCase("{ environment: A }", "unknown key 'environment' in listeners[0].upstream.catalog.password; accepted: env, file, command")]
    [TestCase("{ command: pass show clinic }", "no shell takes this apart: write it as a list, [pass, show, clinic]")]
    [TestCase("{ command: [pass], timeout: 1d }", "password.timeout: a duration such as 100ms, 30s, 5m or 2h, from 1ms to 10m, is expected")]
    [TestCase("{ command: [] }", "password.command: a program is expected")]
    public void A_secret_that_cannot_be_had_is_an_error(string secret, string expected)
    {
        var (settings, problems) = _files.Read(WithCatalogPassword(secret));
        Assert.That(settings, Is.Null);
        Assert.That(problems, Has.Some.Contains(expected));
    }

    [TestCase("a: [", "not readable as YAML")]
    [TestCase("- a\n- b", "keys and values are expected")]
    [TestCase("", "keys and values are expected")]
    [TestCase("policy: a\npolicy: b", "not readable as YAML")]
    [TestCase("listeners: []", "at least one listener")]
    [TestCase("listeners: { name: x }", "listeners: a list is expected here")]
    [TestCase("listeners: [ x ]", "listeners[0]: keys and values are expected here")]
    public void What_is_no_configuration_is_said_to_be_none(string yaml, string expected)
    {
        var (settings, problems) = _files.Read(yaml);
        Assert.That(settings, Is.Null);
        Assert.That(problems, Has.Some.Contains(expected));
    }

    [Test]
    public void Two_listeners_may_share_neither_name_nor_address()
    {
        var (settings, problems) = _files.Read("""
            listeners:
              - { name: a, protocol: postgres, address: 127.0.0.1:6432, upstream: { address: x:1 } }
              - { name: a, protocol: postgres, address: 127.0.0.1:6432, upstream: { address: x:1 } }
            """);
        Assert.That(settings, Is.Null);
        Assert.That(problems, Has.Member("wireproxy.yaml:3: error: listeners[1].name: 'a' is the name of two listeners"));
        Assert.That(problems, Has.Member("wireproxy.yaml:3: error: listeners[1].address: two listeners listen at 127.0.0.1:6432"));
    }

    [Test]
    public void A_key_that_does_not_belong_to_its_certificate_is_an_error()
    {
        var certificates = new TestCertificates(_files["."]);
        certificates.Issue("one", "localhost");
        certificates.Issue("two", "localhost");
        var (settings, problems) = _files.Read(ConfigurationFiles.Minimal + "\n    tls: { certificate: one.crt, key: two.key }");
        Assert.That(settings, Is.Null);
        Assert.That(problems, Has.One.Contains("listeners[0].tls.key: is no private key of the certificate"));
    }

    [Test]
    public void A_signing_key_must_be_what_the_journal_can_use()
    {
        new TestCertificates(_files["."]).Issue("rsa", "localhost");
        var (settings, problems) = _files.Read(ConfigurationFiles.Minimal + "\njournal: { directory: j, signing_key: rsa.key }");
        Assert.That(settings, Is.Null);
        Assert.That(problems, Has.One.Contains("holds no ECDSA P-256 private key in PKCS#8; 'wireproxy keys new' makes one"));
    }

    [Test]
    public void A_file_that_is_not_there_is_named()
    {
        var (settings, problems) = _files.Read(ConfigurationFiles.Minimal + "\npolicy: absent.yaml");
        Assert.That(settings, Is.Null);
        Assert.That(problems, Has.One.StartsWith("absent.yaml: error: cannot be read"));
    }

    private static string WithCatalogPassword(string password) => $"""
        listeners:
          - name: clinic
            protocol: postgres
            address: 127.0.0.1:6432
            upstream:
              address: 127.0.0.1:5432
              catalog: {"{"} username: reader, password: {password} {"}"}
        """;

    private static string Read(SecretSource source)
    {
        using var secret = source.ReadAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
        return Encoding.UTF8.GetString(secret.Utf8);
    }
}
