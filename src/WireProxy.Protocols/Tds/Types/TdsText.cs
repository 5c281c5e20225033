using System.Buffers.Binary;
using System.Runtime.InteropServices;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Types;

/// <summary>
/// Strings as TDS has them: UCS-2, little-endian, counted in characters (B_VARCHAR and US_VARCHAR, MS-TDS 2.2.5.2.2). They
/// are taken and given unchanged, half a surrogate pair too.
/// </summary>
public static class TdsText
{
    /// <summary>The characters of a run of UTF-16 bytes.</summary>
    /// <exception cref="ProtocolException">The number of bytes is odd.</exception>
    public static string FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length % sizeof(char) != 0)
            throw new ProtocolException("A text of two-byte characters has an odd number of bytes.");
        if (BitConverter.IsLittleEndian)
            return new string(MemoryMarshal.Cast<byte, char>(bytes));
        return string.Create(bytes.Length / sizeof(char), bytes, (text, source) =>
        {
            for (int i = 0; i < text.Length; i++)
                text[i] = (char)BinaryPrimitives.ReadUInt16LittleEndian(source[(i * sizeof(char))..]);
        });
    }

    /// <summary>Writes the characters alone, without a count.</summary>
    public static void WriteCharacters(WireWriter writer, ReadOnlySpan<char> text)
    {
        if (BitConverter.IsLittleEndian)
        {
            writer.WriteBytes(MemoryMarshal.AsBytes(text));
            return;
        }
        foreach (char character in text)
            writer.WriteUInt16LittleEndian(character);
    }

    internal static string ReadByteText(scoped ref WireReader reader) =>
        FromBytes(reader.ReadBytes(reader.ReadByte() * sizeof(char)));

    internal static string ReadUShortText(scoped ref WireReader reader) =>
        FromBytes(reader.ReadBytes(reader.ReadUInt16LittleEndian() * sizeof(char)));

    /// <exception cref="ArgumentException">More than 255 characters.</exception>
    internal static void WriteByteText(WireWriter writer, ReadOnlySpan<char> text)
    {
        if (text.Length > byte.MaxValue)
            throw new ArgumentException("A B_VARCHAR has at most 255 characters.", nameof(text));
        writer.WriteByte((byte)text.Length);
        WriteCharacters(writer, text);
    }

    /// <exception cref="ArgumentException">More than 65535 characters.</exception>
    internal static void WriteUShortText(WireWriter writer, ReadOnlySpan<char> text)
    {
        if (text.Length > ushort.MaxValue)
            throw new ArgumentException("A US_VARCHAR has at most 65535 characters.", nameof(text));
        writer.WriteUInt16LittleEndian((ushort)text.Length);
        WriteCharacters(writer, text);
    }
}
