using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace WireProxy.TestKit;

/// <summary>A certificate authority and what it signed, as PEM files in one directory. Valid for a day.</summary>
public sealed class TestCertificates
{
    // Extended key usages (RFC 5280, section 4.2.1.12).
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2 _authority;
    private readonly string _directory;

    public TestCertificates(string directory)
    {
        _directory = directory;
        using RSA key = RSA.Create(2048);
        var request = new CertificateRequest($"CN=WireProxy test authority {Guid.NewGuid():N}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(AuthorityFile, _authority.ExportCertificatePem());
    }

    /// <summary>The authority's certificate, what a client puts into sslrootcert.</summary>
    public string AuthorityFile => Path.Combine(_directory, "ca.pem");

    /// <summary>Makes <c>NAME.crt</c> and <c>NAME.key</c> for the given host names and addresses.</summary>
    /// <returns>The two files' paths.</returns>
    public (string Certificate, string Key) Issue(string name, params string[] hosts)
    {
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (string host in hosts)
        {
            if (IPAddress.TryParse(host, out IPAddress? address)) alternatives.AddIpAddress(address);
            else alternatives.AddDnsName(host);
        }
        return Sign(name, hosts[0], ServerAuthentication, alternatives.Build());
    }

    /// <summary>Makes <c>NAME.crt</c> and <c>NAME.key</c> for a client with this common name.</summary>
    /// <returns>The two files' paths.</returns>
    public (string Certificate, string Key) IssueToClient(string name, string commonName) => Sign(name, commonName, ClientAuthentication);

    /// <summary>SHA-256 of a certificate in hexadecimal digits.</summary>
    public static string FingerprintOf(string certificateFile)
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificateFromFile(certificateFile);
        return certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant();
    }

    private (string Certificate, string Key) Sign(string name, string commonName, string usage, params X509Extension[] extensions)
    {
        using RSA key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={commonName}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        foreach (X509Extension extension in extensions)
            request.CertificateExtensions.Add(extension);
        using X509Certificate2 certificate = request.Create(
            _authority, _authority.NotBefore, _authority.NotAfter, RandomNumberGenerator.GetBytes(12));

        string certificateFile = Path.Combine(_directory, name + ".crt");
        string keyFile = Path.Combine(_directory, name + ".key");
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(keyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return (certificateFile, keyFile);
    }
}
