using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>CancelRequest (F), on a connection of its own: stop what that backend is running. It gets no answer.</summary>
/// <param name="ProcessId">As BackendKeyData gave it.</param>
/// <param name="Key">The secret, 4 to 256 bytes (<see cref="CancelKey"/>).</param>
public sealed record CancelRequest(int ProcessId, ByteString Key) : StartupPacket
{
    internal static CancelRequest Decode(scoped ref WireReader reader)
    {
        int processId = reader.ReadInt32();
        return new CancelRequest(processId, CancelKey.Read(ref reader));
    }

    private protected override int Code => (int)RequestCode.CancelRequest;

    private protected override void EncodeBody(WireWriter writer)
    {
        writer.WriteInt32(ProcessId);
        CancelKey.Write(writer, Key);
    }
}
