using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>BackendKeyData (B): what a client must present to cancel a statement of this session.</summary>
/// <param name="ProcessId">The backend's process id.</param>
/// <param name="Key">The secret, 4 to 256 bytes (<see cref="CancelKey"/>).</param>
public sealed record BackendKeyData(int ProcessId, ByteString Key)
{
    public static BackendKeyData Decode(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        int processId = reader.ReadInt32();
        var key = CancelKey.Read(ref reader);
        reader.End();
        return new BackendKeyData(processId, key);
    }

    public void Encode(WireWriter writer)
    {
        int start = Frame.Begin(writer, BackendMessageType.BackendKeyData);
        writer.WriteInt32(ProcessId);
        CancelKey.Write(writer, Key);
        Frame.Finish(writer, start);
    }
}
