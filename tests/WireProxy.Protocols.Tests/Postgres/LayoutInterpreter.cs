using System.Buffers.Binary;
using System.Text;
using WireProxy.Fuzz.Corpus;

namespace WireProxy.Protocols.Tests.Postgres;

/// <summary>
/// Decodes a message by its layout in messages.tsv and by nothing of the codec's, so that table, vectors and codec are
/// three that must agree. Bytes that do not fit the layout end in an exception of whatever kind.
/// </summary>
internal sealed class LayoutInterpreter
{
    private readonly byte[] _bytes;
    private int _at;

    private LayoutInterpreter(byte[] bytes) => _bytes = bytes;

    public static string Decode(MessageRow row, byte[] message)
    {
        var interpreter = new LayoutInterpreter(message);
        interpreter.SkipEnvelope(row);
        string text = interpreter.Fields(row.Body);
        if (interpreter._at != message.Length)
            throw new InvalidDataException("Bytes are left over.");
        return text;
    }

    private void SkipEnvelope(MessageRow row)
    {
        if (row.Type is { } type && (byte)Number(1) != type)
            throw new InvalidDataException("Another type.");
        int start = _at;
        if (Number(4) != _bytes.Length - start)
            throw new InvalidDataException("Another length.");
        if (row.Code is { } code && Number(4) != code)
            throw new InvalidDataException("Another code.");
    }

    private string Fields(string layout) => string.Join(' ', SplitFields(layout).Select(field =>
    {
        int colon = field.IndexOf(':', StringComparison.Ordinal);
        return $"{field[..colon]}={Value(field[(colon + 1)..])}";
    }));

    /// <summary>Splits at the spaces that stand outside of braces.</summary>
    private static IEnumerable<string> SplitFields(string layout)
    {
        int depth = 0;
        int start = 0;
        for (int i = 0; i <= layout.Length; i++)
        {
            if (i == layout.Length || (layout[i] == ' ' && depth == 0))
            {
                if (i > start)
                    yield return layout[start..i];
                start = i + 1;
            }
            else if (layout[i] is '{' or '}')
            {
                depth += layout[i] == '{' ? 1 : -1;
            }
        }
    }

    private string Value(string type)
    {
        if (type.EndsWith('*'))
            return UntilZero(type[..^1]);
        if (type.EndsWith("[int32]", StringComparison.Ordinal))
            return Counted((int)Number(4), type[..^"[int32]".Length]);
        if (type.EndsWith("[]", StringComparison.Ordinal))
            return Counted((int)Number(2) & 0xFFFF, type[..^2]);
        if (type.StartsWith('{'))
            return $"{{{Fields(type[1..^1])}}}";
        if (type.StartsWith("char(", StringComparison.Ordinal))
            return OneOf(type["char(".Length..^1]);
        if (type.StartsWith("bytes(", StringComparison.Ordinal))
            return Quoted(Take(int.Parse(type["bytes(".Length..^1], null)));
        return type switch
        {
            "int16" => $"{Number(2)}",
            "int32" => $"{Number(4)}",
            "uint32" => $"{(uint)Number(4)}",
            "string" => Terminated(),
            "value" => (int)Number(4) is var length and not -1 ? Quoted(Take(length)) : "null",
            "rest" => Quoted(Take(_bytes.Length - _at)),
            "key" when _bytes.Length - _at is >= 4 and <= 256 => Quoted(Take(_bytes.Length - _at)),
            "version" => $"{Number(2) & 0xFFFF}.{Number(2) & 0xFFFF}",
            "copyformat" => Number(1) is var format and (0 or 1) ? $"{format}" : throw new InvalidDataException(type),
            "char" => Character((byte)Number(1)),
            _ => throw new InvalidDataException($"The bytes are no {type}, or there is no such type."),
        };
    }

    private string UntilZero(string type)
    {
        var items = new List<string>();
        while (_bytes[_at] != 0)
            items.Add(Value(type));
        _at++;
        return $"[{string.Join(", ", items)}]";
    }

    private string Counted(int count, string type) =>
        $"[{string.Join(", ", Enumerable.Range(0, count).Select(_ => Value(type)))}]";

    private string OneOf(string allowed)
    {
        char value = (char)Number(1);
        return allowed.Contains(value, StringComparison.Ordinal) ? $"{value}" : throw new InvalidDataException(allowed);
    }

    private string Terminated()
    {
        string text = Quoted(Take(Array.IndexOf(_bytes, (byte)0, _at) - _at));
        _at++;
        return text;
    }

    private long Number(int width)
    {
        byte[] bytes = Take(width);
        return width switch
        {
            1 => bytes[0],
            2 => BinaryPrimitives.ReadInt16BigEndian(bytes),
            _ => BinaryPrimitives.ReadInt32BigEndian(bytes),
        };
    }

    private byte[] Take(int count)
    {
        byte[] taken = _bytes[_at..(_at + count)];
        _at += count;
        return taken;
    }

    private static string Character(byte value) => value is > 0x20 and < 0x7F ? $"{(char)value}" : $"\\x{value:x2}";

    private static string Quoted(byte[] bytes)
    {
        var text = new StringBuilder("\"");
        foreach (byte value in bytes)
        {
            text.Append(value switch
            {
                (byte)'"' => "\\\"",
                (byte)'\\' => "\\\\",
                >= 0x20 and < 0x7F => $"{(char)value}",
                _ => $"\\x{value:x2}",
            });
        }
        return text.Append('"').ToString();
    }
}
