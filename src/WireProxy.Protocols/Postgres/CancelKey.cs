using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>
/// The lengths of the secret that BackendKeyData hands out and CancelRequest brings back. Protocol 3.0 has exactly 4 bytes;
/// 3.2 has 4 to 256, of which PostgreSQL 18 sends 32.
/// </summary>
public static class CancelKey
{
    public const int MinimumLength = 4;
    public const int MaximumLength = 256;

    internal static ByteString Read(scoped ref WireReader reader)
    {
        if (reader.Remaining is < MinimumLength or > MaximumLength)
            throw new ProtocolException("A cancel key is shorter than 4 or longer than 256 bytes.");
        return new ByteString(reader.ReadBytes(reader.Remaining));
    }

    internal static void Write(WireWriter writer, ByteString key)
    {
        if (key.Length is < MinimumLength or > MaximumLength)
            throw new ArgumentException("A cancel key has 4 to 256 bytes.", nameof(key));
        writer.WriteBytes(key.Span);
    }
}
