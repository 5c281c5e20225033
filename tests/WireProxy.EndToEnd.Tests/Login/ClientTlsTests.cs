using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Login;

/// <summary>TLS between the client and the gateway.</summary>
public sealed class ClientTlsTests
{
    private GatewayProcess _prefer = null!;
    private GatewayProcess _require = null!;
    private GatewayProcess _strict = null!;

    [OneTimeSetUp]
    public async Task StartGateways()
    {
        _prefer = await Clinic.StartAsync(settings => settings with { ClientTls = "prefer" });
        _require = await Clinic.StartAsync(settings => settings with { ClientTls = "require" });
        _strict = await Clinic.StartAsync(settings => settings with { ClientTls = "strict" });
    }

    [OneTimeTearDown]
    public async Task StopGateways()
    {
        foreach (var gateway in (GatewayProcess?[])[_prefer, _require, _strict])
        {
            if (gateway is not null)
                await gateway.DisposeAsync();
        }
    }

    [TestCase("sslmode=require")]
    [TestCase("sslmode=require ssl_min_protocol_version=TLSv1.3")]
    [TestCase("sslmode=require ssl_max_protocol_version=TLSv1.2")]
    public async Task Psql_has_tls_where_it_asks_for_it(string parameters)
    {
        foreach (var gateway in (GatewayProcess[])[_prefer, _require])
        {
            var result = await (gateway.Psql() with { Parameters = parameters }).ScriptAsync("\\conninfo\nSELECT 40 + 2;\n", "-A", "-t");

            Assert.That(result.Output, Does.Contain("SSL connection (protocol: TLSv1.").And.Contain("42"), result.ToString());
        }
    }

    [Test]
    public async Task Verify_full_holds_against_the_gateways_own_certificate()
    {
        var right = _require.Psql() with { Host = "localhost", Parameters = $"sslmode=verify-full sslrootcert={_require.Certificates.AuthorityFile}" };
        var wrong = right with { Parameters = $"sslmode=verify-full sslrootcert={_prefer.Certificates.AuthorityFile}" };

        Assert.That((await right.QueryAsync("SELECT 1")).Output, Is.EqualTo("1\n"));
        Assert.That((await wrong.QueryAsync("SELECT 1")).Error, Does.Contain("certificate verify failed"));
    }

    [Test]
    public async Task Scram_works_over_tls_without_channel_binding_and_is_not_offered_with_it()
    {
        var psql = _require.Psql("scram") with { Password = PostgresServer.Password, Parameters = "sslmode=require channel_binding=prefer" };
        var insisting = psql with { Parameters = "sslmode=require channel_binding=require" };

        Assert.That((await psql.QueryAsync("SELECT session_user")).Output, Is.EqualTo("scram\n"));
        Assert.That((await insisting.QueryAsync("SELECT 1")).Error, Does.Contain("channel binding"));
    }

    [Test]
    public async Task Plain_text_is_refused_where_tls_is_required_and_the_error_says_so()
    {
        await using var client = await WireClient.ConnectAsync(_require.Port);
        await client.SendAsync(WireBuilder.Startup("postgres", "postgres"));

        var answer = await client.ReadToEndAsync();

        Assert.That(answer, Has.Count.EqualTo(1));
        Assert.That(answer[0].SqlState, Is.EqualTo("28000"));
        Assert.That(answer[0].Field('M'), Does.Contain("TLS").Or.Contain("SSL"));
    }

    [Test]
    public async Task Plain_text_is_taken_where_tls_is_preferred()
    {
        await using var client = await WireClient.LogInAsync(_prefer.Port);

        Assert.That((await client.QueryAsync("SELECT 1"))[1].Texts, Is.EqualTo((string[])["1"]));
    }

    [Test]
    public async Task A_listener_without_a_certificate_answers_no()
    {
        await using var client = await WireClient.ConnectAsync((await Clinic.GatewayAsync(Through.Transparent)).Port);
        await client.SendAsync(WireBuilder.SslRequest);

        Assert.That(await client.ReadByteAsync(), Is.EqualTo('N'));
        await client.SendAsync(WireBuilder.Startup("postgres", "postgres"));
        Assert.That(await client.FinishLogInAsync(), Is.Not.Empty);
    }

    [Test]
    public async Task Gss_encryption_is_answered_no_and_tls_may_follow()
    {
        await using var client = await WireClient.ConnectAsync(_require.Port);
        await client.SendAsync(WireBuilder.GssRequest);
        Assert.That(await client.ReadByteAsync(), Is.EqualTo('N'));
        await client.SendAsync(WireBuilder.SslRequest);
        Assert.That(await client.ReadByteAsync(), Is.EqualTo('S'));
        await client.StartTlsAsync(_require.Certificates.AuthorityFile);
        await client.SendAsync(WireBuilder.Startup("postgres", "postgres"));

        Assert.That(await client.FinishLogInAsync(), Is.Not.Empty);
    }

    [Test]
    public async Task Bytes_sent_in_the_clear_behind_the_tls_request_are_refused()
    {
        // CVE-2021-23214: what was sent before the handshake must not count as sent inside it.
        await using var client = await WireClient.ConnectAsync(_prefer.Port);
        await client.SendAsync(WireBuilder.SslRequest, WireBuilder.Startup("postgres", "postgres"));

        Assert.That(await client.ReadByteAsync(), Is.Not.EqualTo('R'));
        await Assert.ThatAsync(async () => await client.StartTlsAsync(_prefer.Certificates.AuthorityFile), Throws.Exception);
    }

    [Test]
    public async Task Direct_tls_works_with_the_protocols_name()
    {
        foreach (var gateway in (GatewayProcess[])[_prefer, _require, _strict])
        {
            await using var client = await WireClient.ConnectAsync(gateway.Port);

            Assert.That(await client.StartTlsAsync(gateway.Certificates.AuthorityFile, "postgresql"), Is.EqualTo("postgresql"));
            await client.SendAsync(WireBuilder.Startup("postgres", "postgres"));
            Assert.That(await client.FinishLogInAsync(), Is.Not.Empty);
        }
    }

    [TestCase("http/1.1")]
    [TestCase]
    public async Task Direct_tls_without_the_protocols_name_is_refused(params string[] protocols)
    {
        await using var client = await WireClient.ConnectAsync(_strict.Port);

        await Assert.ThatAsync(async () =>
        {
            await client.StartTlsAsync(_strict.Certificates.AuthorityFile, protocols);
            await client.SendAsync(WireBuilder.Startup("postgres", "postgres"));
            await client.FinishLogInAsync();
        }, Throws.Exception);
    }

    [Test]
    public async Task A_strict_listener_takes_neither_plain_text_nor_a_tls_request()
    {
        foreach (var first in (byte[][])[WireBuilder.Startup("postgres", "postgres"), WireBuilder.SslRequest])
        {
            await using var client = await WireClient.ConnectAsync(_strict.Port);
            await client.SendAsync(first);

            Assert.That(await client.ReadByteAsync(), Is.Not.AnyOf((int)'R', (int)'S', (int)'N'));
        }
    }

    [Test]
    public async Task Libpq_18_negotiates_tls_directly()
    {
        var library = await Clinic.Available(PostgresInstallation.Npm18Async());
        foreach (var gateway in (GatewayProcess[])[_prefer, _strict])
        {
            var psql = gateway.Psql() with { Host = "localhost", Library = library, Parameters = $"sslmode=verify-full sslnegotiation=direct sslrootcert={gateway.Certificates.AuthorityFile}" };

            var result = await psql.QueryAsync("SELECT 42");

            Assert.That(result.Output, Is.EqualTo("42\n"), result.ToString());
        }
    }
}
