using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>Describe (F): asks for the parameters and columns of a prepared statement, or for the columns of a portal.</summary>
public readonly ref struct DescribeMessage(StatementOrPortal kind, ReadOnlySpan<byte> name)
{
    public StatementOrPortal Kind { get; } = kind;

    /// <summary>Empty for the unnamed statement or portal.</summary>
    public ReadOnlySpan<byte> Name { get; } = name;

    /// <exception cref="ProtocolException">The message names neither a statement nor a portal, or is malformed.</exception>
    public static DescribeMessage Decode(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        var kind = (StatementOrPortal)reader.ReadByte();
        if (kind is not (StatementOrPortal.Statement or StatementOrPortal.Portal))
            throw new ProtocolException("A Describe names neither a statement nor a portal.");
        var name = reader.ReadCString();
        reader.End();
        return new DescribeMessage(kind, name);
    }

    public void Encode(WireWriter writer)
    {
        int start = Frame.Begin(writer, FrontendMessageType.Describe);
        writer.WriteByte((byte)Kind);
        writer.WriteCString(Name);
        Frame.Finish(writer, start);
    }
}
