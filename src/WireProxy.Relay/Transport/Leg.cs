using System.Runtime.CompilerServices;
using WireProxy.Relay.Sessions;

namespace WireProxy.Relay.Transport;

/// <summary>One side of a session: its transport and the buffers on it.</summary>
internal sealed class Leg
{
    public Leg(ByteTransport transport)
    {
        Transport = transport;
        Output = new OutputBuffer(transport);
    }

    public ByteTransport Transport { get; private set; }

    public InputBuffer Input { get; } = new();

    public OutputBuffer Output { get; private set; }

    /// <summary>Goes on inside TLS. Nothing may be buffered: bytes from before the handshake must not count as encrypted (CVE-2021-23214).</summary>
    public void Upgrade(ByteTransport transport)
    {
        if (Input.Length > 0 || !Output.IsEmpty)
            throw new InvalidOperationException("Bytes are buffered at the change to TLS.");
        Output.Release();
        Transport = transport;
        Output = new OutputBuffer(transport);
    }

    /// <summary>Receives at least one more byte; false at the peer's end.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> ReceiveAsync()
    {
        Memory<byte> space = Input.Reserve();
        int count = await Transport.ReceiveAsync(space);
        if (space.IsEmpty)
            count = await Transport.ReceiveAsync(Input.ReserveLarge());
        Input.Received(count);
        return count > 0;
    }

    /// <summary>Receives until at least <paramref name="count"/> bytes are unread; false when the peer ends before.</summary>
    public async ValueTask<bool> ReceiveAtLeastAsync(int count)
    {
        Input.Require(count);
        while (Input.Length < count)
        {
            if (!await ReceiveAsync())
                return false;
        }
        // It may all have been there: the wish must not outlive it, or a leg that waits would hold a large buffer.
        Input.Require(0);
        return true;
    }

    /// <summary>Receives and forgets until the peer's end, or until the leg is ended here. Never fails.</summary>
    public async Task DrainAsync()
    {
        try
        {
            do
            {
                Input.Consume(Input.Length);
            }
            while (await ReceiveAsync());
        }
        catch (Exception e) when (SessionFaults.IsOfTransport(e) || e is InvalidOperationException)
        {
            // The peer is gone, or the leg's owner has closed it.
        }
    }

    /// <summary>Tells the peer that nothing more comes; one that has closed already need not be told.</summary>
    public async Task SayNoMoreAsync()
    {
        try
        {
            await Transport.ShutdownSendAsync();
        }
        catch (Exception e) when (SessionFaults.IsOfTransport(e) || e is InvalidOperationException)
        {
            // It is gone.
        }
    }

    /// <summary>Ends both directions, from any thread.</summary>
    public void Abort() => Transport.Abort();

    /// <summary>Gives the socket and the buffers back. Nothing may be pending.</summary>
    public void Release()
    {
        Transport.Release();
        Input.Release();
        Output.Release();
    }
}
