using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using WireProxy.Access;

namespace WireProxy.Fuzz.Access;

/// <summary>The names of a damaged certificate: read or refused.</summary>
internal static class CertificateOracle
{
    // Self-signed, RSA with PSS, with an e-mail address, a DNS name and a SPIFFE URI; openssl req -x509 made it. Fixed, so that a seed means one input.
    public static readonly byte[] Certificate = Convert.FromBase64String(
        "MIIDADCCAjWgAwIBAgIUROVsPKYTh/bCWj9CXm1M2gYTQjUwQQYJKoZIhvcNAQEKMDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgB"
        + "ZQMEAgEFAKIDAgEgMDExDzANBgNVBAoMBkNsaW5pYzEOMAwGA1UECwwFTmlnaHQxDjAMBgNVBAMMBWFsaWNlMB4XDTI2MTEyMDEyNDIzMloXDTM2MTExNzEy"
        + "NDIzMlowMTEPMA0GA1UECgwGQ2xpbmljMQ4wDAYDVQQLDAVOaWdodDEOMAwGA1UEAwwFYWxpY2UwgZ8wDQYJKoZIhvcNAQEBBQADgY0AMIGJAoGBAL1tUp2U"
        + "cZG6JUxA3gaobCzjmbEoont3TOir1rmws1nT4ymGbTIfop49GV7kvKrjYnAW1LisnSBG22O904IQOhYa9JCaW7vfSCTrDZ1c4uSVaNDzEhDy441joogBzD0d"
        + "c7GCaPCe6gNjALbqbPzpyKhF0jQrUPKDQFNBQvTMX7y5AgMBAAGjgawwgakwHQYDVR0OBBYEFHHSQ/Gipp862j6nsPvepPzEE9q8MB8GA1UdIwQYMBaAFHHS"
        + "Q/Gipp862j6nsPvepPzEE9q8MA8GA1UdEwEB/wQFMAMBAf8wVgYDVR0RBE8wTYEUYWxpY2VAY2xpbmljLmV4YW1wbGWCFGFsaWNlLmNsaW5pYy5leGFtcGxl"
        + "hh9zcGlmZmU6Ly9jbGluaWMuZXhhbXBsZS9hZ2VudC9hMEEGCSqGSIb3DQEBCjA0oA8wDQYJYIZIAWUDBAIBBQChHDAaBgkqhkiG9w0BAQgwDQYJYIZIAWUD"
        + "BAIBBQCiAwIBIAOBgQBgoChS1ilC3ZlRiNrwyV+CLwqSx21j9Q9u4h+uty3thJGSdcEF9eb1AM8b1GOrfJB63MWBDNRdJuB4IGr0TiYR4b07JxyNlGMGrH+o"
        + "QEf1Yu/nNKbXHxqMW6m9iS2/sk92c0sxVuH/+JNSRd/AwlWFQVDYNALrXVqC5PqeVPNpKg==");

    public static string? Check(byte[] der)
    {
        X509Certificate2 certificate;
        try
        {
            certificate = X509CertificateLoader.LoadCertificate(der);
        }
        catch (CryptographicException)
        {
            return null;
        }
        using (certificate)
        {
            ChannelBinding.TlsServerEndPoint(certificate);
            foreach (CertificateName kind in Enum.GetValues<CertificateName>())
                if (Problem(certificate, kind) is { } problem)
                    return problem;
        }
        return null;
    }

    private static string? Problem(X509Certificate2 certificate, CertificateName kind)
    {
        try
        {
            return CertificateNames.Of(certificate, kind).Any(name => name.Length == 0 || name.Any(char.IsControl))
                ? "a name is empty or holds control characters" : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
