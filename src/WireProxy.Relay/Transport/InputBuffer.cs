using System.Buffers;
using System.Security.Cryptography;

namespace WireProxy.Relay.Transport;

/// <summary>
/// What was received on one leg and not yet consumed, always contiguous, so that a parser works on a span.
/// A connection that waits holds half a KiB and receives straight into it: a short message costs one system call. One that
/// has more to say is given a large pooled buffer, and gives it back before it waits again.
/// </summary>
internal sealed class InputBuffer
{
    public const int SmallBytes = 512;
    public const int LargeBytes = 128 * 1024;

    private readonly byte[] _small = GC.AllocateUninitializedArray<byte>(SmallBytes);
    private byte[] _buffer;
    private int _start;
    private int _end;
    private int _required;
    private bool _expectMore;

    public InputBuffer() => _buffer = _small;

    public ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start, _end - _start);

    public int Length => _end - _start;

    /// <summary>A run of unread bytes; valid until the next <see cref="Reserve"/>.</summary>
    public ReadOnlyMemory<byte> Slice(int offset, int length) => _buffer.AsMemory(_start + offset, length);

    public void Consume(int count) => _start += count;

    /// <summary>Consumes bytes that must not stay behind in a buffer that others will be given.</summary>
    public void Wipe(int count)
    {
        CryptographicOperations.ZeroMemory(_buffer.AsSpan(_start, count));
        Consume(count);
    }

    /// <summary>The unread bytes are the beginning of something of this length that is needed whole.</summary>
    public void Require(int length) => _required = length;

    /// <summary>Room for the next receive. Empty: wait for readiness with an empty receive, then call <see cref="ReserveLarge"/>.</summary>
    public Memory<byte> Reserve()
    {
        if (_start == _end)
        {
            _start = _end = 0;
            if (_required <= SmallBytes)
            {
                ReturnLarge();
                return _expectMore ? Memory<byte>.Empty : _small;
            }
        }
        return ReserveLarge();
    }

    public Memory<byte> ReserveLarge()
    {
        int unread = Length;
        int need = Math.Max(_required - unread, SmallBytes);
        bool isSmall = ReferenceEquals(_buffer, _small);
        if (isSmall || _buffer.Length - unread < need)
            MoveTo(ArrayPool<byte>.Shared.Rent(Math.Max(LargeBytes, unread + need)));
        else if (_buffer.Length - _end < need)
            Compact();
        return _buffer.AsMemory(_end);
    }

    public void Received(int count)
    {
        _end += count;
        // A full small buffer means that more is waiting; a short receive into a large one, that the burst is over.
        _expectMore = ReferenceEquals(_buffer, _small) ? _end == SmallBytes : count > SmallBytes / 2;
        if (_end - _start >= _required)
            _required = 0;
    }

    /// <summary>Gives the pooled buffer back. Nothing may be read afterwards.</summary>
    public void Release()
    {
        _start = _end = 0;
        ReturnLarge();
    }

    private void MoveTo(byte[] larger)
    {
        int unread = Length;
        Unread.CopyTo(larger);
        ReturnLarge();
        _buffer = larger;
        _start = 0;
        _end = unread;
    }

    private void Compact()
    {
        int unread = Length;
        Buffer.BlockCopy(_buffer, _start, _buffer, 0, unread);
        _start = 0;
        _end = unread;
    }

    private void ReturnLarge()
    {
        if (ReferenceEquals(_buffer, _small))
            return;
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = _small;
    }
}
