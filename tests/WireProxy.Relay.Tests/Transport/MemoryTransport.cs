using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Tests.Transport;

/// <summary>Keeps what is sent, send by send.</summary>
internal sealed class MemoryTransport : ByteTransport
{
    private readonly List<byte[]> _sent = [];

    public IReadOnlyList<byte[]> Sends => _sent;

    public byte[] Sent => [.. _sent.SelectMany(bytes => bytes)];

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => throw new NotSupportedException();

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        _sent.Add(bytes.ToArray());
        return ValueTask.CompletedTask;
    }

    public override ValueTask ShutdownSendAsync() => ValueTask.CompletedTask;

    public override void AbortReceive()
    {
    }

    public override void Abort()
    {
    }

    public override void Release()
    {
    }
}
