using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>Execute (F): runs a portal, or goes on with a suspended one.</summary>
public readonly ref struct ExecuteMessage(ReadOnlySpan<byte> portal, int maximumRows)
{
    /// <summary>Empty for the unnamed portal.</summary>
    public ReadOnlySpan<byte> Portal { get; } = portal;

    /// <summary>Rows to return before the portal is suspended; 0 or less for all of them.</summary>
    public int MaximumRows { get; } = maximumRows;

    public static ExecuteMessage Decode(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        var portal = reader.ReadCString();
        int maximumRows = reader.ReadInt32();
        reader.End();
        return new ExecuteMessage(portal, maximumRows);
    }

    public void Encode(WireWriter writer)
    {
        int start = Frame.Begin(writer, FrontendMessageType.Execute);
        writer.WriteCString(Portal);
        writer.WriteInt32(MaximumRows);
        Frame.Finish(writer, start);
    }
}
