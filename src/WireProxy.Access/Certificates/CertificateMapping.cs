using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;

namespace WireProxy.Access;

/// <summary>Which part of a certificate becomes <see cref="Identity.Name"/>.</summary>
public enum CertificateName
{
    /// <summary>The subject's common name; it must have exactly one.</summary>
    CommonName,
    /// <summary>The subject alternative name of type rfc822Name; exactly one.</summary>
    Email,
    /// <summary>The subject alternative name of type dNSName; exactly one.</summary>
    Dns,
    /// <summary>The subject alternative name of type URI, as SPIFFE uses it; exactly one.</summary>
    Uri,
    /// <summary>The subject alternative name of Windows' logins with a smart card, userPrincipalName (otherName 1.3.6.1.4.1.311.20.2.3); exactly one.</summary>
    PrincipalName,
    /// <summary>The whole subject (RFC 4514).</summary>
    Subject,
}

/// <summary>
/// One of <c>identity.certificates</c>: whose certificates are taken. A certificate is valid now, has the extended key usage clientAuth
/// (1.3.6.1.5.5.7.3.2) and a chain to <paramref name="Authorities"/>, which alone are trusted. Revocation lists and OCSP are not asked:
/// give certificates a short life, or take their authority away.
/// </summary>
/// <param name="Authorities">Roots, at least one; intermediates may stand with them.</param>
public sealed record CertificateMapping(ImmutableArray<X509Certificate2> Authorities)
{
    /// <summary>Default: the common name.</summary>
    public CertificateName Name { get; init; } = CertificateName.CommonName;

    /// <summary>The name must begin with this (<c>spiffe://example.org/</c>), else another mapping is tried. Default: any name.</summary>
    public string NamePrefix { get; init; } = "";

    /// <summary>Of everybody of this mapping.</summary>
    public ImmutableArray<string> Groups { get; init; } = [];

    /// <summary>The subject's organizational units are groups too. Default: no.</summary>
    public bool GroupsFromUnits { get; init; }

    /// <summary>The subject's fixed agent (<see cref="Identity.Agent"/>) is its own name, for certificates of programs. Default: no.</summary>
    public bool IsAgent { get; init; }
}
