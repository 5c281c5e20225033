using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using WireProxy.Access.Tests.Logins;

namespace WireProxy.Access.Tests.Certificates;

public sealed class CertificateLoginTests
{
    private readonly TestClock _clock = new();
    private Authority _authority = null!;

    [SetUp]
    public void MakeAuthority() => _authority = Authority.New(_clock.GetUtcNow());

    [Test]
    public async Task A_certificate_of_the_authority_logs_in_until_it_expires()
    {
        X509Certificate2 certificate = _authority.Issue("CN=alice, O=Clinic");
        Grant grant = (await LogInAsync(new CertificateMapping([_authority.Certificate]) { Groups = ["staff"] }, certificate))!.Grant();
        Assert.That((grant.Identity.Name, grant.Identity.Proof), Is.EqualTo(("alice", ProofKind.Certificate)));
        Assert.That(grant.Identity.Groups, Is.EqualTo(new[] { "staff" }));
        Assert.That(grant.Identity.Issuer, Is.EqualTo("CN=Clinic authority"));
        Assert.That(grant.Identity.CertificateFingerprint, Is.EqualTo(Convert.ToHexString(SHA256.HashData(certificate.RawData))));
        Assert.That(grant.EndedAt(_clock.GetUtcNow().AddDays(5).AddSeconds(-1)), Is.Null);
        Assert.That(grant.EndedAt(_clock.GetUtcNow().AddDays(5))?.Reason, Is.EqualTo("the client certificate has expired"));
    }

    [Test]
    public async Task A_name_comes_from_where_the_mapping_says()
    {
        X509Certificate2 certificate = _authority.Issue("CN=alice, OU=Analysts, OU=Night, O=Clinic", names: names =>
        {
            names.AddEmailAddress("alice@clinic.example");
            names.AddDnsName("alice.clinic.example");
            names.AddUri(new Uri("spiffe://clinic.example/agent/reporter"));
            names.AddUserPrincipalName("alice@clinic.local");
        });
        Assert.That(await NameAsync(CertificateName.CommonName), Is.EqualTo("alice"));
        Assert.That(await NameAsync(CertificateName.Email), Is.EqualTo("alice@clinic.example"));
        Assert.That(await NameAsync(CertificateName.Dns), Is.EqualTo("alice.clinic.example"));
        Assert.That(await NameAsync(CertificateName.Uri), Is.EqualTo("spiffe://clinic.example/agent/reporter"));
        Assert.That(await NameAsync(CertificateName.PrincipalName), Is.EqualTo("alice@clinic.local"));
        Assert.That(await NameAsync(CertificateName.Subject), Is.EqualTo("CN=alice, OU=Analysts, OU=Night, O=Clinic"));

        Identity identity = (await LogInAsync(
            new CertificateMapping([_authority.Certificate]) { Groups = ["staff"], GroupsFromUnits = true, IsAgent = true }, certificate))!.Grant().Identity;
        Assert.That(identity.Groups, Is.EquivalentTo(new[] { "staff", "Analysts", "Night" }));
        Assert.That(identity.Agent, Is.EqualTo("alice"));

        async Task<string> NameAsync(CertificateName kind) =>
            (await LogInAsync(new CertificateMapping([_authority.Certificate]) { Name = kind }, certificate))!.Grant().Identity.Name;
    }

    [Test]
    public async Task Another_authority_of_the_same_name_is_not_this_one()
    {
        X509Certificate2 forged = Authority.New(_clock.GetUtcNow()).Issue("CN=alice");
        Assert.That(await LogInAsync(new CertificateMapping([_authority.Certificate]), forged), Is.Null.Or.InstanceOf<LoginOutcome.Denied>());
    }

    [Test]
    public async Task An_unknown_authority_leads_to_another_proof_even_if_the_client_sends_it_along()
    {
        Authority stranger = Authority.New(_clock.GetUtcNow(), "Stranger");
        Assert.That(await LogInAsync(new CertificateMapping([_authority.Certificate]), stranger.Issue("CN=alice"), stranger.Certificate), Is.Null);
    }

    [Test]
    public async Task A_self_signed_certificate_leads_to_another_proof()
    {
        var request = new CertificateRequest("CN=alice", ECDsa.Create(ECCurve.NamedCurves.nistP256), HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(Authority.ClientAuth)], false));
        using X509Certificate2 certificate = request.CreateSelfSigned(_clock.GetUtcNow().AddDays(-1), _clock.GetUtcNow().AddDays(1));
        Assert.That(await LogInAsync(new CertificateMapping([_authority.Certificate]), certificate), Is.Null);
    }

    [TestCase(-1, -5), TestCase(5, 1)]
    public async Task A_certificate_out_of_its_time_is_refused(double days, double from)
    {
        LoginOutcome? outcome = await LogInAsync(new CertificateMapping([_authority.Certificate]), _authority.Issue("CN=alice", days, from: from));
        Assert.That(outcome!.Denied().Reason, Does.Contain("expired or not yet valid"));
    }

    [Test]
    public async Task A_certificate_for_something_else_is_refused([Values(Authority.ServerAuth, null)] string? usage)
    {
        LoginOutcome? outcome = await LogInAsync(new CertificateMapping([_authority.Certificate]), _authority.Issue("CN=alice", usage: usage));
        Assert.That(outcome!.Denied().Reason, Is.EqualTo(
            usage is null ? "the certificate lacks the extended key usage clientAuth" : "the certificate's chain is not valid"));
    }

    [Test]
    public async Task A_user_of_the_authority_cannot_be_an_authority()
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        X509Certificate2 alice = new CertificateRequest("CN=alice", key, HashAlgorithmName.SHA256)
            .Create(_authority.Certificate, _clock.GetUtcNow().AddDays(-1), _clock.GetUtcNow().AddDays(1), [1, 2, 3]);
        var request = new CertificateRequest("CN=root", ECDsa.Create(ECCurve.NamedCurves.nistP256), HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(Authority.ClientAuth)], false));
        X509Certificate2 forged = request.Create(
            alice.SubjectName, X509SignatureGenerator.CreateForECDsa(key), _clock.GetUtcNow().AddHours(-1), _clock.GetUtcNow().AddHours(1), [4, 5, 6]);
        LoginOutcome? outcome = await LogInAsync(new CertificateMapping([_authority.Certificate]), forged, alice);
        Assert.That(outcome, Is.Null.Or.InstanceOf<LoginOutcome.Denied>());
    }

    [Test]
    public async Task Intermediates_come_from_the_client_and_the_first_to_expire_ends_the_session()
    {
        Authority intermediate = _authority.Intermediate(days: 2);
        X509Certificate2 certificate = intermediate.Issue("CN=alice", days: 1.9);
        var mapping = new CertificateMapping([_authority.Certificate]);
        Assert.That(await LogInAsync(mapping, certificate), Is.Null, "without the intermediate there is no chain");
        Grant grant = (await LogInAsync(mapping, certificate, intermediate.Certificate))!.Grant();
        Assert.That(grant.EndsAt, Is.EqualTo(_clock.GetUtcNow().AddDays(1.9)).Within(TimeSpan.FromSeconds(1)));
        Assert.That(grant.Identity.Issuer, Is.EqualTo("CN=Clinic authority"));
    }

    [Test]
    public async Task An_intermediate_helps_beside_its_root_and_is_none_itself()
    {
        Authority intermediate = _authority.Intermediate();
        X509Certificate2 certificate = intermediate.Issue("CN=alice");
        (await LogInAsync(new CertificateMapping([_authority.Certificate, intermediate.Certificate]), certificate))!.Grant();
        Assert.That(await LogInAsync(new CertificateMapping([intermediate.Certificate]), certificate), Is.Null);
    }

    [Test]
    public async Task A_program_that_repeats_an_expired_certificate_does_not_lock_out_others_of_its_address()
    {
        X509Certificate2 expired = _authority.Issue("CN=alice", days: -1);
        await using LoginAuthority authority = await LoginAuthority.StartAsync(
            new IdentityOptions { Certificates = [new CertificateMapping([_authority.Certificate])] }, null, _clock);
        for (int i = 0; i < 10; i++)
            Assert.That(Verify(expired).Denied().IsThrottled, Is.False);
        Assert.That(Verify(expired).Denied().IsThrottled, Is.True);
        Verify(_authority.Issue("CN=bob")).Grant();
        Assert.That(authority.Admit(Door.Attempt("any")), Is.Null);

        LoginOutcome Verify(X509Certificate2 certificate) => authority.VerifyCertificate(Door.Attempt("any"), certificate, [])!;
    }

    [TestCase("O=Clinic", TestName = "No common name")]
    [TestCase("CN=alice, CN=bob", TestName = "Two common names")]
    public async Task A_certificate_without_exactly_one_name_is_refused(string subject) => Assert.That(
        (await LogInAsync(new CertificateMapping([_authority.Certificate]), _authority.Issue(subject)))!.Denied().Reason,
        Does.Contain("name"));

    [Test]
    public async Task A_subject_with_two_values_in_one_part_is_refused()
    {
        // SEQUENCE of one SET of two attributes (RFC 5280, section 4.1.2.4), which some readers show as one name and some as the other.
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSetOf())
            foreach (string name in new[] { "alice", "bob" })
            {
                using AsnWriter.Scope attribute = writer.PushSequence();
                writer.WriteObjectIdentifier("2.5.4.3");
                writer.WriteCharacterString(UniversalTagNumber.UTF8String, name);
            }
        X509Certificate2 certificate = _authority.Issue(new X500DistinguishedName(writer.Encode()));
        Assert.That((await LogInAsync(new CertificateMapping([_authority.Certificate]), certificate))!.Denied().Reason,
            Is.EqualTo("the certificate's names are malformed"));
    }

    [Test]
    public async Task A_name_with_a_zero_byte_in_it_is_refused()
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.AddCommonName("alice\0.evil.example");
        X509Certificate2 certificate = _authority.Issue(builder.Build());
        Assert.That((await LogInAsync(new CertificateMapping([_authority.Certificate]), certificate))!.Denied().Reason,
            Is.EqualTo("the certificate's names are malformed"));
    }

    [Test]
    public async Task The_first_mapping_that_takes_it_decides()
    {
        X509Certificate2 agent = _authority.Issue("CN=x", names: names => names.AddUri(new Uri("spiffe://clinic.example/agent/reporter")));
        CertificateMapping people = new([_authority.Certificate]) { Name = CertificateName.Email };
        CertificateMapping agents = new([_authority.Certificate]) { Name = CertificateName.Uri, NamePrefix = "spiffe://clinic.example/agent/", Groups = ["agents"] };
        CertificateMapping others = agents with { NamePrefix = "spiffe://other.example/" };
        Assert.That((await LogInAsync([people, others, agents], agent))!.Grant().Identity.Groups, Is.EqualTo(new[] { "agents" }));
        Assert.That(await LogInAsync([others], agent), Is.Null, "another trust domain's mapping has nothing to do with it");
        Assert.That((await LogInAsync([people], agent))!.Denied().Reason, Does.Contain("no name of the configured kind"));
    }

    [Test]
    public async Task Refused_certificates_count_for_their_address()
    {
        X509Certificate2 expired = _authority.Issue("CN=alice", days: -1);
        await using LoginAuthority authority = await LoginAuthority.StartAsync(
            new IdentityOptions { Certificates = [new CertificateMapping([_authority.Certificate])], FailureLimits = new FailureLimits { PerAddress = 10 } }, null, _clock);
        Assert.That(authority.AsksForCertificates, Is.True);
        for (int i = 0; i < 10; i++)
            authority.VerifyCertificate(Door.Attempt("alice"), expired, []);
        Assert.That(authority.VerifyCertificate(Door.Attempt("alice"), _authority.Issue("CN=alice"), [])!.Denied().IsThrottled, Is.True);
    }

    [Test]
    public async Task Without_mappings_nobody_is_asked_for_a_certificate()
    {
        await using Door door = await Door.WithUsersAsync();
        Assert.That(door.Authority.AsksForCertificates, Is.False);
        Assert.That(door.Authority.VerifyCertificate(Door.Attempt("alice"), _authority.Issue("CN=alice"), []), Is.Null);
    }

    private Task<LoginOutcome?> LogInAsync(CertificateMapping mapping, X509Certificate2 certificate, params X509Certificate2[] sent) =>
        LogInAsync([mapping], certificate, sent);

    private async Task<LoginOutcome?> LogInAsync(CertificateMapping[] mappings, X509Certificate2 certificate, params X509Certificate2[] sent)
    {
        await using LoginAuthority authority = await LoginAuthority.StartAsync(new IdentityOptions { Certificates = [.. mappings] }, null, _clock);
        return authority.VerifyCertificate(Door.Attempt("whoever"), certificate, [.. sent]);
    }
}
