using System.Net.Sockets;

namespace WireProxy.Relay.Transport;

/// <summary>A socket as the stream that <see cref="System.Net.Security.SslStream"/> wants, beginning with bytes already received.</summary>
internal sealed class SocketStream(Socket socket, ReadOnlyMemory<byte> received) : NetworkStream(socket, ownsSocket: false)
{
    private ReadOnlyMemory<byte> _received = received;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_received.IsEmpty)
            return base.ReadAsync(buffer, cancellationToken);
        int count = Math.Min(buffer.Length, _received.Length);
        _received[..count].CopyTo(buffer);
        _received = _received[count..];
        return ValueTask.FromResult(count);
    }
}
