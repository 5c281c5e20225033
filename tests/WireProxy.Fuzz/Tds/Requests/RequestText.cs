using System.Buffers.Binary;
using System.Text;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Wire;

namespace WireProxy.Fuzz.Tds.Requests;

/// <summary>Writes decoded fields in the notation of the vectors' <c>decoded</c> lines.</summary>
public static class RequestText
{
    public static string Bytes(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder("\"");
        foreach (byte value in bytes)
            Append(text, value, "x2");
        return text.Append('"').ToString();
    }

    public static string Bytes(ByteString bytes) => Bytes(bytes.Span);

    /// <summary>Text in UTF-16, little-endian.</summary>
    public static string Text(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder("\"");
        for (int i = 0; i < bytes.Length; i += sizeof(char))
            Append(text, BinaryPrimitives.ReadUInt16LittleEndian(bytes[i..]), "x4");
        return text.Append('"').ToString();
    }

    public static string Text(string characters)
    {
        var text = new StringBuilder("\"");
        foreach (char character in characters)
            Append(text, character, "x4");
        return text.Append('"').ToString();
    }

    public static string List(IEnumerable<string> items) => $"[{string.Join(", ", items)}]";

    public static string Headers(AllHeaders headers, TdsVersion version)
    {
        if (version < TdsVersion.V72)
            return headers.Bytes.IsEmpty ? "headers=none" : "headers where none should be";
        var parts = new List<string>();
        if (headers.HasTransaction)
            parts.Add($"transaction={headers.TransactionDescriptor} outstanding={headers.OutstandingRequestCount}");
        if (!headers.QueryNotification.IsEmpty)
            parts.Add($"notification={Bytes(headers.QueryNotification)}");
        if (!headers.TraceActivity.IsEmpty)
            parts.Add($"trace={Bytes(headers.TraceActivity)}");
        return $"headers={{{string.Join(' ', parts)}}}";
    }

    private static void Append(StringBuilder text, int value, string digits)
    {
        if (value is '"' or '\\')
            text.Append('\\').Append((char)value);
        else if (value is >= 0x20 and < 0x7F)
            text.Append((char)value);
        else
            text.Append('\\').Append(digits == "x2" ? 'x' : 'u').Append(value.ToString(digits, null));
    }
}
