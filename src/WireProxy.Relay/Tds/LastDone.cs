using System.Buffers.Binary;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Tokens;

namespace WireProxy.Relay.Tds;

/// <summary>The DONE that ends an answer, found from the end of what was relayed unread: it is the last token, and of known length.</summary>
internal sealed class LastDone(TokenFormat format)
{
    private readonly byte[] _tail = new byte[format.Version >= TdsVersion.V72 ? 13 : 9];
    private int _length;

    /// <summary>Its status; nothing where the answer does not end in one.</summary>
    public DoneStatus Status =>
        _length == _tail.Length && (TokenType)_tail[0] is TokenType.Done or TokenType.DoneProc or TokenType.DoneInProc
            ? (DoneStatus)BinaryPrimitives.ReadUInt16LittleEndian(_tail.AsSpan(1)) : default;

    public void Clear() => _length = 0;

    public void Add(ReadOnlySpan<byte> payload)
    {
        if (payload.Length >= _tail.Length)
        {
            payload[^_tail.Length..].CopyTo(_tail);
            _length = _tail.Length;
            return;
        }
        int kept = Math.Min(_length, _tail.Length - payload.Length);
        _tail.AsSpan(_length - kept, kept).CopyTo(_tail);
        payload.CopyTo(_tail.AsSpan(kept));
        _length = kept + payload.Length;
    }
}
