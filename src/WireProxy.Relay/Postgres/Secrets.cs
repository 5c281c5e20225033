using System.Collections.Immutable;
using WireProxy.Protocols.Wire;
using WireProxy.Sql;

namespace WireProxy.Relay.Postgres;

/// <summary>Blanks credentials in what is recorded, length for length, so that offsets stay true.</summary>
internal static class Secrets
{
    private const byte Blanked = (byte)'*';

    /// <param name="record">Holds the frame.</param>
    /// <param name="textOffset">Where in it the statement's text begins.</param>
    /// <param name="secrets">Spans of the text.</param>
    public static void Blank(WireWriter record, int textOffset, ImmutableArray<SecretSpan> secrets)
    {
        byte[] bytes = record.WrittenSpan.ToArray();
        Blank(bytes.AsSpan(textOffset), secrets);
        record.Clear();
        record.WriteBytes(bytes);
    }

    public static void Blank(Span<byte> text, ImmutableArray<SecretSpan> secrets)
    {
        foreach (SecretSpan secret in secrets)
        {
            int start = Math.Clamp(secret.Offset, 0, text.Length);
            // A terminator behind the text is no part of it.
            text.Slice(start, Math.Clamp(secret.Length, 0, text.Length - start)).Fill(Blanked);
        }
    }
}
