using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>One state of a session, which its server alone understands (SessionStateData, MS-TDS 2.2.7.21).</summary>
public readonly record struct SessionStateItem(byte Id, ByteString Value)
{
    private const byte LongLength = 0xFF;

    /// <summary>Reads a SessionStateDataSet: the data of SESSIONRECOVERY in FEATUREEXTACK is one too.</summary>
    public static ValueList<SessionStateItem> DecodeSet(ReadOnlySpan<byte> data)
    {
        var reader = new WireReader(data);
        return ValueList.ReadAll(ref reader, Read);
    }

    internal static SessionStateItem Read(scoped ref WireReader reader)
    {
        byte id = reader.ReadByte();
        int length = reader.ReadByte();
        if (length == LongLength)
        {
            length = reader.ReadInt32LittleEndian();
            if (length < LongLength)
                throw new ProtocolException("A session state has a long length where a short one says it.");
        }
        return new SessionStateItem(id, new ByteString(reader.ReadBytes(length)));
    }

    internal void Write(WireWriter writer)
    {
        writer.WriteByte(Id);
        writer.WriteByte((byte)Math.Min(Value.Length, LongLength));
        if (Value.Length >= LongLength)
            writer.WriteInt32LittleEndian(Value.Length);
        writer.WriteBytes(Value.Span);
    }
}

/// <summary>SESSIONSTATE (MS-TDS 2.2.7.21): what a client would need to bring the session back on another connection.</summary>
/// <param name="SequenceNumber">From 0, one more each time; 0xFFFFFFFF ends session recovery for good.</param>
/// <param name="Status">Bit 0: the states can be recovered.</param>
public sealed record SessionState(uint SequenceNumber, byte Status, ValueList<SessionStateItem> States)
{
    public static SessionState Decode(ReadOnlySpan<byte> token)
    {
        var reader = TokenFrame.OpenLongCounted(token, TokenType.SessionState);
        return new SessionState(
            reader.ReadUInt32LittleEndian(), reader.ReadByte(), ValueList.ReadAll(ref reader, SessionStateItem.Read));
    }

    public void Encode(WireWriter writer)
    {
        int start = TokenFrame.BeginLongCounted(writer, TokenType.SessionState);
        writer.WriteUInt32LittleEndian(SequenceNumber);
        writer.WriteByte(Status);
        foreach (var state in States)
            state.Write(writer);
        TokenFrame.FinishLongCounted(writer, start);
    }
}
