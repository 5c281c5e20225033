using System.Text;
using WireProxy.Protocols.Tds.Types;

namespace WireProxy.Relay.Tds.Masking;

/// <summary>How a type of characters writes them: in UTF-16 or in a code page, into how much room, padded or not.</summary>
internal sealed class TextForm
{
    private const int LongestUShort = ushort.MaxValue - 1;

    public TextForm(in TypeInfo type)
    {
        IsWide = DataTypes.IsWideText(type.Type);
        IsPadded = DataTypes.IsPadded(type.Type);
        Encoding = IsWide ? Encoding.Unicode : type.Collation.Encoding;
        int room = type.Layout switch
        {
            ValueLayout.ByteLength => Math.Min(type.MaxLength, byte.MaxValue),
            ValueLayout.UShortLength => Math.Min(type.MaxLength, LongestUShort),
            _ => int.MaxValue,
        };
        Room = room - (room % Unit);
    }

    public bool IsWide { get; }

    /// <summary>Values are filled up with blanks to <see cref="Room"/>.</summary>
    public bool IsPadded { get; }

    public Encoding Encoding { get; }

    /// <summary>Bytes that a value can have.</summary>
    public int Room { get; }

    /// <summary>Bytes of a character of ASCII.</summary>
    public int Unit => IsWide ? sizeof(char) : sizeof(byte);

    /// <summary>Characters of ASCII that a value can have.</summary>
    public int Characters => Room / Unit;

    /// <summary>The most bytes of a value that is written as <paramref name="length"/> bytes before it is cut or padded.</summary>
    public int Bound(int length) => IsPadded ? Room : Math.Min(length, Room);

    /// <summary>The value without the blanks that pad it: they do not count.</summary>
    public ReadOnlySpan<byte> Significant(ReadOnlySpan<byte> value)
    {
        if (!IsPadded)
            return value;
        if (!IsWide)
            return value.TrimEnd((byte)' ');
        while (value is [.., (byte)' ', 0])
            value = value[..^sizeof(char)];
        return value;
    }

    /// <summary>Writes characters of ASCII, cut to the room and padded.</summary>
    /// <returns>The value's length.</returns>
    public int Put(ReadOnlySpan<byte> ascii, Span<byte> content) => Pad(content, PutCharacters(ascii, content));

    /// <summary>Writes characters of ASCII, as many as there is room for.</summary>
    /// <returns>Bytes written.</returns>
    public int PutCharacters(ReadOnlySpan<byte> ascii, Span<byte> content)
    {
        ascii = ascii[..Math.Min(ascii.Length, Characters)];
        if (!IsWide)
        {
            ascii.CopyTo(content);
            return ascii.Length;
        }
        for (int i = 0; i < ascii.Length; i++)
        {
            content[2 * i] = ascii[i];
            content[(2 * i) + 1] = 0;
        }
        return ascii.Length * sizeof(char);
    }

    /// <summary>Fills a value that was written up with blanks, where the type has them.</summary>
    public int Pad(Span<byte> content, int length)
    {
        if (!IsPadded)
            return length;
        var rest = content[length..Room];
        rest.Fill((byte)' ');
        for (int i = 1; IsWide && i < rest.Length; i += sizeof(char))
            rest[i] = 0;
        return Room;
    }

    /// <summary>Reads the first characters where they are ASCII and as many as asked for.</summary>
    public bool TryReadAscii(ReadOnlySpan<byte> value, Span<byte> ascii)
    {
        if (value.Length < ascii.Length * Unit)
            return false;
        for (int i = 0; i < ascii.Length; i++)
        {
            ascii[i] = value[i * Unit];
            if (ascii[i] > 0x7F || (IsWide && value[(i * Unit) + 1] != 0))
                return false;
        }
        return true;
    }
}
