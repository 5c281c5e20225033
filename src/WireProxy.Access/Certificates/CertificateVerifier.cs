using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace WireProxy.Access;

/// <summary>What a mapping says of a certificate.</summary>
internal abstract record CertificateVerdict
{
    /// <summary>Who it is, and until when the certificate is valid.</summary>
    public sealed record Taken(Identity Identity, DateTimeOffset Ends) : CertificateVerdict;

    /// <summary>It comes from the mapping's authorities, and is not accepted.</summary>
    public sealed record Refused(string Reason) : CertificateVerdict;
}

/// <summary>Checks certificates against the mappings of <c>identity.certificates</c>.</summary>
internal sealed class CertificateVerifier(ImmutableArray<CertificateMapping> mappings, TimeProvider clock)
{
    private const string ClientAuth = "1.3.6.1.5.5.7.3.2";

    public bool HasMappings => !mappings.IsDefaultOrEmpty;

    /// <returns>Null: no mapping has to do with it. The first that takes it decides, else the first that refuses it.</returns>
    public CertificateVerdict? Verify(X509Certificate2 certificate, X509Certificate2Collection sent)
    {
        CertificateVerdict? refused = null;
        foreach (CertificateMapping mapping in mappings)
        {
            CertificateVerdict? verdict = Verify(mapping, certificate, sent);
            if (verdict is CertificateVerdict.Taken) return verdict;
            refused ??= verdict;
        }
        return refused;
    }

    private CertificateVerdict? Verify(CertificateMapping mapping, X509Certificate2 certificate, X509Certificate2Collection sent)
    {
        using X509Chain chain = ChainTo(mapping.Authorities, sent);
        bool isValid = chain.Build(certificate);
        X509ChainStatusFlags problems = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, status) => all | status.Status);
        try
        {
            if ((problems & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0) return null;
            if (problems.HasFlag(X509ChainStatusFlags.NotTimeValid)) return new CertificateVerdict.Refused("the certificate, or one above it, is expired or not yet valid");
            if (!isValid) return new CertificateVerdict.Refused("the certificate's chain is not valid");
            if (!HasClientAuth(certificate)) return new CertificateVerdict.Refused("the certificate lacks the extended key usage clientAuth");
            return Identify(mapping, certificate, chain);
        }
        finally
        {
            foreach (X509ChainElement element in chain.ChainElements)
                element.Certificate.Dispose();
        }
    }

    private static CertificateVerdict? Identify(CertificateMapping mapping, X509Certificate2 certificate, X509Chain chain)
    {
        try
        {
            if (CertificateNames.Of(certificate, mapping.Name) is not [var name])
                return new CertificateVerdict.Refused("the certificate has no name of the configured kind, or several");
            if (!name.StartsWith(mapping.NamePrefix, StringComparison.Ordinal)) return null;
            IEnumerable<string> groups = mapping.GroupsFromUnits ? mapping.Groups.Concat(CertificateNames.Units(certificate)) : mapping.Groups;
            var identity = new Identity(name, [.. groups.Distinct(StringComparer.Ordinal)], chain.ChainElements[^1].Certificate.Subject, ProofKind.Certificate)
            {
                Agent = mapping.IsAgent ? name : null,
                CertificateFingerprint = certificate.GetCertHashString(HashAlgorithmName.SHA256),
            };
            // A chain is as long valid as the first of it to expire.
            DateTime ends = chain.ChainElements.Min(element => element.Certificate.NotAfter);
            return new CertificateVerdict.Taken(identity, new DateTimeOffset(ends));
        }
        catch (FormatException)
        {
            return new CertificateVerdict.Refused("the certificate's names are malformed");
        }
    }

    private X509Chain ChainTo(ImmutableArray<X509Certificate2> authorities, X509Certificate2Collection sent)
    {
        var chain = new X509Chain();
        X509ChainPolicy policy = chain.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        foreach (X509Certificate2 authority in authorities)
            policy.CustomTrustStore.Add(authority);
        policy.ExtraStore.AddRange(sent);
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.ApplicationPolicy.Add(new Oid(ClientAuth));
        // An unknown client must not make us fetch what its certificate names.
        policy.DisableCertificateDownloads = true;
        policy.VerificationTimeIgnored = false;
        policy.VerificationTime = clock.GetUtcNow().LocalDateTime;
        return chain;
    }

    /// <summary>Stated, and not only not excluded: a certificate of the same authority for something else must not open a session.</summary>
    private static bool HasClientAuth(X509Certificate2 certificate) => certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>()
        .Any(extension => extension.EnhancedKeyUsages.Cast<Oid>().Any(usage => usage.Value == ClientAuth));
}
