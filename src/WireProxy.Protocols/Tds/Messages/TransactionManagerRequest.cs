using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Messages;

/// <summary>
/// TransMgrReq (packet type 14): begins and ends transactions without a statement, and enlists in distributed ones
/// (MS-TDS 2.2.6.9).
/// </summary>
public readonly ref struct TransactionManagerRequest
{
    private const byte BeginsAnother = 1;

    private TransactionManagerRequest(AllHeaders headers, TransactionManagerRequestType type)
    {
        Headers = headers;
        Type = type;
    }

    public AllHeaders Headers { get; }

    public TransactionManagerRequestType Type { get; }

    /// <summary>What a distributed transaction is enlisted by; empty but for the types 0 and 1.</summary>
    public ReadOnlySpan<byte> Data { get; private init; }

    /// <summary>
    /// In UTF-16, little-endian: the name of the transaction that ends, of the savepoint to go back to or to set. Empty where
    /// none is named and in a Begin, whose name is <see cref="NewName"/>.
    /// </summary>
    public ReadOnlySpan<byte> Name { get; private init; }

    /// <summary>XACT_FLAGS of Commit and Rollback as it came; only its lowest bit means something.</summary>
    public byte Flags { get; private init; }

    /// <summary>A transaction begins, after the one that ends or without one.</summary>
    public bool Begins => Type == TransactionManagerRequestType.Begin || (Flags & BeginsAnother) != 0;

    /// <summary>There is an isolation level and a name to begin with, even though <see cref="Begins"/> may be false.</summary>
    public bool HasNew { get; private init; }

    /// <summary>The isolation level of what begins.</summary>
    public TransactionIsolation Isolation { get; private init; }

    /// <summary>The name of the transaction that begins, in UTF-16, little-endian; empty if it has none.</summary>
    public ReadOnlySpan<byte> NewName { get; private init; }

    /// <param name="message">The payload of all packets.</param>
    public static TransactionManagerRequest Decode(ReadOnlySpan<byte> message, TdsVersion version)
    {
        var reader = new WireReader(message);
        var headers = AllHeaders.Read(ref reader, version);
        var request = new TransactionManagerRequest(headers, (TransactionManagerRequestType)reader.ReadUInt16LittleEndian());
        switch (request.Type)
        {
            case TransactionManagerRequestType.GetDtcAddress:
            case TransactionManagerRequestType.PropagateTransaction:
                request = request with { Data = reader.ReadBytes(reader.ReadUInt16LittleEndian()) };
                break;
            case TransactionManagerRequestType.Begin:
                request = request.WithNew(ref reader);
                break;
            case TransactionManagerRequestType.Promote:
                break;
            case TransactionManagerRequestType.Commit:
            case TransactionManagerRequestType.Rollback:
                request = request with { Name = ReadName(ref reader), Flags = reader.ReadByte() };
                // Without the flag they SHOULD NOT be there, which is not MUST NOT.
                if (request.Begins || reader.Remaining > 0)
                    request = request.WithNew(ref reader);
                break;
            case TransactionManagerRequestType.Save:
                request = request with { Name = ReadName(ref reader) };
                break;
            default:
                throw new ProtocolException("A request to the transaction manager is of an unknown type.");
        }
        reader.End();
        return request;
    }

    public void Encode(WireWriter writer)
    {
        Headers.Write(writer);
        writer.WriteUInt16LittleEndian((ushort)Type);
        switch (Type)
        {
            case TransactionManagerRequestType.GetDtcAddress:
            case TransactionManagerRequestType.PropagateTransaction:
                writer.WriteUInt16LittleEndian((ushort)Data.Length);
                writer.WriteBytes(Data);
                break;
            case TransactionManagerRequestType.Commit:
            case TransactionManagerRequestType.Rollback:
                WriteName(writer, Name);
                writer.WriteByte(Flags);
                break;
            case TransactionManagerRequestType.Save:
                WriteName(writer, Name);
                break;
        }
        if (!HasNew)
            return;
        writer.WriteByte((byte)Isolation);
        WriteName(writer, NewName);
    }

    /// <summary>Writes a request of the gateway's own that ends a transaction and begins none, outside of MARS.</summary>
    /// <param name="type">Commit or Rollback.</param>
    public static void EncodeEnd(
        WireWriter writer, TdsVersion version, TransactionManagerRequestType type, ulong transactionDescriptor)
    {
        if (type is not (TransactionManagerRequestType.Commit or TransactionManagerRequestType.Rollback))
            throw new ArgumentOutOfRangeException(nameof(type));
        AllHeaders.Write(writer, version, transactionDescriptor, outstandingRequestCount: 1);
        writer.WriteUInt16LittleEndian((ushort)type);
        WriteName(writer, default);
        writer.WriteByte(0);
    }

    private TransactionManagerRequest WithNew(scoped ref WireReader reader)
    {
        var isolation = (TransactionIsolation)reader.ReadByte();
        if (isolation > TransactionIsolation.Snapshot)
            throw new ProtocolException("A request to the transaction manager asks for an unknown isolation level.");
        return this with { HasNew = true, Isolation = isolation, NewName = ReadName(ref reader) };
    }

    /// <summary>B_VARBYTE: the length is of bytes.</summary>
    private static ReadOnlySpan<byte> ReadName(scoped ref WireReader reader)
    {
        var name = reader.ReadBytes(reader.ReadByte());
        if (name.Length % sizeof(char) != 0)
            throw new ProtocolException("A transaction's name ends inside a character.");
        return name;
    }

    private static void WriteName(WireWriter writer, ReadOnlySpan<byte> name)
    {
        writer.WriteByte((byte)name.Length);
        writer.WriteBytes(name);
    }
}
