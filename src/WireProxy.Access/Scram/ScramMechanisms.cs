using System.Security.Cryptography;
using System.Text;

namespace WireProxy.Access;

/// <summary>The SASL mechanisms of RFC 7677.</summary>
public static class ScramMechanisms
{
    public const string Plain = "SCRAM-SHA-256";
    /// <summary>With channel binding <c>tls-server-end-point</c> (RFC 5929, section 4).</summary>
    public const string Plus = "SCRAM-SHA-256-PLUS";

    internal const string BindingName = "tls-server-end-point";

    // 18 bytes are 24 characters of base64 without padding, as PostgreSQL does it.
    internal static string NewNonce() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(18));

    /// <summary>The value of <c>c=</c>: the GS2 header and, for -PLUS, what the channel is bound to (RFC 5802, section 7).</summary>
    internal static byte[] BindingInput(ReadOnlySpan<byte> gs2Header, ReadOnlySpan<byte> endPoint) =>
        Encoding.ASCII.GetBytes(Convert.ToBase64String([.. gs2Header, .. endPoint]));
}
