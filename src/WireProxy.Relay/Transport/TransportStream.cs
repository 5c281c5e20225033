namespace WireProxy.Relay.Transport;

/// <summary>A transport as the stream that <see cref="System.Net.Security.SslStream"/> wants, beginning with bytes already received.</summary>
internal sealed class TransportStream(ByteTransport transport, ReadOnlyMemory<byte> received) : CarrierStream
{
    private ReadOnlyMemory<byte> _received = received;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_received.IsEmpty)
            return transport.ReceiveAsync(buffer);
        int count = Math.Min(buffer.Length, _received.Length);
        _received[..count].CopyTo(buffer);
        _received = _received[count..];
        return ValueTask.FromResult(count);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => transport.SendAsync(buffer);
}
