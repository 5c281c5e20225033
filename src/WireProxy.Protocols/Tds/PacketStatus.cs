namespace WireProxy.Protocols.Tds;

/// <summary>
/// The bits of a packet's status (MS-TDS 2.2.3.1.2), to be tested one by one: the first request of a pooled connection has
/// 0x09. Bits without a name are to be ignored.
/// </summary>
[Flags]
public enum PacketStatus : byte
{
    Normal = 0,
    /// <summary>The last packet of its message.</summary>
    EndOfMessage = 0x01,
    /// <summary>The client gives the request up that it has begun: the server is to ignore it. EndOfMessage is set too.</summary>
    Ignore = 0x02,
    /// <summary>Not in MS-TDS v39. Others call it so; SqlClient sets it in the packets of a bulk load but the last.</summary>
    EventNotification = 0x04,
    /// <summary>Resets the session before the request. It counts in the first packet of a message only.</summary>
    ResetConnection = 0x08,
    /// <summary>Resets the session, but for its transaction. It counts in the first packet of a message only.</summary>
    ResetConnectionSkipTran = 0x10,
}
