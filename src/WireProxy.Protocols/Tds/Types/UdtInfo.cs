using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Types;

/// <summary>UDT_INFO (MS-TDS 2.2.5.5.2): which CLR type a value is of.</summary>
/// <param name="MaxByteSize">1 to 8000, or 0xFFFF for a large one; not sent in a request, where it is 0 here.</param>
/// <param name="AssemblyQualifiedName">Not sent in a request, where it is empty here.</param>
public sealed record UdtInfo(
    ushort MaxByteSize, string DatabaseName, string SchemaName, string TypeName, string AssemblyQualifiedName)
{
    internal static UdtInfo Read(scoped ref WireReader reader, TypePlace place)
    {
        bool full = place == TypePlace.Result;
        return new UdtInfo(
            full ? reader.ReadUInt16LittleEndian() : (ushort)0,
            TdsText.ReadByteText(ref reader),
            TdsText.ReadByteText(ref reader),
            TdsText.ReadByteText(ref reader),
            full ? TdsText.ReadUShortText(ref reader) : "");
    }

    internal void Write(WireWriter writer, TypePlace place)
    {
        if (place == TypePlace.Result)
            writer.WriteUInt16LittleEndian(MaxByteSize);
        TdsText.WriteByteText(writer, DatabaseName);
        TdsText.WriteByteText(writer, SchemaName);
        TdsText.WriteByteText(writer, TypeName);
        if (place == TypePlace.Result)
            TdsText.WriteUShortText(writer, AssemblyQualifiedName);
    }

    internal static void Skip(scoped ref PartialReader reader, TypePlace place)
    {
        if (place == TypePlace.Result)
            reader.UInt16();
        reader.SkipByteText();
        reader.SkipByteText();
        reader.SkipByteText();
        if (place == TypePlace.Result)
            reader.SkipUShortText();
    }
}
