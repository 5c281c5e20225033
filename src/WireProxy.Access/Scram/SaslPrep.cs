using System.Security.Cryptography;
using System.Text;

namespace WireProxy.Access;

/// <summary>
/// SASLprep (RFC 4013) as PostgreSQL's servers and clients do it (src/common/saslprep.c), or else a password would not fit its own verifier:
/// what is not UTF-8 or holds prohibited characters is used as it is, and it is the mapped text, not the normalized one, that is looked
/// through for them.
/// </summary>
internal static class SaslPrep
{
    /// <returns>UTF-8, which the caller wipes.</returns>
    public static byte[] Prepare(ReadOnlySpan<byte> password)
    {
        if (Ascii.IsValid(password)) return password.ToArray();
        int[] mapped = [];
        int[] normalized = [];
        try
        {
            mapped = Map(password);
            if (mapped.Length == 0 || !IsAllowed(mapped)) return password.ToArray();
            normalized = Normalization.Nfkc(mapped);
            return Encode(normalized);
        }
        finally
        {
            Array.Clear(mapped);
            Array.Clear(normalized);
        }
    }

    /// <summary>RFC 4013, section 2.1, as code points.</summary>
    /// <returns>Empty where it is not UTF-8, or nothing is left.</returns>
    private static int[] Map(ReadOnlySpan<byte> utf8)
    {
        int[] mapped = new int[utf8.Length];
        int count = 0;
        while (!utf8.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(utf8, out Rune rune, out int length) != System.Buffers.OperationStatus.Done) return [];
            utf8 = utf8[length..];
            if (UnicodeTables.Instance.Space.Contains(rune.Value)) mapped[count++] = ' ';
            else if (!UnicodeTables.Instance.Nothing.Contains(rune.Value)) mapped[count++] = rune.Value;
        }
        int[] exact = mapped[..count];
        Array.Clear(mapped);
        return exact;
    }

    /// <summary>RFC 4013, sections 2.3 to 2.5; RFC 3454, section 6.</summary>
    private static bool IsAllowed(ReadOnlySpan<int> text)
    {
        UnicodeTables tables = UnicodeTables.Instance;
        bool hasRightToLeft = false;
        bool hasLeftToRight = false;
        foreach (int code in text)
        {
            if (tables.Prohibited.Contains(code) || tables.Unassigned.Contains(code)) return false;
            hasRightToLeft |= tables.RightToLeft.Contains(code);
            hasLeftToRight |= tables.LeftToRight.Contains(code);
        }
        return !hasRightToLeft || (!hasLeftToRight && tables.RightToLeft.Contains(text[0]) && tables.RightToLeft.Contains(text[^1]));
    }

    private static byte[] Encode(ReadOnlySpan<int> text)
    {
        byte[] utf8 = new byte[4 * text.Length];
        int length = 0;
        foreach (int code in text)
            length += new Rune(code).EncodeToUtf8(utf8.AsSpan(length));
        byte[] exact = utf8[..length];
        CryptographicOperations.ZeroMemory(utf8);
        return exact;
    }
}
