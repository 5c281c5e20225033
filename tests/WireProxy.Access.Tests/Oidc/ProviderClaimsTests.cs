using System.Collections.Immutable;

namespace WireProxy.Access.Tests.Oidc;

/// <summary>What the providers that people have put into their tokens, read by configuration alone.</summary>
public sealed class ProviderClaimsTests
{
    [Test]
    public async Task Entra_ID_version_2_by_object_id_with_groups_and_roles()
    {
        const string Tenant = "11111111-2222-3333-4444-555555555555";
        Identity identity = await ReadAsync(
            options => options with { SubjectClaim = "oid", GroupClaims = ["groups", "roles"], RequiredClaims = Map(("tid", Tenant), ("scp", "Database.Read")) },
            ("ver", "2.0"), ("tid", Tenant), ("oid", "aaaaaaaa-0000-0000-0000-000000000001"), ("preferred_username", "alice@clinic.example"),
            ("azp", "0c0c0c0c-0000-0000-0000-000000000009"), ("scp", "openid Database.Read"), ("roles", new[] { "Analyst" }),
            ("groups", new[] { "6d6d6d6d-0000-0000-0000-00000000000a", "6d6d6d6d-0000-0000-0000-00000000000b" }));
        Assert.That(identity.Name, Is.EqualTo("aaaaaaaa-0000-0000-0000-000000000001"));
        Assert.That(identity.Groups, Is.EqualTo(new[] { "6d6d6d6d-0000-0000-0000-00000000000a", "6d6d6d6d-0000-0000-0000-00000000000b", "Analyst" }));
        Assert.That(identity.Agent, Is.Null, "azp is a program, not an agent, unless the configuration says so");
    }

    [Test]
    public async Task Entra_ID_version_1_by_its_own_issuer()
    {
        const string Issuer = "https://sts.windows.net/11111111-2222-3333-4444-555555555555/";
        Identity identity = await ReadAsync(
            options => options with { Issuer = Issuer, Audiences = ["api://wireproxy"], SubjectClaim = "upn" },
            ("iss", Issuer), ("aud", "api://wireproxy"), ("ver", "1.0"), ("upn", "alice@clinic.example"), ("appid", "0c0c0c0c"));
        Assert.That((identity.Name, identity.Issuer), Is.EqualTo(("alice@clinic.example", Issuer)));
    }

    [Test]
    public async Task Entra_ID_that_leaves_the_groups_out_is_refused_with_a_hint([Values] bool isImplicitFlow)
    {
        (string, object?)[] claims = isImplicitFlow ? [("hasgroups", true)]
            : [("_claim_names", new { groups = "src1" }), ("_claim_sources", new { src1 = new { endpoint = "https://graph.windows.net/x" } })];
        TokenRefusal? refused = await RefusalAsync(options => options, claims);
        Assert.That(refused?.Reason, Does.Contain("leaves its groups out"));
        Assert.That(refused?.Hint, Does.Contain("administrator"));
    }

    [Test]
    public async Task Kubernetes_projected_service_account_tokens()
    {
        const string Issuer = "https://kubernetes.default.svc.cluster.local";
        Identity identity = await ReadAsync(
            options => options with
            {
                Issuer = Issuer,
                GroupClaims = ["kubernetes.io.namespace"],
                GroupPrefix = "namespace:",
                AgentClaims = ["kubernetes.io.pod.name"],
                RequiredClaims = Map(("kubernetes.io.namespace", "agents")),
            },
            ("iss", Issuer), ("aud", new[] { "wireproxy" }), ("sub", "system:serviceaccount:agents:reporter"), ("jti", "0a0a"),
            ("kubernetes.io", new
            {
                @namespace = "agents",
                node = new { name = "node-1", uid = "n" },
                pod = new { name = "reporter-7d9c", uid = "p" },
                serviceaccount = new { name = "reporter", uid = "s" },
                warnafter = 1,
            }));
        Assert.That(identity.Name, Is.EqualTo("system:serviceaccount:agents:reporter"));
        Assert.That(identity.Groups, Is.EqualTo(new[] { "namespace:agents" }));
        Assert.That(identity.Agent, Is.EqualTo("reporter-7d9c"));
    }

    [Test]
    public async Task Keycloak_with_nested_roles()
    {
        Identity identity = await ReadAsync(
            options => options with { SubjectClaim = "preferred_username", GroupClaims = ["realm_access.roles", "resource_access.wireproxy.roles"] },
            ("preferred_username", "alice"), ("realm_access", new { roles = new[] { "analyst", "offline_access" } }),
            ("resource_access", new { wireproxy = new { roles = new[] { "analyst", "reader" } } }));
        Assert.That(identity.Groups, Is.EqualTo(new[] { "analyst", "offline_access", "reader" }));
    }

    [Test]
    public async Task Auth0_with_a_namespaced_claim()
    {
        Identity identity = await ReadAsync(
            options => options with { GroupClaims = ["https://clinic.example/roles"] }, ("sub", "auth0|1"), ("https://clinic.example/roles", "analyst"));
        Assert.That((identity.Name, identity.Groups.Single()), Is.EqualTo(("auth0|1", "analyst")));
    }

    [Test]
    public async Task An_agent_that_acts_for_a_person_is_the_agent_of_that_person()
    {
        Identity identity = await ReadAsync(
            options => options with { PurposeClaim = "purpose" },
            ("sub", "alice"), ("act", new { sub = "reporting-agent", act = new { sub = "planner" } }), ("azp", "console"), ("purpose", "quarterly report"));
        Assert.That((identity.Name, identity.Agent, identity.Purpose), Is.EqualTo(("alice", "reporting-agent", "quarterly report")));
    }

    [TestCase("{}"), TestCase("{\"client_id\":\"reporting-agent\"}"), TestCase("\"reporting-agent\""), TestCase("[]"), TestCase("{\"sub\":null}")]
    public async Task An_agent_that_cannot_be_read_does_not_pass_for_none(string json)
    {
        using var document = System.Text.Json.JsonDocument.Parse(json);
        System.Text.Json.JsonElement actor = document.RootElement.Clone();
        TokenRefusal? refused = await RefusalAsync(options => options, ("act", actor));
        Assert.That(refused?.Reason, Is.EqualTo("the token names somebody who acts (act), and not in a way that is configured"));
        Assert.That(refused?.Hint, Does.Contain("agent"));
        Assert.That((await RefusalAsync(options => options with { AgentClaims = [] }, ("act", actor)))?.Reason, Is.EqualTo(refused?.Reason));
    }

    [Test]
    public async Task An_agent_is_read_where_the_configuration_says()
    {
        Identity identity = await ReadAsync(
            options => options with { AgentClaims = ["act.sub", "act.client_id"] }, ("act", new { client_id = "reporting-agent" }));
        Assert.That(identity.Agent, Is.EqualTo("reporting-agent"));
        Assert.That((await ReadAsync(options => options, ("act", null))).Agent, Is.Null, "a null is as if it were absent");
    }

    [Test]
    public async Task The_first_agent_claim_that_a_token_has_counts()
    {
        static OidcProviderOptions Configure(OidcProviderOptions options) => options with { AgentClaims = ["act.sub", "azp", "client_id"] };
        Assert.That((await ReadAsync(Configure, ("client_id", "c"), ("azp", "a"))).Agent, Is.EqualTo("a"));
        Assert.That((await ReadAsync(Configure, ("client_id", "c"))).Agent, Is.EqualTo("c"));
    }

    [Test]
    public async Task Prefixes_keep_two_providers_people_apart()
    {
        Identity identity = await ReadAsync(options => options with { NamePrefix = "partner:", GroupPrefix = "partner:" }, ("groups", new[] { "admins" }));
        Assert.That((identity.Name, identity.Groups.Single()), Is.EqualTo(("partner:alice", "partner:admins")));
    }

    [Test]
    public async Task Groups_that_cannot_be_read_do_not_pass_for_none([Values("[1]", "{}", "[[\"a\"]]", "7", "[\"\"]", "[\"a\\u0000b\"]")] string json)
    {
        using var document = System.Text.Json.JsonDocument.Parse(json);
        System.Text.Json.JsonElement groups = document.RootElement.Clone();
        Assert.That((await RefusalAsync(options => options, ("groups", groups)))?.Reason, Is.EqualTo("the token's claim groups is not a list of names"));
    }

    [Test]
    public async Task Without_a_groups_claim_there_are_no_groups() => Assert.That((await ReadAsync(options => options)).Groups, Is.Empty);

    [TestCase(null), TestCase(""), TestCase(7)]
    public async Task A_subject_that_is_no_name_is_refused(object? subject) =>
        Assert.That((await RefusalAsync(options => options, ("sub", subject)))?.Reason, Does.Contain("the claim sub").Or.Contains("claim sub is not a name"));

    [Test]
    public async Task A_required_claim_must_be_there_and_be_it()
    {
        static OidcProviderOptions Configure(OidcProviderOptions options) => options with { RequiredClaims = Map(("tenant", "a"), ("verified", "true")) };
        Assert.That((await RefusalAsync(Configure, ("verified", true)))?.Reason, Does.StartWith("the token lacks the required claim"));
        Assert.That((await RefusalAsync(Configure, ("verified", true), ("tenant", "a b")))?.Reason, Does.StartWith("the token lacks the required claim"));
        Assert.That((await RefusalAsync(Configure, ("verified", false), ("tenant", "a")))?.Reason, Does.StartWith("the token lacks the required claim"));
        Assert.That(await RefusalAsync(Configure, ("verified", true), ("tenant", "a")), Is.Null);
        Assert.That(await RefusalAsync(Configure, ("verified", true), ("tenant", new[] { "b", "a" })), Is.Null);
    }

    private static async Task<Identity> ReadAsync(
        Func<OidcProviderOptions, OidcProviderOptions> configure, params (string Name, object? Value)[] claims)
    {
        using var provider = new Provider(configure);
        return (await provider.VerifyAsync(provider.Key.Sign(provider.Claims(claims)))).Identity;
    }

    private static async Task<TokenRefusal?> RefusalAsync(
        Func<OidcProviderOptions, OidcProviderOptions> configure, params (string Name, object? Value)[] claims)
    {
        using var provider = new Provider(configure);
        return await provider.RefusalAsync(provider.Key.Sign(provider.Claims(claims)));
    }

    private static ImmutableDictionary<string, string> Map(params (string Name, string Value)[] claims) =>
        claims.ToImmutableDictionary(claim => claim.Name, claim => claim.Value);
}
