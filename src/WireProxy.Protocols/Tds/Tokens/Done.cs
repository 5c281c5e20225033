using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>Bits of DONE, DONEPROC and DONEINPROC (MS-TDS 2.2.7.6 to 2.2.7.8).</summary>
[Flags]
public enum DoneStatus : ushort
{
    Final = 0,
    More = 0x1,
    Error = 0x2,
    InTransaction = 0x4,

    /// <summary>The row count is valid.</summary>
    Count = 0x10,

    /// <summary>The server has seen the client's Attention.</summary>
    Attention = 0x20,

    /// <summary>DONEPROC: one of several RPCs in one message, and not the last.</summary>
    RpcInBatch = 0x80,

    /// <summary>An error after which the result set must be thrown away.</summary>
    ServerError = 0x100,
}

/// <summary>DONE, DONEPROC and DONEINPROC (MS-TDS 2.2.7.6 to 2.2.7.8): a statement or a procedure has ended; one layout.</summary>
/// <param name="Type">Which of the three it is.</param>
/// <param name="Status">Bits that are not known are kept.</param>
/// <param name="Command">Token of the statement, such as 0xC1 for SELECT; the server's own business.</param>
/// <param name="RowCount">Rows affected, valid with <see cref="DoneStatus.Count"/>; 32 bits before TDS 7.2.</param>
public readonly record struct Done(TokenType Type, DoneStatus Status, ushort Command, ulong RowCount)
{
    /// <summary>Bytes of a token whose count has 32 bits.</summary>
    internal const int NarrowLength = 9;

    /// <summary>In a bulk load the token's own length decides: see <see cref="TokenReader.TryReadLast"/>.</summary>
    public static Done Decode(ReadOnlySpan<byte> token, TokenFormat format)
    {
        var reader = new WireReader(token);
        var type = (TokenType)reader.ReadByte();
        if (type is not (TokenType.Done or TokenType.DoneProc or TokenType.DoneInProc))
            throw new ProtocolException("A token is none of DONE, DONEPROC and DONEINPROC.");
        var status = (DoneStatus)reader.ReadUInt16LittleEndian();
        ushort command = reader.ReadUInt16LittleEndian();
        bool isWide = format.HasWideRowCount && !(format.IsBulkLoad && token.Length == NarrowLength);
        ulong rows = isWide ? reader.ReadUInt64LittleEndian() : reader.ReadUInt32LittleEndian();
        reader.End();
        return new Done(type, status, command, rows);
    }

    /// <exception cref="OverflowException">More rows than 32 bits count, before TDS 7.2.</exception>
    public void Encode(WireWriter writer, TokenFormat format)
    {
        writer.WriteByte((byte)Type);
        writer.WriteUInt16LittleEndian((ushort)Status);
        writer.WriteUInt16LittleEndian(Command);
        if (format.HasWideRowCount)
            writer.WriteUInt64LittleEndian(RowCount);
        else
            writer.WriteUInt32LittleEndian(checked((uint)RowCount));
    }
}
