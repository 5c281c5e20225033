using System.Buffers;
using System.Buffers.Text;

namespace WireProxy.Access;

/// <summary>Reads the attributes of a SCRAM message (RFC 5802, section 7) in their fixed order; nothing is left over and nothing is skipped.</summary>
internal ref struct ScramText(ReadOnlySpan<byte> message)
{
    /// <summary>Longer messages are refused before they are read. PostgreSQL's clients send some 100 bytes.</summary>
    public const int LongestMessage = 8 * 1024;

    private readonly ReadOnlySpan<byte> _message = Checked(message);

    /// <summary>Bytes that have been read.</summary>
    public int Position { get; private set; }

    public readonly bool IsAtEnd => Position == _message.Length;

    public readonly bool IsAt(byte name) =>
        Position + 1 < _message.Length && _message[Position] == name && _message[Position + 1] == (byte)'=';

    public byte ReadByte(string missing) => Position < _message.Length ? _message[Position++] : throw new ScramException(missing);

    public void ReadComma(string missing)
    {
        if (ReadByte(missing) != (byte)',') throw new ScramException(missing);
    }

    /// <summary>The value of the attribute <paramref name="name"/>, which must stand here, up to the next comma, which stays.</summary>
    public ReadOnlySpan<byte> ReadValue(byte name, string missing)
    {
        if (!IsAt(name)) throw new ScramException(missing);
        ReadOnlySpan<byte> rest = _message[(Position + 2)..];
        int length = rest.IndexOf((byte)',');
        if (length < 0) length = rest.Length;
        Position += 2 + length;
        return rest[..length];
    }

    /// <summary>1*(printable but comma), RFC 5802's <c>printable</c>.</summary>
    public ReadOnlySpan<byte> ReadNonce()
    {
        ReadOnlySpan<byte> nonce = ReadValue((byte)'r', "the nonce is missing");
        if (nonce.IsEmpty || nonce.ContainsAnyExceptInRange((byte)0x21, (byte)0x7e)) throw new ScramException("the nonce is not printable");
        return nonce;
    }

    /// <summary>An extension that is not mandatory is read over; <c>m=</c> must be refused (RFC 5802, section 5.1).</summary>
    public readonly void RefuseMandatoryExtension()
    {
        if (IsAt((byte)'m')) throw new ScramException("a mandatory extension is not supported");
    }

    /// <summary>An optional extension: a letter, an equals sign, a value.</summary>
    public void SkipExtension()
    {
        if (Position >= _message.Length || !char.IsAsciiLetter((char)_message[Position])) throw new ScramException("an attribute is malformed");
        ReadValue(_message[Position], "an attribute is malformed");
    }

    /// <exception cref="ScramException">It is not the one base64 text of some bytes.</exception>
    public static byte[] FromBase64(ReadOnlySpan<byte> text, string wrong)
    {
        byte[] bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        if (Base64.DecodeFromUtf8(text, bytes, out _, out int length) != OperationStatus.Done) throw new ScramException(wrong);
        // The decoder reads over white space and over bits that belong to no byte.
        Span<byte> again = new byte[Base64.GetMaxEncodedToUtf8Length(length)];
        Base64.EncodeToUtf8(bytes.AsSpan(0, length), again, out _, out _);
        return text.SequenceEqual(again) ? bytes[..length] : throw new ScramException(wrong);
    }

    private static ReadOnlySpan<byte> Checked(ReadOnlySpan<byte> message) =>
        message.Length <= LongestMessage ? message : throw new ScramException("the message is too long");
}
