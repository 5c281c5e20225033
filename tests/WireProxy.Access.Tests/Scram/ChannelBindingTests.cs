using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace WireProxy.Access.Tests.Scram;

public sealed class ChannelBindingTests
{
    [Test]
    public void The_certificate_is_hashed_as_its_signature_is([Values("SHA256", "SHA384", "SHA512")] string hash, [Values("pkcs1", "pss", "ecdsa")] string kind)
    {
        using X509Certificate2 certificate = SelfSigned(kind, new HashAlgorithmName(hash));
        byte[] expected = CryptographicOperations.HashData(new HashAlgorithmName(hash), certificate.RawData);
        Assert.That(ChannelBinding.TlsServerEndPoint(certificate), Is.EqualTo(expected));
    }

    // openssl req -x509: EC with -sha1; RSA with -sha1 and rsa_padding_mode:pss, which leaves the hash out of its parameters; RSA with -md5.
    [TestCase("MIIBazCCARKgAwIBAgIUagNi+PQOhD+g2jo/zJW5mQD5j5wwCQYHKoZIzj0EATAM"
        + "MQowCAYDVQQDDAF4MB4XDTI2MTEyMDEyMTI1NloXDTM2MTExNzEyMTI1NlowDDEK"
        + "MAgGA1UEAwwBeDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABOdJsgdtLzQo1U9Q"
        + "wERi314u0zw0Z9PgB/szziXlA4633icX+LwdPRszeDkaQCMdbubtRBYTNyd2sT9A"
        + "Bvffe+GjUzBRMB0GA1UdDgQWBBQ63j4B9SSdpb5oQYUHZso/PZ6urjAfBgNVHSME"
        + "GDAWgBQ63j4B9SSdpb5oQYUHZso/PZ6urjAPBgNVHRMBAf8EBTADAQH/MAkGByqG"
        + "SM49BAEDSAAwRQIhAOTerUYkstEb8uQKucS7Z2WgXQbzOk5f+w3CWZ8ojgc+AiBf"
        + "uT+c//7Qw3oaC3qinmQEWtLJwdpVhqhpnuwV1DZErw==", TestName = "ECDSA with SHA-1 is replaced by SHA-256")]
    [TestCase("MIIB9DCCAV2gAwIBAgIUSU+m+XQqdwBHOD8AhhTui5tBfTwwDQYJKoZIhvcNAQEK"
        + "MAAwDDEKMAgGA1UEAwwBeDAeFw0yNjExMjAxMjEyNTZaFw0zNjExMTcxMjEyNTZa"
        + "MAwxCjAIBgNVBAMMAXgwgZ8wDQYJKoZIhvcNAQEBBQADgY0AMIGJAoGBAOBcF35J"
        + "L6xbG5IRQzAxDVS2MLYPIHcls1QdEalBYOSkDNPh+CPBonXw/uKse2c0m4shO29I"
        + "iyssl24HRtkfzwiWSW2JprCqlLASHZB5eoidaoMyN0XeLr0EuZIi/6XXFK2EnCYv"
        + "FUvOAaJT8LuM6F9jfbN4mdrhHB43pjSuSmRTAgMBAAGjUzBRMB0GA1UdDgQWBBQJ"
        + "6oyESeb6J9j39Tpbnc3wOtKGZDAfBgNVHSMEGDAWgBQJ6oyESeb6J9j39Tpbnc3w"
        + "OtKGZDAPBgNVHRMBAf8EBTADAQH/MA0GCSqGSIb3DQEBCjAAA4GBAJG8SH8IPSz6"
        + "Ra9elYfF9LIiqDa+yKwnvUaCRxR4ZDKZksKw/dKFbL19guvFAei7aceH+BRG/85E"
        + "+yv3W2ITzK7cQAVNdjCD2/I+nbS60hV9dRWL3r4+B/GJqtOJne9zkCI5opN3IJrE"
        + "JMGMoG0lO7Lh0cbVTBW2okf4V0ylrE8i", TestName = "PSS with SHA-1 is replaced by SHA-256")]
    [TestCase("MIIB9DCCAV2gAwIBAgIUD4D46RZLtwxWZ2IWQAIQ3c6OIn4wDQYJKoZIhvcNAQEE"
        + "BQAwDDEKMAgGA1UEAwwBeDAeFw0yNjExMjAxMjEyNTZaFw0zNjExMTcxMjEyNTZa"
        + "MAwxCjAIBgNVBAMMAXgwgZ8wDQYJKoZIhvcNAQEBBQADgY0AMIGJAoGBAKqKAewD"
        + "kvjD1e2V+rh1CqIgcZpGHcXoZ0asz8PcV5SDoC7aRf1oJdSujIFMeewoAXB48UuA"
        + "T55H3h5w52RiyDazkZ8fUd92QDwJmoQg9SWMElIjKe+Y1YvuHWr/mG0qDCRzZS+g"
        + "+AwoUUgMVjoS0e3TaJlBVU3/+G9t5xRf4WG9AgMBAAGjUzBRMB0GA1UdDgQWBBQb"
        + "fQFB3x6OWF3pflwmeFepykvoMTAfBgNVHSMEGDAWgBQbfQFB3x6OWF3pflwmeFep"
        + "ykvoMTAPBgNVHRMBAf8EBTADAQH/MA0GCSqGSIb3DQEBBAUAA4GBAG7CHpzNZsUK"
        + "Jf2NzHinVsO7AhSe4Ie6gDayX/iCvYtulK8pTrff8kw1Kzt2f1SOO6rHqyVK4Lyq"
        + "n1/jeTgupnYxYB9+GetRpAKpKmJcWeOJS+QxfcbCYmCBWPFOue9D1dSzPLqwC4ui"
        + "jRk2ivSXdtz9euV/Zra3oCTfawoXrw5q", TestName = "RSA with MD5 is replaced by SHA-256")]
    public void A_weak_hash_is_replaced_by_SHA256(string base64)
    {
        byte[] raw = Convert.FromBase64String(base64);
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(raw);
        Assert.That(ChannelBinding.TlsServerEndPoint(certificate), Is.EqualTo(SHA256.HashData(raw)));
    }

    [Test]
    public void Ed25519_has_no_hash_so_that_nothing_is_bound()
    {
        // openssl req -x509 -newkey ed25519 -nodes -subj /CN=ed -days 1
        using X509Certificate2 certificate = X509Certificate2.CreateFromPem("""
            -----BEGIN CERTIFICATE-----
            MIIBLjCB4aADAgECAhQqBmt2eAUI8oP82q3R6gCZsPqjUzAFBgMrZXAwDTELMAkG
            A1UEAwwCZWQwHhcNMjYxMTIwMTIxMTIwWhcNMzYxMTE3MTIxMTIwWjANMQswCQYD
            VQQDDAJlZDAqMAUGAytlcAMhAMls7KS8bpR9x/r0ITBHgKcCjWm5R/Kxu2wxrr+l
            XcWpo1MwUTAdBgNVHQ4EFgQU75UdByMtx3SFiVUXb232Ids1AUgwHwYDVR0jBBgw
            FoAU75UdByMtx3SFiVUXb232Ids1AUgwDwYDVR0TAQH/BAUwAwEB/zAFBgMrZXAD
            QQD93x4kpr0zrIkBigLOAQ2TvcW/yl6mXno6jU6Cf0hyIu0xofqJvpK+wyA0yyIX
            S+IiAspQugUyK50QOTjwyKIE
            -----END CERTIFICATE-----
            """);
        Assert.That(ChannelBinding.TlsServerEndPoint(certificate), Is.Empty);
    }

    private static X509Certificate2 SelfSigned(string kind, HashAlgorithmName hash)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        if (kind == "ecdsa")
        {
            using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            return new CertificateRequest("CN=x", ecdsa, hash).CreateSelfSigned(now, now.AddDays(1));
        }
        using var rsa = RSA.Create(2048);
        RSASignaturePadding padding = kind == "pss" ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
        return new CertificateRequest("CN=x", rsa, hash, padding).CreateSelfSigned(now, now.AddDays(1));
    }
}
