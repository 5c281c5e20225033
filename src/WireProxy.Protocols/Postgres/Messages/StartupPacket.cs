using System.Buffers.Binary;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>
/// What a client sends first, and again after the answer to an SSLRequest or GSSENCRequest: packets without a type byte,
/// a 32-bit length that counts itself, and a 32-bit code. Exactly <see cref="StartupMessage"/>, <see cref="CancelRequest"/>,
/// <see cref="SslRequest"/>, <see cref="GssEncRequest"/> and <see cref="UnsupportedStartup"/> exist.
/// </summary>
public abstract record StartupPacket
{
    /// <summary>The length and the code.</summary>
    public const int MinimumLength = 8;

    /// <summary>PostgreSQL's MAX_STARTUP_PACKET_LENGTH is 10000 bytes without the length field.</summary>
    public const int MaximumLength = 10004;

    private const int LengthFieldLength = 4;

    private protected StartupPacket()
    {
    }

    /// <summary>Reads the length of the whole packet. False asks for more bytes: fewer than four are there.</summary>
    /// <exception cref="ProtocolException">The length is less than 8 or more than 10004. A TLS ClientHello ends here
    /// too: its first four bytes are a length far above the limit.</exception>
    public static bool TryReadLength(ReadOnlySpan<byte> buffer, out int length)
    {
        length = 0;
        if (buffer.Length < LengthFieldLength)
            return false;
        length = BinaryPrimitives.ReadInt32BigEndian(buffer);
        if (length is < MinimumLength or > MaximumLength)
            throw new ProtocolException("A startup packet's length is out of range.");
        return true;
    }

    /// <param name="packet">The whole packet, its length field included.</param>
    public static StartupPacket Decode(ReadOnlySpan<byte> packet)
    {
        if (!TryReadLength(packet, out int length) || length != packet.Length)
            throw new ProtocolException("A startup packet is not as long as it says.");
        var reader = new WireReader(packet);
        reader.ReadInt32();
        int code = reader.ReadInt32();
        StartupPacket decoded = (RequestCode)code switch
        {
            RequestCode.CancelRequest => CancelRequest.Decode(ref reader),
            RequestCode.SslRequest => new SslRequest(),
            RequestCode.GssEncRequest => new GssEncRequest(),
            _ when ProtocolVersion.FromCode(code) is { Major: 3 } version => StartupMessage.Decode(version, ref reader),
            _ => UnsupportedStartup.Decode(ProtocolVersion.FromCode(code), ref reader),
        };
        reader.End();
        return decoded;
    }

    /// <summary>Writes the whole packet, its length included.</summary>
    /// <exception cref="InvalidOperationException">The packet would be longer than <see cref="MaximumLength"/>.</exception>
    public void Encode(WireWriter writer)
    {
        int start = writer.Length;
        writer.WriteInt32(0);
        writer.WriteInt32(Code);
        EncodeBody(writer);
        int length = writer.Length - start;
        if (length > MaximumLength)
            throw new InvalidOperationException("A startup packet has at most 10004 bytes.");
        writer.PatchInt32(start, length);
    }

    private protected abstract int Code { get; }

    private protected abstract void EncodeBody(WireWriter writer);
}
