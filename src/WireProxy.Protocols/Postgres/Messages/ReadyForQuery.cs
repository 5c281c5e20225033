using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>ReadyForQuery (B): the server waits for the next command.</summary>
public readonly record struct ReadyForQuery(TransactionStatus Status)
{
    /// <exception cref="ProtocolException">The status is none of the three that exist, or the message is malformed.</exception>
    public static ReadyForQuery Decode(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        var status = (TransactionStatus)reader.ReadByte();
        if (status is not (TransactionStatus.Idle or TransactionStatus.InTransaction or TransactionStatus.Failed))
            throw new ProtocolException("A ReadyForQuery has an unknown transaction status.");
        reader.End();
        return new ReadyForQuery(status);
    }

    public void Encode(WireWriter writer)
    {
        int start = Frame.Begin(writer, BackendMessageType.ReadyForQuery);
        writer.WriteByte((byte)Status);
        Frame.Finish(writer, start);
    }
}
