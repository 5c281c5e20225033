using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>SASLInitialResponse (F): the mechanism chosen from AuthenticationSASL, and its first data.</summary>
/// <param name="Mechanism">A name from the server's list.</param>
/// <param name="Data">Null where the mechanism has no initial response, which is not the same as an empty one.</param>
public sealed record SaslInitialResponse(ByteString Mechanism, ByteString? Data)
{
    private const int NoData = -1;

    public static SaslInitialResponse Decode(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        var mechanism = new ByteString(reader.ReadCString());
        int length = reader.ReadInt32();
        ByteString? data = length == NoData ? (ByteString?)null : new ByteString(reader.ReadBytes(length));
        reader.End();
        return new SaslInitialResponse(mechanism, data);
    }

    public void Encode(WireWriter writer)
    {
        int start = Frame.Begin(writer, FrontendMessageType.PasswordMessage);
        writer.WriteCString(Mechanism.Span);
        writer.WriteInt32(Data?.Length ?? NoData);
        if (Data is { } data)
            writer.WriteBytes(data.Span);
        Frame.Finish(writer, start);
    }
}
