using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;

namespace WireProxy.Cli.Replay.Tds;

/// <summary>Reads a bulk load: the client's own columns and rows, as tokens like those of an answer (MS-TDS 2.2.6.1).</summary>
internal sealed class BulkDecoder(TokenFormat format) : ITokenSink
{
    private readonly TokenStream _tokens = new(format with { IsBulkLoad = true });
    private List<ReplayEvent> _events = [];
    private DateTime _time;
    private bool _isUnreadable;

    public void Add(DateTime time, MessagePart part, List<ReplayEvent> events)
    {
        (_time, _events) = (time, events);
        if (_isUnreadable)
            return;
        try
        {
            _tokens.Add(part.Payload, this);
            if (part.EndsMessage)
                _tokens.End(this);
        }
        catch (ProtocolException exception)
        {
            _isUnreadable = true;
            events.Add(new NotShown(time, $"the rest of a bulk load, which cannot be read: {exception.Message}"));
        }
    }

    public void Take(Token token)
    {
        if (token.Type == TokenType.ColMetadata && _tokens.Tokens.Columns is { } columns)
            _events.Add(new RowsBegin(_time, RowEvents.Columns(columns), FromClient: true));
    }

    public void TakeRow(in RowHeader row, ReadOnlySpan<byte> bytes) =>
        _events.Add(new RowDelivered(_time, RowEvents.Values(row, bytes), FromClient: true));

    public void PassOverRow() => _events.Add(new NotShown(_time, "a row too large for a replay; it is in the journal"));
}
