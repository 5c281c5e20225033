using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>NotificationResponse (B): a NOTIFY on a channel that the session listens to.</summary>
/// <param name="ProcessId">The backend that notified.</param>
/// <param name="Channel">The channel's name.</param>
/// <param name="Payload">Chosen by the notifier; may be empty.</param>
public sealed record NotificationResponse(int ProcessId, ByteString Channel, ByteString Payload)
{
    public static NotificationResponse Decode(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        int processId = reader.ReadInt32();
        var channel = reader.ReadCString();
        var payload = reader.ReadCString();
        reader.End();
        return new NotificationResponse(processId, new ByteString(channel), new ByteString(payload));
    }

    public void Encode(WireWriter writer)
    {
        int start = Frame.Begin(writer, BackendMessageType.NotificationResponse);
        writer.WriteInt32(ProcessId);
        writer.WriteCString(Channel.Span);
        writer.WriteCString(Payload.Span);
        Frame.Finish(writer, start);
    }
}
