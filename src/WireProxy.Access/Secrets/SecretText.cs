using System.Security.Cryptography;
using System.Text;

namespace WireProxy.Access;

internal static class SecretText
{
    /// <summary>Of text that somebody else keeps as a string already.</summary>
    public static Secret FromText(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return FromBytes(utf8, utf8.Length);
    }

    /// <summary>Takes what has been read and wipes it.</summary>
    public static Secret FromBytes(byte[] buffer, int length)
    {
        try
        {
            return new Secret(buffer.AsSpan(0, length));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    /// <summary>Length without one newline at the end (LF or CRLF), which editors and shells put there.</summary>
    public static int LengthWithoutNewline(ReadOnlySpan<byte> text)
    {
        if (!text.EndsWith("\n"u8)) return text.Length;
        return text.EndsWith("\r\n"u8) ? text.Length - 2 : text.Length - 1;
    }
}
