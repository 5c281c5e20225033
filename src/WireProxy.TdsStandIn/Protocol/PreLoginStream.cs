using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Wire;

namespace WireProxy.TdsStandIn.Protocol;

/// <summary>Carries a TLS handshake inside of PRELOGIN packets (MS-TDS 2.2.6.5); afterwards the bytes go as they are.</summary>
internal sealed class PreLoginStream(Stream inner) : Stream
{
    private readonly byte[] _header = new byte[PacketHeader.Size];
    private int _left;

    /// <summary>Set after the handshake: no more packets.</summary>
    public bool IsTransparent { get; set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        while (!IsTransparent && _left == 0)
        {
            await inner.ReadExactlyAsync(_header, cancellationToken);
            if (!PacketHeader.TryRead(_header, out var header) || header.Type != PacketType.PreLogin)
                throw new ProtocolException("Another packet stands inside the TLS handshake.");
            _left = header.PayloadLength;
        }
        int read = await inner.ReadAsync(_left > 0 ? buffer[..Math.Min(buffer.Length, _left)] : buffer, cancellationToken);
        _left -= _left > 0 ? read : 0;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (IsTransparent)
        {
            await inner.WriteAsync(buffer, cancellationToken);
            return;
        }
        using var output = new WireWriter();
        using var packets = new MessageWriter();
        // A server's packet of TLS records is one of type 18 too; clients read no other.
        packets.WriteMessage(output, PacketType.PreLogin, buffer.Span);
        await inner.WriteAsync(output.WrittenMemory, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
}
