using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Messages;

/// <summary>
/// Attention (packet type 6): asks the server to stop the request that it works on. It has no data; the answer is a DONE
/// with the attention bit (MS-TDS 2.2.1.7).
/// </summary>
public static class Attention
{
    /// <summary>Checks that the message is empty.</summary>
    public static void Decode(ReadOnlySpan<byte> message) => new WireReader(message).End();
}
