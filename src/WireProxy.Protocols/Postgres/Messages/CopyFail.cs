using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>CopyFail (F): the client gives up a COPY FROM STDIN, and the server is to fail the statement.</summary>
public readonly ref struct CopyFail(ReadOnlySpan<byte> reason)
{
    /// <summary>The client's own words, which come back in the server's error.</summary>
    public ReadOnlySpan<byte> Reason { get; } = reason;

    public static CopyFail Decode(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        var reason = reader.ReadCString();
        reader.End();
        return new CopyFail(reason);
    }

    public void Encode(WireWriter writer)
    {
        int start = Frame.Begin(writer, FrontendMessageType.CopyFail);
        writer.WriteCString(Reason);
        Frame.Finish(writer, start);
    }
}
