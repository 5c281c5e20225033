using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace WireProxy.Relay.Transport;

/// <summary>One leg's bytes, plain or inside TLS. One reader and one writer at a time; <see cref="Abort"/> from any thread ends both,
/// which then fail with <see cref="IOException"/>, <see cref="SocketException"/> or <see cref="ObjectDisposedException"/>.</summary>
internal abstract class ByteTransport
{
    /// <summary>Receives into <paramref name="buffer"/>; 0 means that the peer has closed. An empty buffer waits until something can be read.</summary>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer);

    /// <summary>Sends all of <paramref name="bytes"/>.</summary>
    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Says to the peer that nothing more will be sent, and goes on receiving.</summary>
    public abstract ValueTask ShutdownSendAsync();

    /// <summary>Makes a pending receive return 0 while sending stays possible. From any thread.</summary>
    public abstract void AbortReceive();

    /// <summary>Ends both directions, from any thread: what is pending completes, at the peer's end or with a fault.</summary>
    public abstract void Abort();

    /// <summary>As <see cref="Abort"/>, and the peer's own sending fails at once: it may wait for room to send what nobody will read.</summary>
    public virtual void Reset() => Abort();

    /// <summary>Gives the descriptor back. Nothing may be pending.</summary>
    public abstract void Release();

    /// <summary>The TLS version and cipher suite, or null where the leg is plain.</summary>
    public virtual string? TlsDescription => null;

    /// <summary>The certificate that the peer showed in TLS.</summary>
    public virtual X509Certificate? PeerCertificate => null;
}

/// <summary>A TLS session over a plain transport.</summary>
internal sealed class TlsTransport(SslStream stream, ByteTransport plain) : ByteTransport
{
    public override string TlsDescription => $"{stream.SslProtocol} {stream.NegotiatedCipherSuite}";

    public override X509Certificate? PeerCertificate => stream.RemoteCertificate;

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => stream.ReadAsync(buffer);

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => stream.WriteAsync(bytes);

    public override async ValueTask ShutdownSendAsync()
    {
        try
        {
            await stream.ShutdownAsync();
            await plain.ShutdownSendAsync();
        }
        catch (Exception e) when (e is IOException or SocketException or InvalidOperationException)
        {
            // The peer was faster; its own end is what the receiving side reports.
        }
    }

    public override void AbortReceive() => plain.AbortReceive();

    public override void Abort() => plain.Abort();

    public override void Reset() => plain.Reset();

    public override void Release()
    {
        stream.Dispose();
        plain.Release();
    }
}
