using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace WireProxy.Access;

/// <summary>The names in a certificate.</summary>
internal static class CertificateNames
{
    private const string CommonName = "2.5.4.3";
    private const string OrganizationalUnit = "2.5.4.11";
    private const string SubjectAlternativeName = "2.5.29.17";

    private const string UserPrincipalName = "1.3.6.1.4.1.311.20.2.3";

    // GeneralName's choices (RFC 5280, section 4.2.1.6).
    private const int OtherName = 0;
    private const int Rfc822Name = 1;
    private const int DnsName = 2;
    private const int UniformResourceIdentifier = 6;

    /// <summary>Every name of a kind.</summary>
    /// <exception cref="FormatException">The certificate's names are malformed.</exception>
    public static ImmutableArray<string> Of(X509Certificate2 certificate, CertificateName kind)
    {
        ImmutableArray<string> names = kind switch
        {
            CertificateName.CommonName => Subject(certificate, CommonName),
            CertificateName.Email => Alternatives(certificate, Rfc822Name),
            CertificateName.Dns => Alternatives(certificate, DnsName),
            CertificateName.Uri => Alternatives(certificate, UniformResourceIdentifier),
            CertificateName.PrincipalName => Alternatives(certificate, OtherName),
            CertificateName.Subject => [certificate.Subject],
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
        };
        return Checked(names);
    }

    /// <exception cref="FormatException">The certificate's names are malformed.</exception>
    public static ImmutableArray<string> Units(X509Certificate2 certificate) => Checked(Subject(certificate, OrganizationalUnit));

    /// <summary>"alice\0.example.org" is read as alice by some (CVE-2009-2408).</summary>
    private static ImmutableArray<string> Checked(ImmutableArray<string> names) =>
        names.Any(name => name.Length == 0 || name.Any(char.IsControl)) ? throw new FormatException("A name holds control characters.") : names;

    private static ImmutableArray<string> Subject(X509Certificate2 certificate, string type)
    {
        var values = ImmutableArray.CreateBuilder<string>();
        try
        {
            foreach (X500RelativeDistinguishedName part in certificate.SubjectName.EnumerateRelativeDistinguishedNames(reversed: false))
            {
                if (part.HasMultipleElements) throw new FormatException("A part of the subject has several values.");
                if (part.GetSingleElementType().Value == type) values.Add(part.GetSingleElementValue() ?? throw new FormatException("A name is not text."));
            }
        }
        catch (CryptographicException exception)
        {
            throw new FormatException("The subject is malformed.", exception);
        }
        return values.DrainToImmutable();
    }

    private static ImmutableArray<string> Alternatives(X509Certificate2 certificate, int kind)
    {
        var values = ImmutableArray.CreateBuilder<string>();
        var wanted = new Asn1Tag(TagClass.ContextSpecific, kind);
        try
        {
            foreach (X509Extension extension in certificate.Extensions.Where(extension => extension.Oid?.Value == SubjectAlternativeName))
            {
                AsnReader names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
                while (names.HasData)
                {
                    if (!names.PeekTag().HasSameClassAndValue(wanted)) names.ReadEncodedValue();
                    else if (kind != OtherName) values.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, wanted));
                    else if (ReadPrincipal(names.ReadSequence(wanted)) is { } principal) values.Add(principal);
                }
            }
        }
        catch (AsnContentException exception)
        {
            throw new FormatException("The alternative names are malformed.", exception);
        }
        return values.DrainToImmutable();
    }

    /// <returns>Null: an otherName of another type.</returns>
    private static string? ReadPrincipal(AsnReader other)
    {
        if (other.ReadObjectIdentifier() != UserPrincipalName) return null;
        return other.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadCharacterString(UniversalTagNumber.UTF8String);
    }
}
