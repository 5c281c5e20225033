using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Cli.Replay.Tds;

/// <summary>Reads what the client was sent, after masking.</summary>
internal sealed class ServerDecoder(Exchange exchange) : IMessageDecoder, ITokenSink
{
    private readonly Dictionary<ushort, IReadOnlyList<string>> _totals = [];
    private TokenStream? _stream;
    private List<ReplayEvent> _events = [];
    private DateTime _time;
    private bool _isUnreadable;

    public void Add(DateTime time, MessagePart part, List<ReplayEvent> events)
    {
        (_time, _events) = (time, events);
        if (part.BeginsMessage)
            Begin();
        if (_isUnreadable)
            return;
        try
        {
            _stream!.Add(part.Payload, this);
            if (part.EndsMessage)
                _stream.End(this);
        }
        catch (ProtocolException exception)
        {
            _isUnreadable = true;
            _stream!.Forget();
            events.Add(new NotShown(time, $"the rest of an answer, which cannot be read: {exception.Message}"));
        }
    }

    public void Forget() => _stream?.Forget();

    private void Begin()
    {
        _isUnreadable = false;
        // Before the first request nothing has to be read that differs: the version is known by then, or guessed.
        if (_stream is null || (exchange.Format is { } format && _stream.Tokens.Format != format))
            _stream = new TokenStream(exchange.Format ?? new TokenFormat(TdsVersion.V74));
        // The rows of a fetch may come without columns: they are those that opening the cursor told.
        if (exchange.Current?.Cursor?.Columns is { } columns)
            _stream.Tokens.Columns = columns;
    }

    public void Take(Token token)
    {
        switch (token.Type)
        {
            case TokenType.ColMetadata:
                if (_stream!.Tokens.Columns is { Columns.Count: > 0 } columns)
                    _events.Add(new RowsBegin(_time, RowEvents.Columns(columns)));
                break;
            case TokenType.AltMetadata:
                var totals = AltMetadata.Decode(token.Bytes, _stream!.Tokens.Format);
                _totals[totals.Id] = [.. totals.Columns.Select(total => total.Name)];
                break;
            case TokenType.Error or TokenType.Info:
                _events.Add(new ServerMessageDelivered(_time, ServerMessage.Decode(token.Bytes, _stream!.Tokens.Format)));
                break;
            case TokenType.Done or TokenType.DoneProc or TokenType.DoneInProc:
                _events.Add(new DoneDelivered(_time, Done.Decode(token.Bytes, _stream!.Tokens.Format)));
                if (token.Type == TokenType.DoneProc)
                    exchange.Answered();
                break;
            case TokenType.ReturnValue:
                Returned(ReturnValue.Decode(token.Bytes, _stream!.Tokens.Format));
                break;
            case TokenType.ReturnStatus:
                _events.Add(new StatusReturned(_time, ReturnStatus.Decode(token.Bytes).Value));
                break;
            case TokenType.EnvChange:
                Changed(EnvChange.Decode(token.Bytes));
                break;
        }
    }

    public void TakeRow(in RowHeader row, ReadOnlySpan<byte> bytes)
    {
        var values = RowEvents.Values(row, bytes);
        _events.Add(row.Type == TokenType.AltRow
            ? new TotalsDelivered(_time, _totals.GetValueOrDefault(AltRow.ReadId(bytes)) ?? [], values)
            : new RowDelivered(_time, values));
    }

    public void PassOverRow() => _events.Add(new NotShown(_time, "a row too large for a replay; it is in the journal"));

    private void Returned(ReturnValue value)
    {
        _events.Add(new OutputReturned(_time, value.Name, TdsTypeName.Of(value.Type), TdsValueText.Of(value.Type, value.Value)));
        if (value.Type.Type is DataType.IntN or DataType.Int4 && !value.Value.IsNull && value.Value.ToObject(value.Type) is long number)
            exchange.Returned(number, _stream!.Tokens.Columns);
    }

    private void Changed(EnvChange change)
    {
        ReplayEvent? happened = change.Type switch
        {
            EnvChangeType.Database => new ParameterReported(_time, "database", change.NewText),
            EnvChangeType.Language => new ParameterReported(_time, "language", change.NewText),
            EnvChangeType.BeginTransaction => new TransactionChanged(_time, "begun"),
            EnvChangeType.CommitTransaction => new TransactionChanged(_time, "committed"),
            EnvChangeType.RollbackTransaction => new TransactionChanged(_time, "rolled back"),
            EnvChangeType.EnlistTransaction => new TransactionChanged(_time, "enlisted in another"),
            EnvChangeType.DefectTransaction => new TransactionChanged(_time, "left"),
            EnvChangeType.TransactionEnded => new TransactionChanged(_time, "ended"),
            _ => null,
        };
        if (happened is not null)
            _events.Add(happened);
    }
}
