using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Messages;

/// <summary>
/// RPCRequest (packet type 3): one or more calls of procedures (MS-TDS 2.2.6.6). A view over one whole message; a
/// <c>foreach</c> walks the calls, and throws where one of them breaks the protocol. Sessions with enclaves cannot be read:
/// see <see cref="SqlBatch"/>.
/// </summary>
public readonly ref struct RpcRequest
{
    private readonly ReadOnlySpan<byte> _message;
    private readonly int _firstCall;
    private readonly TdsVersion _version;

    private RpcRequest(ReadOnlySpan<byte> message, int firstCall, TdsVersion version, AllHeaders headers)
    {
        _message = message;
        _firstCall = firstCall;
        _version = version;
        Headers = headers;
    }

    public AllHeaders Headers { get; }

    /// <summary>Reads the headers; the calls are read as they are walked.</summary>
    /// <param name="message">The payload of all packets.</param>
    /// <exception cref="ProtocolException">The headers break the protocol, or no call follows them.</exception>
    public static RpcRequest Decode(ReadOnlySpan<byte> message, TdsVersion version)
    {
        var reader = new WireReader(message);
        var headers = AllHeaders.Read(ref reader, version);
        if (reader.Remaining == 0)
            throw new ProtocolException("An RPC request calls nothing.");
        return new RpcRequest(message, reader.Position, version, headers);
    }

    /// <summary>Walks all calls and all parameters, so that nothing behind them is found wrong later.</summary>
    /// <returns>How many calls there are: 1 at least.</returns>
    public int CountCalls()
    {
        int count = 0;
        foreach (var _ in this)
            count++;
        return count;
    }

    public Enumerator GetEnumerator() => new(_message, _firstCall, _version);

    /// <summary>Writes the message again: the headers, then each call as it came, with what ended it.</summary>
    public void Encode(WireWriter writer)
    {
        Headers.Write(writer);
        foreach (var call in this)
            call.Encode(writer);
    }

    /// <summary>
    /// Writes the headers of a request outside of MARS and the beginning of its only call, by number; parameters follow by
    /// <see cref="RpcParameter.EncodeHead"/> and a value each.
    /// </summary>
    public static void Begin(
        WireWriter writer, TdsVersion version, ProcedureId procedure, RpcOptions options = default, ulong transactionDescriptor = 0)
    {
        AllHeaders.Write(writer, version, transactionDescriptor, outstandingRequestCount: 1);
        RpcCall.EncodeHead(writer, procedure, options);
    }

    /// <inheritdoc cref="Begin(WireWriter, TdsVersion, ProcedureId, RpcOptions, ulong)"/>
    public static void Begin(
        WireWriter writer, TdsVersion version, ReadOnlySpan<char> procedure, RpcOptions options = default,
        ulong transactionDescriptor = 0)
    {
        AllHeaders.Write(writer, version, transactionDescriptor, outstandingRequestCount: 1);
        RpcCall.EncodeHead(writer, procedure, options);
    }

    /// <summary>Walks the calls of a request.</summary>
    public ref struct Enumerator
    {
        private readonly ReadOnlySpan<byte> _message;
        private readonly TdsVersion _version;
        private int _next;

        internal Enumerator(ReadOnlySpan<byte> message, int firstCall, TdsVersion version)
        {
            _message = message;
            _next = firstCall;
            _version = version;
            Current = default;
        }

        public RpcCall Current { get; private set; }

        /// <exception cref="ProtocolException">The next call breaks the protocol.</exception>
        public bool MoveNext()
        {
            if (_next == _message.Length)
                return false;
            Current = RpcCall.Read(_message, _next, _version);
            _next = Current.Offset + Current.Length;
            return true;
        }
    }
}
