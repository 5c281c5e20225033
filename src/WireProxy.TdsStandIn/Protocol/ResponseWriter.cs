using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;
using WireProxy.TdsStandIn.Protocol.Mars;

namespace WireProxy.TdsStandIn.Protocol;

/// <summary>One response message: tokens gather in a buffer, packets of them go out as it fills.</summary>
internal sealed class ResponseWriter(Stream stream, MessageWriter packets) : IDisposable
{
    private const int FlushAt = 32 * 1024;

    private readonly WireWriter _output = new();

    /// <summary>Tokens that are not in packets yet.</summary>
    public WireWriter Tokens { get; } = new();

    public TokenFormat Format { get; set; } = new(TdsVersion.V74);

    /// <summary>The connection ends. What has begun to be sent is sent whole where only the request is given up: half a packet would be
    /// followed by another one.</summary>
    public CancellationToken Closing { get; init; }

    /// <summary>Where requests run beside each other: others run while the client takes what is sent here.</summary>
    public Turns? Turns { get; set; }

    /// <summary>Sends packets where enough waits.</summary>
    public async ValueTask FlushAsync(bool force, CancellationToken cancellation)
    {
        if (Tokens.Length < FlushAt && !force)
            return;
        cancellation.ThrowIfCancellationRequested();
        Begin();
        packets.Write(_output, Tokens.WrittenSpan);
        Tokens.Clear();
        if (force)
            packets.Flush(_output);
        await SendAsync(Closing);
    }

    /// <summary>Ends the message.</summary>
    public async ValueTask EndAsync(CancellationToken cancellation)
    {
        Begin();
        packets.Write(_output, Tokens.WrittenSpan);
        Tokens.Release();
        packets.End(_output);
        await SendAsync(cancellation);
    }

    public void Dispose()
    {
        Tokens.Dispose();
        _output.Dispose();
        packets.Dispose();
    }

    private void Begin()
    {
        if (!packets.IsInMessage)
            packets.Begin(PacketType.TabularResult);
    }

    private async ValueTask SendAsync(CancellationToken cancellation)
    {
        if (_output.Length == 0)
            return;
        if (Turns is { } turns)
            await turns.WhileAsync(stream.WriteAsync(_output.WrittenMemory, cancellation));
        else
            await stream.WriteAsync(_output.WrittenMemory, cancellation);
        await stream.FlushAsync(cancellation);
        _output.Clear();
    }
}
