using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Tds;

/// <summary>The answer to the catalog query, taken in as it arrives.</summary>
internal sealed class CatalogAnswer(TokenFormat format, CatalogRead? read = null)
{
    private readonly TokenReader _tokens = new(format);
    private readonly PayloadBuffer _payload = new();

    public CatalogRead Read { get; } = read ?? new CatalogRead();

    /// <summary>The number of the last error; 0 for none.</summary>
    public int Error { get; private set; }

    /// <summary>The status of the last DONE.</summary>
    public DoneStatus Status { get; private set; }

    public void Add(ReadOnlySpan<byte> payload)
    {
        _payload.Add(payload);
        while (TryTake())
        {
        }
    }

    public void Complete()
    {
        if (!_payload.Unread.IsEmpty)
            throw new ProtocolException("An answer ends inside a token.");
        _payload.Release();
        Read.Complete();
    }

    private bool TryTake()
    {
        ReadOnlySpan<byte> rest = _payload.Unread;
        if (!TokenReader.TryPeek(rest, out TokenType type))
            return false;
        if (TokenReader.IsRow(type))
        {
            if (!_tokens.TryReadRow(rest, out RowHeader row, out int length))
                return false;
            Read.Add(row.Layout, TokenReader.Cells(row, rest, length));
            _payload.Consume(length);
            return true;
        }
        if (!_tokens.TryRead(rest, out Token token))
            return false;
        if (token.Type == TokenType.Error)
        {
            Error = ServerMessage.Decode(token.Bytes, format).Number;
            Read.Fail();
        }
        else if (token.Type is TokenType.Done or TokenType.DoneProc or TokenType.DoneInProc)
        {
            Status = Done.Decode(token.Bytes, format).Status;
        }
        _payload.Consume(token.Bytes.Length);
        return true;
    }
}
