using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace WireProxy.Access.Tests.Certificates;

/// <summary>A certificate authority that signs what a test wants.</summary>
internal sealed class Authority
{
    public const string ClientAuth = "1.3.6.1.5.5.7.3.2";
    public const string ServerAuth = "1.3.6.1.5.5.7.3.1";

    private readonly DateTimeOffset _now;

    private Authority(X509Certificate2 certificate, DateTimeOffset now) => (Certificate, _now) = (certificate, now);

    public X509Certificate2 Certificate { get; }

    public static Authority New(DateTimeOffset now, string name = "Clinic authority")
    {
        var request = new CertificateRequest($"CN={name}", ECDsa.Create(ECCurve.NamedCurves.nistP256), HashAlgorithmName.SHA256);
        BeAuthority(request);
        return new Authority(request.CreateSelfSigned(now.AddDays(-30), now.AddDays(30)), now);
    }

    /// <summary>An intermediate authority of this one.</summary>
    public Authority Intermediate(int days = 20)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Intermediate", key, HashAlgorithmName.SHA256);
        BeAuthority(request);
        X509Certificate2 signed = request.Create(Certificate, _now.AddDays(-10), _now.AddDays(days), RandomNumberGenerator.GetBytes(8));
        return new Authority(signed.CopyWithPrivateKey(key), _now);
    }

    public X509Certificate2 Issue(
        string subject, double days = 5, string? usage = ClientAuth, Action<SubjectAlternativeNameBuilder>? names = null, double from = -5) =>
        Issue(new X500DistinguishedName(subject), days, usage, names, from);

    /// <param name="days">Until it expires; its life began five days ago.</param>
    /// <param name="usage">Null: it does not say.</param>
    public X509Certificate2 Issue(
        X500DistinguishedName subject, double days = 5, string? usage = ClientAuth, Action<SubjectAlternativeNameBuilder>? names = null, double from = -5)
    {
        var request = new CertificateRequest(subject, ECDsa.Create(ECCurve.NamedCurves.nistP256), HashAlgorithmName.SHA256);
        if (usage is not null)
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        if (names is not null)
        {
            var builder = new SubjectAlternativeNameBuilder();
            names(builder);
            request.CertificateExtensions.Add(builder.Build());
        }
        return request.Create(Certificate, _now.AddDays(from), _now.AddDays(days), RandomNumberGenerator.GetBytes(8));
    }

    private static void BeAuthority(CertificateRequest request)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
    }
}
