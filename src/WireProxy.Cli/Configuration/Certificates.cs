using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace WireProxy.Cli.Configuration;

/// <summary>PEM files that a configuration names. What cannot be used is reported where it is named.</summary>
internal static class Certificates
{
    /// <summary>A certificate with its key, and the intermediates that follow it in its file.</summary>
    public static (X509Certificate2 Certificate, X509Certificate2Collection Chain)? WithKey(
        Section section, string certificateKey, string keyKey)
    {
        var certificatePath = section.RequiredText(certificateKey);
        var keyPath = section.RequiredText(keyKey);
        if (certificatePath is null || keyPath is null)
            return null;
        var all = Import(section, certificateKey, certificatePath);
        var key = Pem(section, keyKey, keyPath);
        if (all is null || key is null)
            return null;
        try
        {
            using var leaf = all[0];
            var certificate = X509Certificate2.CreateFromPem(leaf.ExportCertificatePem(), key);
            all.RemoveAt(0);
            if (certificate.NotAfter < TimeProvider.System.GetLocalNow())
                section.Warning(certificateKey, $"the certificate expired on {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}");
            return (certificate, all);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            section.Error(keyKey, $"is no private key of the certificate: {exception.Message}");
            return null;
        }
    }

    /// <summary>Certificates that are trusted.</summary>
    public static X509Certificate2Collection? Roots(Section section, string key) =>
        section.Text(key) is { } path ? Import(section, key, path) : null;

    /// <summary>An ECDSA P-256 private key in PKCS#8.</summary>
    public static ECDsa? SigningKey(Section section, string key)
    {
        if (section.Text(key) is not { } path || Pem(section, key, path) is not { } pem)
            return null;
        var ecdsa = ECDsa.Create();
        try
        {
            ecdsa.ImportFromPem(pem);
            if (ecdsa.KeySize == 256 && ecdsa.ExportParameters(includePrivateParameters: true).D is not null)
                return ecdsa;
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
        }
        ecdsa.Dispose();
        section.Error(key, $"{path} holds no ECDSA P-256 private key in PKCS#8; 'wireproxy keys new' makes one");
        return null;
    }

    private static X509Certificate2Collection? Import(Section section, string key, string path)
    {
        var collection = new X509Certificate2Collection();
        try
        {
            if (Pem(section, key, path) is not { } pem)
                return null;
            collection.ImportFromPem(pem);
            if (collection.Count > 0)
                return collection;
            section.Error(key, $"{path} holds no certificate in PEM form");
        }
        catch (CryptographicException exception)
        {
            section.Error(key, $"{path} cannot be used: {exception.Message}");
        }
        return null;
    }

    private static string? Pem(Section section, string key, string path)
    {
        try
        {
            return File.ReadAllText(section.File.Resolve(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            section.Error(key, $"cannot be read: {exception.Message}");
            return null;
        }
    }
}
