using System.Text;
using WireProxy.Policy;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Postgres.Masking;

namespace WireProxy.Relay.Tests.Postgres.Masking;

/// <summary>Short ways to mask single values in tests.</summary>
internal static class Masked
{
    public const uint Int4Array = 1007, TextArray = 1009;

    /// <summary>The masked value in text, or null for NULL.</summary>
    public static string? Text(Mask mask, uint typeId, string value) =>
        Bytes(mask, typeId, false, Encoding.UTF8.GetBytes(value)) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    /// <summary>The masked value in binary as hexadecimal digits, or null for NULL.</summary>
    public static string? Binary(Mask mask, uint typeId, string hex) =>
        Bytes(mask, typeId, true, Convert.FromHexString(hex)) is { } bytes ? Convert.ToHexStringLower(bytes) : null;

    public static byte[]? Bytes(Mask mask, uint typeId, bool binary, ReadOnlySpan<byte> value)
    {
        using WireWriter writer = new();
        writer.WriteBytes("before"u8);
        bool written = ValueMasker.TryMask(mask, typeId, binary, value, writer);
        byte[] result = writer.WrittenSpan[6..].ToArray();
        Assert.That(written || result.Length == 0, "something was written of a value that has no mask");
        return written ? result : null;
    }

    public static Mask Parse(string mask) => mask.Split(' ') switch
    {
        ["redact"] => Mask.Redact,
        ["null"] => Mask.Null,
        ["hash"] => Mask.Hash,
        ["year"] => Mask.Year,
        ["zip3"] => Mask.Zip3,
        ["keep_last", var n] => new Mask.KeepLast(int.Parse(n)),
        ["keep_first", var n] => new Mask.KeepFirst(int.Parse(n)),
        ["constant", ..] => new Mask.Constant(mask[9..]),
        _ => throw new ArgumentException(mask),
    };
}
