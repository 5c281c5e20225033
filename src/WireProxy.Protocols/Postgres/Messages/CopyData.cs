using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>
/// CopyData (F and B): a piece of a COPY stream or of replication. A server sends one row in each; a client may cut
/// anywhere, so no meaning may be tied to where a piece ends.
/// </summary>
public readonly ref struct CopyData(ReadOnlySpan<byte> data)
{
    public ReadOnlySpan<byte> Data { get; } = data;

    public static CopyData Decode(ReadOnlySpan<byte> body) => new(body);

    public void Encode(WireWriter writer)
    {
        // The byte is the same in both directions.
        int start = Frame.Begin(writer, BackendMessageType.CopyData);
        writer.WriteBytes(Data);
        Frame.Finish(writer, start);
    }
}
