using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Messages;

/// <summary>
/// A password of LOGIN7. It is not printed: a record that holds one can be logged by mistake without harm. On the wire it is
/// obfuscated, which hides it from nobody (MS-TDS 2.2.6.4).
/// </summary>
public readonly struct LoginSecret(string text) : IEquatable<LoginSecret>
{
    private const byte Pattern = 0xA5;

    private readonly string? _text = text;

    /// <summary>Characters.</summary>
    public int Length => _text?.Length ?? 0;

    /// <summary>The password itself.</summary>
    public string Reveal() => _text ?? "";

    public static bool operator ==(LoginSecret left, LoginSecret right) => left.Equals(right);

    public static bool operator !=(LoginSecret left, LoginSecret right) => !left.Equals(right);

    public bool Equals(LoginSecret other) => string.Equals(Reveal(), other.Reveal(), StringComparison.Ordinal);

    public override bool Equals(object? obj) => obj is LoginSecret other && Equals(other);

    public override int GetHashCode() => Reveal().GetHashCode(StringComparison.Ordinal);

    public override string ToString() => "[secret]";

    internal static LoginSecret Decode(ReadOnlySpan<byte> obfuscated)
    {
        byte[] clear = obfuscated.ToArray();
        foreach (ref byte value in clear.AsSpan())
            value = SwapHalves((byte)(value ^ Pattern));
        var secret = new LoginSecret(TdsText.FromBytes(clear));
        clear.AsSpan().Clear();
        return secret;
    }

    internal void Encode(WireWriter writer)
    {
        foreach (char character in Reveal())
        {
            writer.WriteByte((byte)(SwapHalves((byte)character) ^ Pattern));
            writer.WriteByte((byte)(SwapHalves((byte)(character >> 8)) ^ Pattern));
        }
    }

    private static byte SwapHalves(byte value) => (byte)(value << 4 | value >> 4);
}
