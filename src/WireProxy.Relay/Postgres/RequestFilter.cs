using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Postgres;

/// <summary>
/// Client to server: statements are judged before they pass, everything else is put into <see cref="InFlight"/> as it passes.
/// A refused message is replaced by a stand-in that the server itself refuses, so that its error state, its transaction and
/// its skipping to the next Sync are the server's own; the response side words the refusal in the place of that error.
/// </summary>
internal sealed class RequestFilter : IFilter
{
    /// <summary>A Bind up to this size is read whole; a longer one streams past <see cref="BindScanner"/>.</summary>
    private const int WholeBindBytes = 64 * 1024;

    private readonly PostgresSession _session;
    private readonly StatementGate _gate;
    private readonly PortalNotes _notes;
    private readonly WireWriter _scratch = new();
    private BindScanner? _bind;
    private int _streaming;
    private bool _streamsDurably;
    private bool _resumes;
    private int _discarding;
    private FrontendMessageType _discardedType;
    private Refusal? _discardedFor;
    private bool _inCopyData;
    private bool _ended;

    public RequestFilter(PostgresSession session)
    {
        _session = session;
        _notes = new PortalNotes(session);
        _gate = new StatementGate(session, new NamedStatements(), _notes);
    }

    public bool RequiresDurableRecord { get; private set; }

    public bool IsAtFrameBoundary => _streaming == 0;

    public PortalNotes Notes => _notes;

    public ValueTask WaitAsync() => _gate.WaitAsync();

    public FilterStep Process(InputBuffer input, OutputBuffer output)
    {
        RequiresDurableRecord = false;
        if (!_resumes)
            _session.View.RequestArrived();
        _resumes = false;
        while (true)
        {
            if (!Continue(input, output))
                return FilterStep.NeedMore;
            if (!Frame.TryReadHeader(input.Unread, out byte type, out int length))
                return FilterStep.NeedMore;
            if (!Frame.IsFrontend(type) || type == (byte)FrontendMessageType.PasswordMessage)
                throw new ProtocolException($"message type 0x{type:X2} has no place here");
            FilterStep? step = Handle((FrontendMessageType)type, length, input, output);
            if (step is not null)
            {
                _resumes = step == FilterStep.Wait;
                return step.Value;
            }
            // What a client sends after its Terminate nobody reads, here as at the server.
            if (_ended && _streaming == 0)
                return FilterStep.End;
        }
    }

    /// <summary>Goes on with a frame whose header has passed; false where more of it must come.</summary>
    private bool Continue(InputBuffer input, OutputBuffer output)
    {
        if (_streaming > 0)
        {
            int count = Math.Min(_streaming, input.Length);
            _bind?.Scan(input.Unread[..count]);
            PassStreamed(count, input, output);
            if (_streaming > 0)
                return false;
            // The server acts upon the last piece: with it all of the message must be on record.
            RequiresDurableRecord |= _streamsDurably;
            if (_bind is not null)
                FinishBind();
        }
        if (_discarding > 0)
        {
            int count = Math.Min(_discarding, input.Length);
            input.Consume(count);
            _discarding -= count;
            // As the server: no answer before the whole message is there. A client that still sends does not expect one.
            if (_discarding == 0)
                Refuse(_discardedType, _discardedFor!, [], output);
        }
        return _discarding == 0;
    }

    /// <summary>Null: go on with the next frame.</summary>
    private FilterStep? Handle(FrontendMessageType type, int length, InputBuffer input, OutputBuffer output)
    {
        FilterStep? step = HandleKind(type, length, input, output);
        if (type is FrontendMessageType.Parse or FrontendMessageType.Bind or FrontendMessageType.Describe
            or FrontendMessageType.Execute or FrontendMessageType.Close && step is null)
        {
            _session.ExchangeIsOpen = true;
        }
        // What has passed is among the messages under way; a long Bind will be.
        if (step is null && _bind is null)
            _session.Turn?.Entered();
        return step;
    }

    private FilterStep? HandleKind(FrontendMessageType type, int length, InputBuffer input, OutputBuffer output)
    {
        switch (type)
        {
            case FrontendMessageType.Query or FrontendMessageType.Parse or FrontendMessageType.FunctionCall:
                return HandleStatement(type, length, input, output);
            case FrontendMessageType.Bind when length > WholeBindBytes:
                return BeginLongBind(length, input, output);
            case FrontendMessageType.Bind or FrontendMessageType.Describe or FrontendMessageType.Execute or FrontendMessageType.Close:
                return HandleNamed(type, length, input, output);
            case FrontendMessageType.CopyData:
                if (!_inCopyData)
                    _session.InFlight.Add(new Pending(Expectation.CopyData));
                _inCopyData = true;
                RequiresDurableRecord = true;
                Stream(length, input, output, isDurable: true);
                return null;
            case FrontendMessageType.CopyDone or FrontendMessageType.CopyFail:
                _session.InFlight.Add(new Pending(Expectation.CopyEnd));
                break;
            case FrontendMessageType.Flush or FrontendMessageType.Sync when length > Frame.HeaderLength:
                // The server would skip to the next Sync for it, and with that a query of the gateway's own.
                throw new ProtocolException("The message has bytes after its last field.");
            case FrontendMessageType.Sync:
                _session.InFlight.Add(Ending(Expectation.Sync, null));
                EndExchange();
                break;
            case FrontendMessageType.Terminate:
                _ended = true;
                break;
        }
        _inCopyData = false;
        Stream(length, input, output);
        return null;
    }

    private FilterStep? HandleStatement(FrontendMessageType type, int length, InputBuffer input, OutputBuffer output)
    {
        _inCopyData = false;
        int limit = _session.Session.Listener.Options.Limits.InspectedMessageBytes;
        if (length > limit && _session.Policy.IsTransparent)
        {
            _session.InFlight.Add(new Pending(ExpectationOf(type)));
            RequiresDurableRecord = true;
            Stream(length, input, output, isDurable: true);
            return null;
        }
        if (length > limit)
        {
            (_discarding, _discardedType, _discardedFor) = (length, type, Refusals.TooLarge("a message", length, limit));
            return Continue(input, output) ? null : FilterStep.NeedMore;
        }
        if (input.Length < length)
        {
            input.Require(length);
            return FilterStep.NeedMore;
        }
        GateAnswer answer = _gate.Judge(type, input.Unread[Frame.HeaderLength..length], output);
        if (answer.MustWait)
            return FilterStep.Wait;
        if (answer.Refusal is { } refusal)
        {
            Refuse(type, refusal, answer.RecordedText, output);
            input.Consume(length);
            return null;
        }
        RequiresDurableRecord = true;
        _session.InFlight.Add(Ending(ExpectationOf(type), answer.Work));
        if (answer.Work is StatementWork statement)
            _notes.Parsed(statement);
        else
            EndExchange();
        PassBlanked(answer, length, input, output);
        return null;
    }

    private FilterStep? HandleNamed(FrontendMessageType type, int length, InputBuffer input, OutputBuffer output)
    {
        _inCopyData = false;
        int limit = _session.Session.Listener.Options.Limits.InspectedMessageBytes;
        if (length > limit)
            throw new ProtocolException($"a {type} message of {length} bytes is longer than limits.inspected_message ({limit})");
        if (input.Length < length)
        {
            input.Require(length);
            return FilterStep.NeedMore;
        }
        ReadOnlySpan<byte> body = input.Unread[Frame.HeaderLength..length];
        if (_gate.MustWaitToRun(type, body, output, out Refusal? refusal))
            return FilterStep.Wait;
        if (refusal is not null)
        {
            Refuse(type, refusal, [], output);
            input.Consume(length);
            return null;
        }
        switch (type)
        {
            case FrontendMessageType.Bind:
                RequiresDurableRecord = true;
                BindMessage bind = BindMessage.Decode(body);
                _gate.PortalBound(bind.Portal);
                _session.InFlight.Add(new Pending(Expectation.Bind, _notes.Bound(bind)));
                break;
            case FrontendMessageType.Describe:
                _session.InFlight.Add(_notes.Described(DescribeMessage.Decode(body)));
                break;
            case FrontendMessageType.Close:
                _session.InFlight.Add(new Pending(Expectation.Close, _notes.Closed(CloseMessage.Decode(body))));
                break;
            default:
                RequiresDurableRecord = true;
                HandleExecute(ExecuteMessage.Decode(body), output);
                break;
        }
        output.Pass(input.Slice(0, length));
        input.Consume(length);
        return null;
    }

    /// <summary>What ends it is among the messages under way.</summary>
    private void EndExchange()
    {
        _session.Turn?.ExchangeEnds();
        _notes.ExchangeEnds();
        _gate.ExchangeEnds();
        _session.ExchangeIsOpen = false;
    }

    private void HandleExecute(ExecuteMessage execute, OutputBuffer output)
    {
        NameWork work = _notes.Executed(execute, out bool mustDescribe, out StatementEffect effects);
        if (mustDescribe)
        {
            output.Diverge();
            new DescribeMessage(StatementOrPortal.Portal, execute.Portal).Encode(output.BeginOwn());
            _session.InFlight.Add(new Pending(Expectation.DescribePortal, work, IsOurs: true));
        }
        _session.InFlight.Add(new Pending(Expectation.Execute, work));
        _gate.Runs(effects);
    }

    private FilterStep? BeginLongBind(int length, InputBuffer input, OutputBuffer output)
    {
        _inCopyData = false;
        if (input.Length < WholeBindBytes)
        {
            input.Require(WholeBindBytes);
            return FilterStep.NeedMore;
        }
        BindScanner.NamesOf(input.Unread[Frame.HeaderLength..WholeBindBytes], out ReadOnlySpan<byte> portal, out ReadOnlySpan<byte> statement);
        if (_gate.MustWaitToBind(portal, statement, output, out Refusal? refusal))
            return FilterStep.Wait;
        if (refusal is not null)
        {
            (_discarding, _discardedType, _discardedFor) = (length, FrontendMessageType.Bind, refusal);
            return Continue(input, output) ? null : FilterStep.NeedMore;
        }
        RequiresDurableRecord = true;
        _bind = new BindScanner(length - Frame.HeaderLength);
        _streaming = length;
        _streamsDurably = true;
        PassStreamed(Frame.HeaderLength, input, output);
        return null;
    }

    /// <summary>The whole Bind has passed in pieces. Its answer can already be on the way, but cannot have been read: this runs on the
    /// thread that sends the last piece, before it is sent.</summary>
    private void FinishBind()
    {
        _gate.PortalBound(_bind!.Portal);
        _session.InFlight.Add(new Pending(Expectation.Bind, _notes.Bound(_bind)));
        _session.Turn?.Entered();
        _bind = null;
    }

    private void Refuse(FrontendMessageType type, Refusal refusal, byte[] recordedText, OutputBuffer output)
    {
        Expectation kind = ExpectationOf(type);
        output.Diverge();
        StandIn.Write(output.BeginOwn(), kind);
        _session.InFlight.Add(Ending(kind, new QueryWork([]) { Refusal = refusal.ToError() }));
        if (kind == Expectation.Parse)
            _session.ExchangeIsOpen = true;
        else
            EndExchange();
        _session.Session.Recorder?.Decide(DecisionRecord.Refused(refusal, recordedText));
    }

    /// <summary>Passes a judged statement; where it holds a credential, the record gets it blanked.</summary>
    private void PassBlanked(GateAnswer answer, int length, InputBuffer input, OutputBuffer output)
    {
        ReadOnlyMemory<byte> frame = input.Slice(0, length);
        if (answer.Secrets.IsEmpty || _session.Session.Recorder is null)
        {
            output.Pass(frame);
        }
        else
        {
            _scratch.WriteBytes(frame.Span);
            Secrets.Blank(_scratch, Frame.HeaderLength + answer.TextOffset, answer.Secrets);
            output.PassAs(frame, _scratch.WrittenSpan);
            _scratch.Release();
        }
        input.Consume(length);
    }

    private Pending Ending(Expectation kind, Work? work) => new(kind, work, Changes: _session.View.ChangesSent, Claims: _session.Turn?.ClaimsMade ?? 0,
        Ends: _session.Turn?.EndsSent ?? 0, Uses: kind == Expectation.Parse ? null : _session.Turn?.ExchangeUses);

    private void Stream(int length, InputBuffer input, OutputBuffer output, bool isDurable = false)
    {
        _streaming = length;
        _streamsDurably = isDurable;
        PassStreamed(Math.Min(length, input.Length), input, output);
    }

    private void PassStreamed(int count, InputBuffer input, OutputBuffer output)
    {
        output.Pass(input.Slice(0, count));
        input.Consume(count);
        _streaming -= count;
    }

    private static Expectation ExpectationOf(FrontendMessageType type) => type switch
    {
        FrontendMessageType.Query => Expectation.Query,
        FrontendMessageType.FunctionCall => Expectation.FunctionCall,
        // Whatever of the extended protocol fails, the server skips to the next Sync.
        _ => Expectation.Parse,
    };
}
