using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Types;

/// <summary>The schema collection that an XML type is bound to; a type without one has none of this (XML_INFO, MS-TDS 2.2.5.5.3).</summary>
public sealed record XmlSchemaInfo(string DatabaseName, string OwningSchema, string Collection)
{
    private const byte Absent = 0;
    private const byte Present = 1;

    internal static XmlSchemaInfo? Read(scoped ref WireReader reader) => reader.ReadByte() switch
    {
        Absent => null,
        Present => new XmlSchemaInfo(
            TdsText.ReadByteText(ref reader), TdsText.ReadByteText(ref reader), TdsText.ReadUShortText(ref reader)),
        _ => throw Unknown(),
    };

    internal static void Write(WireWriter writer, XmlSchemaInfo? schema)
    {
        writer.WriteByte(schema is null ? Absent : Present);
        if (schema is null)
            return;
        TdsText.WriteByteText(writer, schema.DatabaseName);
        TdsText.WriteByteText(writer, schema.OwningSchema);
        TdsText.WriteUShortText(writer, schema.Collection);
    }

    internal static void Skip(scoped ref PartialReader reader)
    {
        byte present = reader.Byte();
        if (present > Present)
            throw Unknown();
        if (present == Absent)
            return;
        reader.SkipByteText();
        reader.SkipByteText();
        reader.SkipUShortText();
    }

    private static ProtocolException Unknown() => new("An XML type says neither that it has a schema nor that it has none.");
}
