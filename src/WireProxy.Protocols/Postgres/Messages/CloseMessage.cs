using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>Close (F): drops a prepared statement or a portal; one that does not exist is no error.</summary>
public readonly ref struct CloseMessage(StatementOrPortal kind, ReadOnlySpan<byte> name)
{
    public StatementOrPortal Kind { get; } = kind;

    /// <summary>Empty for the unnamed statement or portal.</summary>
    public ReadOnlySpan<byte> Name { get; } = name;

    /// <exception cref="ProtocolException">The message names neither a statement nor a portal, or is malformed.</exception>
    public static CloseMessage Decode(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        var kind = (StatementOrPortal)reader.ReadByte();
        if (kind is not (StatementOrPortal.Statement or StatementOrPortal.Portal))
            throw new ProtocolException("A Close names neither a statement nor a portal.");
        var name = reader.ReadCString();
        reader.End();
        return new CloseMessage(kind, name);
    }

    public void Encode(WireWriter writer)
    {
        int start = Frame.Begin(writer, FrontendMessageType.Close);
        writer.WriteByte((byte)Kind);
        writer.WriteCString(Name);
        Frame.Finish(writer, start);
    }
}
