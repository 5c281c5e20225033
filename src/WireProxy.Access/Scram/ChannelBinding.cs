using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace WireProxy.Access;

/// <summary>What a TLS connection is known by inside of it.</summary>
public static class ChannelBinding
{
    private const string RsaPss = "1.2.840.113549.1.1.10";

    /// <summary>
    /// <c>tls-server-end-point</c> (RFC 5929, section 4.1): the server's certificate, hashed with the hash of its own signature; SHA-256
    /// where that is MD5 or SHA-1.
    /// </summary>
    /// <returns>Empty where the signature has no hash of its own (Ed25519, Ed448) or an unknown one: RFC 5929 leaves the binding
    /// undefined, libpq refuses it too, and -PLUS must not be offered.</returns>
    public static byte[] TlsServerEndPoint(X509Certificate2 certificate)
    {
        string algorithm = certificate.SignatureAlgorithm.Value ?? "";
        HashAlgorithmName? hash = algorithm == RsaPss ? HashOfPss(certificate.RawDataMemory) : HashOfSignature(algorithm);
        return hash is { } name ? CryptographicOperations.HashData(name, certificate.RawDataMemory.Span) : [];
    }

    private static HashAlgorithmName? HashOfSignature(string algorithm) => algorithm switch
    {
        "1.2.840.113549.1.1.4" or "1.2.840.113549.1.1.5" => HashAlgorithmName.SHA256, // RSA with MD5, with SHA-1
        "1.2.840.10045.4.1" or "1.2.840.10040.4.3" => HashAlgorithmName.SHA256,       // ECDSA, DSA with SHA-1
        "1.2.840.113549.1.1.11" or "1.2.840.10045.4.3.2" or "2.16.840.1.101.3.4.3.2" => HashAlgorithmName.SHA256,
        "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" => HashAlgorithmName.SHA384,
        "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" => HashAlgorithmName.SHA512,
        _ => null,
    };

    /// <summary>RSASSA-PSS-params (RFC 4055, section 3.1): hashAlgorithm is [0], SHA-1 where it is absent.</summary>
    private static HashAlgorithmName? HashOfPss(ReadOnlyMemory<byte> certificate)
    {
        try
        {
            return ReadHashOfPss(certificate);
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    private static HashAlgorithmName? ReadHashOfPss(ReadOnlyMemory<byte> certificate)
    {
        AsnReader fields = new AsnReader(certificate, AsnEncodingRules.DER).ReadSequence();
        fields.ReadEncodedValue(); // tbsCertificate
        AsnReader algorithm = fields.ReadSequence();
        algorithm.ReadObjectIdentifier();
        var hashTag = new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true);
        if (!algorithm.HasData) return HashAlgorithmName.SHA256;
        AsnReader parameters = algorithm.ReadSequence();
        if (!parameters.HasData || parameters.PeekTag() != hashTag) return HashAlgorithmName.SHA256;
        return parameters.ReadSequence(hashTag).ReadSequence().ReadObjectIdentifier() switch
        {
            "1.3.14.3.2.26" or "2.16.840.1.101.3.4.2.1" => HashAlgorithmName.SHA256,
            "2.16.840.1.101.3.4.2.2" => HashAlgorithmName.SHA384,
            "2.16.840.1.101.3.4.2.3" => HashAlgorithmName.SHA512,
            _ => null,
        };
    }
}
