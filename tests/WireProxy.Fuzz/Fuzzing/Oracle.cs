using WireProxy.Fuzz.Codecs;
using WireProxy.Fuzz.Corpus;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;

namespace WireProxy.Fuzz.Fuzzing;

/// <summary>
/// What must hold for any bytes: they decode or are refused with a <see cref="ProtocolException"/>; what decodes is written
/// again to the same bytes; and no input makes a decoder allocate out of proportion to its own length. Other exceptions
/// pass through to the caller: they are findings.
/// </summary>
public sealed class Oracle : IDisposable
{
    /// <summary>A value of two bytes (its code and its end) becomes an array element and at most a small object.</summary>
    private const int AllocationPerByte = 128;
    private const int AllocationAtAll = 16 * 1024;

    private static readonly Dictionary<(Sender, byte), MessageCodec[]> CodecsByType =
        MessageCodec.All.GroupBy(codec => (codec.Sender, codec.Type)).ToDictionary(group => group.Key, group => group.ToArray());

    private readonly WireWriter _output = new();

    /// <summary>Checks a stream of frames up to its first incomplete, unknown or refused one.</summary>
    /// <returns>How many frames were taken, decoded or refused, and what is wrong, or null.</returns>
    public (int Frames, string? Problem) CheckFrames(Sender sender, ReadOnlySpan<byte> stream)
    {
        int frames = 0;
        while (TryReadFrame(stream, out byte type, out int length))
        {
            bool known = sender == Sender.Frontend ? Frame.IsFrontend(type) : Frame.IsBackend(type);
            if (known != CodecsByType.ContainsKey((sender, type)))
                return (frames, $"the type table and the codecs disagree about 0x{type:x2}");
            if (!known)
                break;
            foreach (var codec in CodecsByType[(sender, type)])
            {
                if (CheckBody(codec, stream[Frame.HeaderLength..length]) is { } problem)
                    return (frames, problem);
            }
            stream = stream[length..];
            frames++;
        }
        return (frames, null);
    }

    /// <summary>Checks one message's body.</summary>
    /// <returns>What is wrong, or null.</returns>
    public string? CheckBody(MessageCodec codec, ReadOnlySpan<byte> body)
    {
        _output.Clear();
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            codec.Recode(body, _output);
        }
        catch (ProtocolException)
        {
            return null;
        }
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (allocated > AllocationAtAll + (long)AllocationPerByte * body.Length)
            return $"{codec}: {allocated} bytes allocated for a body of {body.Length}";
        var written = _output.WrittenSpan;
        if (written[0] != codec.Type || !written[Frame.HeaderLength..].SequenceEqual(body))
            return $"{codec}: decoded and written again to other bytes";
        if (!Frame.TryReadHeader(written, out _, out int length) || length != written.Length)
            return $"{codec}: written with a wrong length";
        codec.Describe(body);
        return null;
    }

    /// <summary>Checks an untyped packet of start-up.</summary>
    /// <returns>What is wrong, or null.</returns>
    public string? CheckStartup(ReadOnlySpan<byte> packet)
    {
        _output.Clear();
        try
        {
            if (!StartupPacket.TryReadLength(packet, out int length) || length > packet.Length)
                return null;
            packet = packet[..length];
            StartupPacket.Decode(packet).Encode(_output);
        }
        catch (ProtocolException)
        {
            return null;
        }
        StartupCodec.Describe(packet);
        return _output.WrittenSpan.SequenceEqual(packet) ? null : "startup: decoded and written again to other bytes";
    }

    /// <summary>False where the frame is not complete, and where its length is refused: the connection would end here.</summary>
    private static bool TryReadFrame(ReadOnlySpan<byte> stream, out byte type, out int length)
    {
        try
        {
            return Frame.TryReadHeader(stream, out type, out length) && length <= stream.Length;
        }
        catch (ProtocolException)
        {
            type = 0;
            length = 0;
            return false;
        }
    }

    public void Dispose() => _output.Dispose();
}
