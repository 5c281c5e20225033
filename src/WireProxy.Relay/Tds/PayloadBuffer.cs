using System.Buffers;

namespace WireProxy.Relay.Tds;

/// <summary>Payload of packets, joined, of which the front is consumed token by token. Rented while it holds anything.</summary>
internal sealed class PayloadBuffer
{
    private byte[] _bytes = [];
    private int _start;
    private int _end;

    public bool IsEmpty => _start == _end;

    public ReadOnlySpan<byte> Unread => _bytes.AsSpan(_start, _end - _start);

    public void Add(ReadOnlySpan<byte> payload)
    {
        if (_start == _end)
            _start = _end = 0;
        if (_bytes.Length - _end < payload.Length)
            MakeRoom(payload.Length);
        payload.CopyTo(_bytes.AsSpan(_end));
        _end += payload.Length;
    }

    public void Clear() => _start = _end = 0;

    public void Consume(int count) => _start += count;

    public void Release()
    {
        byte[] bytes = _bytes;
        _bytes = [];
        _start = _end = 0;
        if (bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(bytes);
    }

    private void MakeRoom(int count)
    {
        int unread = _end - _start;
        if (_bytes.Length >= unread + count)
        {
            Buffer.BlockCopy(_bytes, _start, _bytes, 0, unread);
        }
        else
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(16 * 1024, (unread + count) * 2));
            Unread.CopyTo(larger);
            if (_bytes.Length > 0)
                ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }
        (_start, _end) = (0, unread);
    }
}
