using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>Query (F): a text of one or more statements, run by the simple protocol.</summary>
public readonly ref struct QueryMessage(ReadOnlySpan<byte> text)
{
    /// <summary>The statements in the session's client encoding, without the NUL.</summary>
    public ReadOnlySpan<byte> Text { get; } = text;

    public static QueryMessage Decode(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        var text = reader.ReadCString();
        reader.End();
        return new QueryMessage(text);
    }

    public void Encode(WireWriter writer)
    {
        int start = Frame.Begin(writer, FrontendMessageType.Query);
        writer.WriteCString(Text);
        Frame.Finish(writer, start);
    }
}
