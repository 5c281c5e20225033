using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>CommandComplete (B): a statement is done.</summary>
public readonly ref struct CommandComplete(ReadOnlySpan<byte> tag)
{
    /// <summary>What was done, and how many rows: <c>INSERT 0 1</c>, <c>SELECT 5</c>, <c>CREATE TABLE</c>.</summary>
    public ReadOnlySpan<byte> Tag { get; } = tag;

    public static CommandComplete Decode(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        var tag = reader.ReadCString();
        reader.End();
        return new CommandComplete(tag);
    }

    public void Encode(WireWriter writer)
    {
        int start = Frame.Begin(writer, BackendMessageType.CommandComplete);
        writer.WriteCString(Tag);
        Frame.Finish(writer, start);
    }
}
