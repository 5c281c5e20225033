using System.Buffers.Binary;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>
/// A counted list of format codes (0 text, 1 binary) as Bind, FunctionCall and the copy responses carry it. The codes are
/// not judged here: the server refuses an unknown one with an error of its own and the connection lives on.
/// </summary>
public readonly ref struct FormatCodes
{
    private readonly ReadOnlySpan<byte> _codes;

    private FormatCodes(ReadOnlySpan<byte> codes) => _codes = codes;

    /// <summary>Codes in the message: 0 to 65535.</summary>
    public int Count => _codes.Length / sizeof(short);

    /// <summary>The code as it stands in the message.</summary>
    public short this[int index] => BinaryPrimitives.ReadInt16BigEndian(_codes.Slice(index * sizeof(short), sizeof(short)));

    /// <summary>
    /// The code in force for a parameter or a column, counted from 0: no codes mean text for all, a single one is for all,
    /// otherwise there is one for each.
    /// </summary>
    /// <exception cref="ProtocolException">There are several codes and none for this index.</exception>
    public short For(int index) => Count switch
    {
        0 => 0,
        1 => this[0],
        int count when (uint)index < (uint)count => this[index],
        _ => throw new ProtocolException("The message has format codes for fewer columns or parameters than there are."),
    };

    internal static FormatCodes Read(scoped ref WireReader reader)
    {
        int count = reader.ReadUInt16();
        return new FormatCodes(reader.ReadBytes(count * sizeof(short)));
    }

    internal void Write(WireWriter writer)
    {
        writer.WriteUInt16((ushort)Count);
        writer.WriteBytes(_codes);
    }

    internal static void Write(WireWriter writer, ReadOnlySpan<short> codes)
    {
        writer.WriteUInt16(checked((ushort)codes.Length));
        foreach (short code in codes)
            writer.WriteInt16(code);
    }
}
