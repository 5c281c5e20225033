using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;

namespace WireProxy.Cli.Replay.Tds;

/// <summary>What is told of a stream of tokens.</summary>
internal interface ITokenSink
{
    void Take(Token token);

    /// <param name="bytes">The whole row with its token.</param>
    void TakeRow(in RowHeader row, ReadOnlySpan<byte> bytes);

    /// <summary>A row too large to be shown was passed over.</summary>
    void PassOverRow();
}

/// <summary>Finds tokens in the payload of one message after another, which comes in pieces of any size.</summary>
internal sealed class TokenStream(TokenFormat format)
{
    /// <summary>A row beyond this is passed over, so that a replay of 1 GB values does not need that much memory.</summary>
    public const int LargestRow = 64 << 20;

    private byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    public TokenReader Tokens { get; private set; } = new(format);

    private ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start, _end - _start);

    /// <exception cref="ProtocolException">The payload is no sequence of tokens.</exception>
    public void Add(ReadOnlySpan<byte> payload, ITokenSink sink)
    {
        if (payload.Length > _buffer.Length - _end)
            MakeRoom(payload.Length);
        payload.CopyTo(_buffer.AsSpan(_end));
        _end += payload.Length;
        while (TryTake(sink))
        {
        }
    }

    /// <summary>The message has ended.</summary>
    /// <exception cref="ProtocolException">It ends inside a token.</exception>
    public void End(ITokenSink sink)
    {
        if (Tokens.InRow)
            throw new ProtocolException("An answer ends inside a row.");
        if (!Unread.IsEmpty)
        {
            if (!Tokens.TryReadLast(Unread, out var token) || token.Bytes.Length != Unread.Length)
                throw new ProtocolException("A message ends inside a token.");
            sink.Take(token);
        }
        (_start, _end) = (0, 0);
    }

    /// <summary>What was begun has no end. The columns of before are kept, for cursors.</summary>
    public void Forget()
    {
        (_start, _end) = (0, 0);
        Tokens = new TokenReader(Tokens.Format) { Columns = Tokens.Columns };
    }

    private bool TryTake(ITokenSink sink)
    {
        var rest = Unread;
        if (Tokens.InRow)
        {
            _start += Tokens.Scanner.Skip(rest);
            if (Tokens.InRow)
                return false;
            sink.PassOverRow();
            return true;
        }
        if (!TokenReader.TryPeek(rest, out var type))
            return false;
        if (!TokenReader.IsRow(type))
        {
            if (!Tokens.TryRead(rest, out var token))
                return rest.Length < LargestRow ? false : throw new ProtocolException("A token is too large to be shown.");
            sink.Take(token);
            _start += token.Bytes.Length;
            return true;
        }
        if (Tokens.TryReadRow(rest, out var row, out var length))
        {
            sink.TakeRow(row, rest[..length]);
            _start += length;
            return true;
        }
        if (rest.Length < LargestRow || !Tokens.TryBeginRow(rest, out row))
            return false;
        _start += row.HeaderLength;
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
