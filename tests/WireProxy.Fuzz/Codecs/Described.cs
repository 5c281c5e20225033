using System.Text;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;

namespace WireProxy.Fuzz.Codecs;

/// <summary>Writes decoded fields in the notation of the vectors' <c>decoded</c> lines.</summary>
internal static class Described
{
    public static string Text(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder("\"");
        foreach (byte value in bytes)
        {
            if (value is (byte)'"' or (byte)'\\')
                text.Append('\\').Append((char)value);
            else if (value is >= 0x20 and < 0x7F)
                text.Append((char)value);
            else
                text.Append($"\\x{value:x2}");
        }
        return text.Append('"').ToString();
    }

    public static string Text(ByteString bytes) => Text(bytes.Span);

    public static string Text(FieldValue value) => value.IsNull ? "null" : Text(value.Bytes);

    public static string Character(byte value) => value is > 0x20 and < 0x7F ? $"{(char)value}" : $"\\x{value:x2}";

    public static string List(IEnumerable<string> items) => $"[{string.Join(", ", items)}]";

    public static string List(FormatCodes codes)
    {
        var items = new List<string>();
        for (int i = 0; i < codes.Count; i++)
            items.Add($"{codes[i]}");
        return List(items);
    }

    public static string List(TypeIds types)
    {
        var items = new List<string>();
        for (int i = 0; i < types.Count; i++)
            items.Add($"{types[i]}");
        return List(items);
    }

    public static string List(FieldValues values)
    {
        var items = new List<string>();
        foreach (var value in values)
            items.Add(Text(value));
        return List(items);
    }
}
