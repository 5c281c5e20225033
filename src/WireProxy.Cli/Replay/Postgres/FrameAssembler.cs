using WireProxy.Protocols.Postgres;

namespace WireProxy.Cli.Replay.Postgres;

/// <summary>Puts one direction's frames together again: a record of the journal ends anywhere in a frame. A frame beyond
/// <see cref="LargestFrame"/> is passed over, so that replaying a session of 1 GB values does not need that much memory.</summary>
internal sealed class FrameAssembler
{
    public const int LargestFrame = 64 << 20;

    private byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;
    private long _passOver;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        var passed = (int)Math.Min(_passOver, bytes.Length);
        _passOver -= passed;
        bytes = bytes[passed..];
        if (bytes.Length > _buffer.Length - _end)
            MakeRoom(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>The next frame; false when more bytes are needed.</summary>
    /// <param name="body">Valid until the next call; empty for a frame that is passed over.</param>
    /// <param name="length">Bytes of the body as the frame states them.</param>
    /// <exception cref="Protocols.Wire.ProtocolException">What was recorded is no sequence of frames.</exception>
    public bool TryRead(out byte type, out ReadOnlySpan<byte> body, out int length)
    {
        body = default;
        length = 0;
        var waiting = _buffer.AsSpan(_start, _end - _start);
        if (!Frame.TryReadHeader(waiting, out type, out var frameLength))
            return false;
        length = frameLength - Frame.HeaderLength;
        if (frameLength > LargestFrame)
        {
            var here = Math.Min(frameLength, waiting.Length);
            _start += here;
            _passOver = frameLength - here;
            return true;
        }
        if (waiting.Length < frameLength)
            return false;
        body = waiting[Frame.HeaderLength..frameLength];
        _start += frameLength;
        return true;
    }

    private void MakeRoom(int bytes)
    {
        var kept = _end - _start;
        var target = kept + bytes <= _buffer.Length ? _buffer : new byte[Math.Max(kept + bytes, _buffer.Length * 2)];
        Buffer.BlockCopy(_buffer, _start, target, 0, kept);
        (_buffer, _start, _end) = (target, 0, kept);
    }
}
