using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Smp;
using WireProxy.Protocols.Wire;

namespace WireProxy.Fuzz.Tds.Requests;

/// <summary>
/// What must hold for any payload: it decodes or is refused with a <see cref="ProtocolException"/>; what decodes is written
/// again with the same meaning, mostly to the same bytes; and no input makes a decoder allocate out of proportion to its
/// length. Other exceptions pass through to the caller: they are findings.
/// </summary>
public sealed class RequestOracle : IDisposable
{
    /// <summary>An option of five bytes becomes an element and at most a small object.</summary>
    private const int AllocationPerByte = 128;
    private const int AllocationAtAll = 16 * 1024;

    private readonly WireWriter _output = new();
    private readonly WireWriter _again = new();

    /// <summary>Checks one message's payload.</summary>
    /// <returns>What is wrong, or null.</returns>
    public string? CheckPayload(RequestCodec codec, TdsVersion version, ReadOnlySpan<byte> payload)
    {
        _output.Clear();
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            codec.Recode(payload, version, _output);
        }
        catch (ProtocolException)
        {
            return null;
        }
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (allocated > AllocationAtAll + (long)AllocationPerByte * payload.Length)
            return $"{codec}: {allocated} bytes allocated for a payload of {payload.Length}";
        string meaning = codec.Describe(payload, version);
        if (codec.KeepsBytes)
            return _output.WrittenSpan.SequenceEqual(payload) ? null : $"{codec}: decoded and written again to other bytes";
        if (codec.Describe(_output.WrittenSpan, version) != meaning)
            return $"{codec}: decoded and written again with another meaning";
        _again.Clear();
        codec.Recode(_output.WrittenSpan, version, _again);
        return _again.WrittenSpan.SequenceEqual(_output.WrittenSpan) ? null : $"{codec}: written a second time to other bytes";
    }

    /// <summary>Checks that a stream gives the same messages, or the same refusal, at once and in pieces.</summary>
    public static string? CheckPackets(ReadOnlySpan<byte> stream, int pieceLength)
    {
        string whole = Read(stream, stream.Length);
        string pieces = Read(stream, pieceLength);
        return whole == pieces ? null : $"in pieces of {pieceLength} bytes it reads {pieces}, at once {whole}";
    }

    /// <summary>The same for a stream of SMP packets.</summary>
    public static string? CheckSmp(ReadOnlySpan<byte> stream, int pieceLength)
    {
        string whole = ReadSmp(stream, stream.Length);
        string pieces = ReadSmp(stream, pieceLength);
        return whole == pieces ? null : $"in pieces of {pieceLength} bytes it reads {pieces}, at once {whole}";
    }

    /// <summary>The packets of a stream as those of one session: whatever comes, it holds no more than its window and sends no more than the
    /// peer's.</summary>
    /// <param name="consumedEvery">After so many packets one is taken in.</param>
    public static string? CheckSmpSession(ReadOnlySpan<byte> stream, int consumedEvery)
    {
        var reader = new SmpReader();
        var session = new SmpSession(0);
        int held = 0;
        uint last = 0;
        bool isFar = false;
        try
        {
            for (int packets = 1; reader.TryRead(ref stream, out var part);)
            {
                if (!part.BeginsPacket)
                    continue;
                bool wasOver = session.FinReceived;
                if (session.Receive(part.Packet))
                    held++;
                if (held > SmpHeader.InitialWindow)
                    return $"{held} packets are held";
                if (wasOver && part.Packet.Flags != SmpFlags.Ack)
                    return "something is taken behind the peer's end";
                if (packets++ % consumedEvery == 0 && held-- > 0)
                    session.Consumed();
                held = Math.Max(held, 0);
                if (!session.CanSend)
                    continue;
                var sent = session.NextData(0);
                // A window that is half of all numbers away is as good as none.
                isFar |= part.Packet.Window > int.MaxValue;
                if (sent.SequenceNumber != ++last || (!isFar && sent.SequenceNumber > part.Packet.Window))
                    return $"packet {sent.SequenceNumber} is sent into a window up to {part.Packet.Window}";
            }
        }
        catch (ProtocolException)
        {
            // Refused.
        }
        return null;
    }

    public void Dispose()
    {
        _output.Dispose();
        _again.Dispose();
    }

    private static string Read(ReadOnlySpan<byte> stream, int pieceLength)
    {
        var reader = new MessageReader();
        using var text = new StringWriter();
        try
        {
            while (!stream.IsEmpty)
            {
                var piece = stream[..Math.Min(pieceLength, stream.Length)];
                stream = stream[piece.Length..];
                while (reader.TryRead(ref piece, out var part))
                {
                    if (part.BeginsMessage)
                        text.Write($"{part.Packet.Type} {part.FirstStatus}:");
                    text.Write(Convert.ToHexString(part.Payload));
                    if (part.EndsPacket)
                        text.Write(part.EndsMessage ? $"!{part.IsGivenUp};" : $"({part.Packet.Length})");
                }
            }
            text.Write(reader.IsInMessage);
        }
        catch (ProtocolException exception)
        {
            text.Write(exception.Message);
        }
        return text.ToString();
    }

    private static string ReadSmp(ReadOnlySpan<byte> stream, int pieceLength)
    {
        var reader = new SmpReader();
        using var text = new StringWriter();
        try
        {
            while (!stream.IsEmpty)
            {
                var piece = stream[..Math.Min(pieceLength, stream.Length)];
                stream = stream[piece.Length..];
                while (reader.TryRead(ref piece, out var part))
                {
                    if (part.BeginsPacket)
                        text.Write($"{part.Packet}:");
                    text.Write(Convert.ToHexString(part.Payload));
                    if (part.EndsPacket)
                        text.Write(';');
                }
            }
            text.Write(reader.IsInPacket);
        }
        catch (ProtocolException exception)
        {
            text.Write(exception.Message);
        }
        return text.ToString();
    }
}
