using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Messages;

/// <summary>The parameters of an <see cref="RpcCall"/>, in the client's order; a <c>foreach</c> walks them.</summary>
public readonly ref struct RpcParameters
{
    private readonly ReadOnlySpan<byte> _message;
    private readonly int _start;
    private readonly int _end;
    private readonly TdsVersion _version;

    internal RpcParameters(ReadOnlySpan<byte> message, int start, int end, int count, TdsVersion version)
    {
        _message = message;
        _start = start;
        _end = end;
        _version = version;
        Count = count;
    }

    public int Count { get; }

    public Enumerator GetEnumerator() => new(_message, _start, _end, _version);

    /// <summary>Walks the parameters of a call.</summary>
    public ref struct Enumerator
    {
        private readonly ReadOnlySpan<byte> _message;
        private readonly int _end;
        private readonly TdsVersion _version;
        private int _next;

        internal Enumerator(ReadOnlySpan<byte> message, int start, int end, TdsVersion version)
        {
            _message = message;
            _next = start;
            _end = end;
            _version = version;
            Current = default;
        }

        public RpcParameter Current { get; private set; }

        public bool MoveNext()
        {
            if (_next == _end)
                return false;
            var reader = new WireReader(_message[_next.._end]);
            Current = RpcParameter.Read(ref reader, _next, _version);
            _next += reader.Position;
            return true;
        }
    }
}
