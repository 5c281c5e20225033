using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>Where an ENVCHANGE of type 20 or 21 sends the client (MS-TDS 2.2.7.9): the new value of that token.</summary>
/// <param name="Port">TCP port, never 0.</param>
/// <param name="Database">Of type 21 alone; null with type 20.</param>
public sealed record RoutingTarget(ushort Port, string Server, string? Database)
{
    private const byte Tcp = 0;

    /// <exception cref="ProtocolException">Another type of change, another protocol than TCP, or port 0.</exception>
    public static RoutingTarget Decode(EnvChange change)
    {
        if (change.Type is not (EnvChangeType.Routing or EnvChangeType.EnhancedRouting))
            throw new ProtocolException("A change of the session is no routing.");
        var reader = new WireReader(change.NewValue.Span);
        if (reader.ReadByte() != Tcp)
            throw new ProtocolException("The server routes to another protocol than TCP.");
        ushort port = reader.ReadUInt16LittleEndian();
        string server = TdsText.ReadUShortText(ref reader);
        string? database = change.Type == EnvChangeType.EnhancedRouting ? TdsText.ReadUShortText(ref reader) : null;
        reader.End();
        return port != 0 ? new RoutingTarget(port, server, database)
            : throw new ProtocolException("The server routes to port 0.");
    }

    /// <summary>The token that sends a client there.</summary>
    public EnvChange ToEnvChange()
    {
        using var writer = new WireWriter();
        writer.WriteByte(Tcp);
        writer.WriteUInt16LittleEndian(Port);
        TdsText.WriteUShortText(writer, Server);
        if (Database is not null)
            TdsText.WriteUShortText(writer, Database);
        var type = Database is null ? EnvChangeType.Routing : EnvChangeType.EnhancedRouting;
        return new EnvChange(type, new ByteString(writer.WrittenSpan), default(ByteString));
    }
}
