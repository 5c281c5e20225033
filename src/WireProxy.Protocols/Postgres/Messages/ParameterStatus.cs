using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>ParameterStatus (B): a run-time parameter that the client should know has this value from here on.</summary>
public sealed record ParameterStatus(ByteString Name, ByteString Value)
{
    public static ParameterStatus Decode(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        var name = reader.ReadCString();
        var value = reader.ReadCString();
        reader.End();
        return new ParameterStatus(new ByteString(name), new ByteString(value));
    }

    public void Encode(WireWriter writer)
    {
        int start = Frame.Begin(writer, BackendMessageType.ParameterStatus);
        writer.WriteCString(Name.Span);
        writer.WriteCString(Value.Span);
        Frame.Finish(writer, start);
    }
}
