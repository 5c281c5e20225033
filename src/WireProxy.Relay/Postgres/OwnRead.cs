using WireProxy.Protocols.Postgres;

namespace WireProxy.Relay.Postgres;

/// <summary>A query of the gateway's own over a client's session: its rows arrive on the response side, the request side waits.</summary>
internal abstract class OwnRead
{
    /// <exception cref="Protocols.Wire.ProtocolException">The row is none of the query's.</exception>
    public abstract void Add(DataRow row);

    /// <summary>The server refused.</summary>
    public abstract void Fail();

    /// <summary>The answer is complete.</summary>
    public abstract void Complete();

    /// <summary>The session has ended.</summary>
    public abstract void Abandon();
}
