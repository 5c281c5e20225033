using System.Threading.Channels;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Wire;

namespace WireProxy.TdsStandIn.Protocol;

/// <summary>A message of a client, whole.</summary>
/// <param name="IsGivenUp">The client stopped sending it and wants it forgotten.</param>
internal sealed record Request(PacketType Type, PacketStatus Status, byte[] Payload, bool IsGivenUp);

/// <summary>Reads requests while others are being answered, so that an Attention is seen at once.</summary>
/// <param name="attention">Called when an Attention has arrived, before it stands among the requests.</param>
internal sealed class RequestReader(Stream stream, Action attention)
{
    private const int BufferSize = 64 * 1024;
    private const int MaxLength = 512 * 1024 * 1024;
    private const int WaitingRequests = 16;

    private readonly Channel<Request> _requests = Channel.CreateBounded<Request>(WaitingRequests);
    private readonly MessageReader _reader = new();
    private readonly WireWriter _payload = new();

    public ChannelReader<Request> Requests => _requests.Reader;

    /// <summary>Reads until the client is gone; the channel then ends, with the reason where it was a bad one.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        Exception? failure = null;
        byte[] buffer = new byte[BufferSize];
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer, cancellation)) > 0)
                await TakeAsync(buffer.AsMemory(0, read), cancellation);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client went without a word, or the server stops: both end the connection and nothing more.
        }
        catch (ProtocolException error)
        {
            failure = error;
        }
        _payload.Dispose();
        _requests.Writer.TryComplete(failure);
        attention();
    }

    private async ValueTask TakeAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        while (Next(ref bytes) is { } request)
        {
            if (request.Type == PacketType.Attention)
                attention();
            await _requests.Writer.WriteAsync(request, cancellation);
        }
    }

    /// <summary>The next request that ends in these bytes; null where they end before one does.</summary>
    private Request? Next(ref ReadOnlyMemory<byte> bytes)
    {
        var input = bytes.Span;
        while (_reader.TryRead(ref input, out var part))
        {
            if (_payload.Length + part.Payload.Length > MaxLength)
                throw new ProtocolException("A message is longer than the stand-in takes.");
            _payload.WriteBytes(part.Payload);
            if (!part.EndsMessage)
                continue;
            var request = new Request(part.Packet.Type, part.FirstStatus, _payload.WrittenSpan.ToArray(), part.IsGivenUp);
            _payload.Release();
            bytes = bytes[^input.Length..];
            return request;
        }
        bytes = default;
        return null;
    }
}
