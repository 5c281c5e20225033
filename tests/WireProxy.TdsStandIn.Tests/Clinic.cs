using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace WireProxy.TdsStandIn.Tests;

/// <summary>Servers with a small clinic of invented patients, and a certificate that nobody knows.</summary>
internal static class Clinic
{
    public const string User = "sa";
    public const string Password = "Passw0rd!";

    private static readonly Lazy<X509Certificate2> Issued = new(Issue);

    public static X509Certificate2 Certificate => Issued.Value;

    public static string Script { get; } = ReadScript();

    public static Task<TdsStandInServer> StartAsync(TdsEncryption encryption = TdsEncryption.None) => TdsStandInServer.StartAsync(new TdsStandInOptions
    {
        Script = Script,
        DefaultDatabase = "clinic",
        Encryption = encryption,
        Certificate = encryption == TdsEncryption.None ? null : Certificate,
    });

    private static string ReadScript()
    {
        using var reader = new StreamReader(typeof(Clinic).Assembly.GetManifestResourceStream("clinic.sql")!);
        return reader.ReadToEnd();
    }

    private static X509Certificate2 Issue()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
