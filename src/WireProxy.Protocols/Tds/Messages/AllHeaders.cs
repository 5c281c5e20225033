using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Messages;

/// <summary>
/// ALL_HEADERS: what stands before the text of a SQLBatch, the calls of an RPC and the request to the transaction manager,
/// since TDS 7.2 (MS-TDS 2.2.5.3). Each header stands there at most once. In a request of an earlier version it is empty.
/// </summary>
public readonly ref struct AllHeaders
{
    private const int HeaderLength = 6;
    private const int TransactionLength = 12;

    private AllHeaders(ReadOnlySpan<byte> bytes) => Bytes = bytes;

    /// <summary>The headers as they came, with their total length; empty in a request of TDS 7.1 and before.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>There is a transaction descriptor header. The specification asks for it, and this reader does not miss it.</summary>
    public bool HasTransaction { get; private init; }

    /// <summary>The transaction that the request belongs to; 0 for none (2.2.5.3.2).</summary>
    public ulong TransactionDescriptor { get; private init; }

    /// <summary>Requests that are active on the connection, this one among them; 1 without MARS.</summary>
    public uint OutstandingRequestCount { get; private init; }

    /// <summary>NotifyId, SSBDeployment and the timeout of a query notification, as they came; empty if none (2.2.5.3.1).</summary>
    public ReadOnlySpan<byte> QueryNotification { get; private init; }

    /// <summary>The 16 bytes of the client's activity and its 32-bit number in it; empty if none (2.2.5.3.3).</summary>
    public ReadOnlySpan<byte> TraceActivity { get; private init; }

    /// <summary>Reads the headers at the beginning of a request; nothing where the version has none.</summary>
    internal static AllHeaders Read(scoped ref WireReader reader, TdsVersion version)
    {
        if (version < TdsVersion.V72)
            return default;
        var bytes = reader.RemainingBytes;
        uint total = reader.ReadUInt32LittleEndian();
        if (total < sizeof(uint) || total > (uint)bytes.Length)
            throw new ProtocolException("A request's headers are longer than the request, or shorter than their own length.");
        bytes = bytes[..(int)total];
        reader.ReadBytes(bytes.Length - sizeof(uint));
        return Decode(bytes);
    }

    private static AllHeaders Decode(ReadOnlySpan<byte> bytes)
    {
        var headers = new AllHeaders(bytes);
        var reader = new WireReader(bytes);
        reader.ReadUInt32LittleEndian();
        int seen = 0;
        while (reader.Remaining > 0)
        {
            uint length = reader.ReadUInt32LittleEndian();
            var type = (RequestHeaderType)reader.ReadUInt16LittleEndian();
            if (length < HeaderLength || length - HeaderLength > (uint)reader.Remaining)
                throw new ProtocolException("A request's header is longer than its headers, or shorter than its own length.");
            var data = reader.ReadBytes((int)length - HeaderLength);
            // An unknown type is refused in With, before its number could shift out of the set.
            headers = headers.With(type, data);
            int bit = 1 << (int)type;
            if ((seen & bit) != 0)
                throw new ProtocolException("A request has a header twice.");
            seen |= bit;
        }
        return headers;
    }

    private AllHeaders With(RequestHeaderType type, ReadOnlySpan<byte> data)
    {
        var reader = new WireReader(data);
        switch (type)
        {
            case RequestHeaderType.QueryNotifications:
                reader.ReadBytes(reader.ReadUInt16LittleEndian());
                reader.ReadBytes(reader.ReadUInt16LittleEndian());
                if (reader.Remaining > 0)
                    reader.ReadUInt32LittleEndian();
                reader.End();
                return this with { QueryNotification = data };
            case RequestHeaderType.TransactionDescriptor:
                ulong descriptor = reader.ReadUInt64LittleEndian();
                uint count = reader.ReadUInt32LittleEndian();
                reader.End();
                return this with { HasTransaction = true, TransactionDescriptor = descriptor, OutstandingRequestCount = count };
            case RequestHeaderType.TraceActivity:
                reader.ReadBytes(20);
                reader.End();
                return this with { TraceActivity = data };
            default:
                throw new ProtocolException("A request has a header of an unknown type.");
        }
    }

    /// <summary>Writes the headers as they came.</summary>
    internal void Write(WireWriter writer) => writer.WriteBytes(Bytes);

    /// <summary>Writes a transaction descriptor header alone, or nothing where the version has no headers.</summary>
    internal static void Write(WireWriter writer, TdsVersion version, ulong transactionDescriptor, uint outstandingRequestCount)
    {
        if (version < TdsVersion.V72)
            return;
        writer.WriteUInt32LittleEndian(sizeof(uint) + HeaderLength + TransactionLength);
        writer.WriteUInt32LittleEndian(HeaderLength + TransactionLength);
        writer.WriteUInt16LittleEndian((ushort)RequestHeaderType.TransactionDescriptor);
        writer.WriteUInt64LittleEndian(transactionDescriptor);
        writer.WriteUInt32LittleEndian(outstandingRequestCount);
    }
}
