namespace WireProxy.Protocols.Tds.Smp;

/// <summary>What an SMP packet is for (MC-SMP 2.2.1.1): each packet has exactly one of these.</summary>
public enum SmpFlags : byte
{
    /// <summary>Opens a session.</summary>
    Syn = 0x01,
    /// <summary>Tells the other side how much more it may send.</summary>
    Ack = 0x02,
    /// <summary>Closes a session for the side that sends it.</summary>
    Fin = 0x04,
    /// <summary>Carries bytes of the session: TDS packets.</summary>
    Data = 0x08,
}
