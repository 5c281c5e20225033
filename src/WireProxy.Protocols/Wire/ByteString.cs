using System.Text;

namespace WireProxy.Protocols.Wire;

/// <summary>
/// An immutable run of bytes taken out of a message, compared by value: a string in the session's encoding, a key, a token.
/// The bytes are kept as they came, because PostgreSQL's strings need not be UTF-8. <see cref="ToString"/> gives the length
/// and never the content, so that a record that holds a password can be logged by mistake without harm; who wants the
/// content asks for <see cref="Text"/> or <see cref="Span"/>.
/// </summary>
public readonly struct ByteString : IEquatable<ByteString>
{
    private readonly byte[]? _bytes;

    /// <summary>Copies the bytes.</summary>
    public ByteString(ReadOnlySpan<byte> bytes) => _bytes = bytes.ToArray();

    public int Length => _bytes?.Length ?? 0;

    public ReadOnlySpan<byte> Span => _bytes;

    public ReadOnlyMemory<byte> Memory => _bytes;

    /// <summary>The bytes as UTF-8; what is not UTF-8 becomes U+FFFD, so compare bytes where it matters.</summary>
    public string Text => Encoding.UTF8.GetString(Span);

    public static ByteString FromText(string text) => new(Encoding.UTF8.GetBytes(text));

    public static implicit operator ByteString(string text) => FromText(text);

    public static bool operator ==(ByteString left, ByteString right) => left.Equals(right);

    public static bool operator !=(ByteString left, ByteString right) => !left.Equals(right);

    public bool Equals(ByteString other) => Span.SequenceEqual(other.Span);

    public override bool Equals(object? obj) => obj is ByteString other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    /// <summary>The length only: content never reaches a log by way of a record's printed form.</summary>
    public override string ToString() => $"[{Length} bytes]";
}
