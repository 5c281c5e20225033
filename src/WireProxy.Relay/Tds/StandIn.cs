using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Tds;

/// <summary>
/// What goes to the server in place of a refused request: a batch that is nothing but a comment, in the same transaction and with
/// the same wish to reset the connection. So the answer's place, the reset and the transaction's state are the server's own.
/// </summary>
internal static class StandIn
{
    private const string Text = "/* WireProxy refused this request */";

    private const PacketStatus Resets = PacketStatus.ResetConnection | PacketStatus.ResetConnectionSkipTran;

    /// <param name="first">The refused request's first packet.</param>
    /// <param name="transaction">The transaction that it names; 0 for none.</param>
    public static void Write(OutputBuffer output, PacketHeader first, TdsVersion version, ulong transaction, int packetSize)
    {
        using var payload = new WireWriter();
        SqlBatch.Encode(payload, version, Text, transaction);
        using var packets = new MessageWriter { PacketSize = packetSize };
        output.Diverge();
        packets.WriteMessage(output.BeginOwn(), PacketType.SqlBatch, payload.WrittenSpan, first.Status & Resets);
    }
}
