using System.Buffers.Binary;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>A counted list of type OIDs, in Parse and ParameterDescription; 0 means that the type is not stated.</summary>
public readonly ref struct TypeIds
{
    private readonly ReadOnlySpan<byte> _ids;

    private TypeIds(ReadOnlySpan<byte> ids) => _ids = ids;

    /// <summary>Types in the message: 0 to 65535.</summary>
    public int Count => _ids.Length / sizeof(uint);

    public uint this[int index] => BinaryPrimitives.ReadUInt32BigEndian(_ids.Slice(index * sizeof(uint), sizeof(uint)));

    internal static TypeIds Read(scoped ref WireReader reader)
    {
        int count = reader.ReadUInt16();
        return new TypeIds(reader.ReadBytes(count * sizeof(uint)));
    }

    internal void Write(WireWriter writer)
    {
        writer.WriteUInt16((ushort)Count);
        writer.WriteBytes(_ids);
    }

    internal static void Write(WireWriter writer, ReadOnlySpan<uint> ids)
    {
        writer.WriteUInt16(checked((ushort)ids.Length));
        foreach (uint id in ids)
            writer.WriteUInt32(id);
    }
}
