using System.Collections.Immutable;
using WireProxy.Protocols.Tds;

namespace WireProxy.Relay.Tds;

/// <summary>A run of a request's payload, in bytes from its beginning, that holds a credential.</summary>
internal readonly record struct PayloadSpan(int Offset, int Length);

/// <summary>Blanks credentials in what is recorded, length for length, so that offsets stay true.</summary>
internal static class Secrets
{
    /// <summary>An asterisk in UTF-16.</summary>
    private static ReadOnlySpan<byte> Blank => "*\0"u8;

    /// <param name="packets">A whole message: the spans count its payload, which the packets' headers cut.</param>
    public static byte[] Blanked(ReadOnlySpan<byte> packets, ImmutableArray<PayloadSpan> secrets)
    {
        byte[] record = packets.ToArray();
        int payload = 0;
        for (int at = 0; at < record.Length;)
        {
            PacketHeader.TryRead(record.AsSpan(at), out PacketHeader header);
            Span<byte> part = record.AsSpan(at + PacketHeader.Size, header.PayloadLength);
            foreach (PayloadSpan secret in secrets)
            {
                int start = Math.Max(secret.Offset, payload);
                int end = Math.Min(secret.Offset + secret.Length, payload + part.Length);
                for (int i = start; i < end; i++)
                    part[i - payload] = Blank[(i - secret.Offset) % 2];
            }
            payload += part.Length;
            at += header.Length;
        }
        return record;
    }

    /// <summary>The text with its secrets replaced by asterisks.</summary>
    public static string Blanked(string text, ImmutableArray<Sql.SecretSpan> secrets)
    {
        if (secrets.IsEmpty)
            return text;
        char[] characters = text.ToCharArray();
        foreach (Sql.SecretSpan secret in secrets)
        {
            int start = Math.Clamp(secret.Offset, 0, text.Length);
            characters.AsSpan(start, Math.Clamp(secret.Length, 0, text.Length - start)).Fill('*');
        }
        return new string(characters);
    }
}
