using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Postgres.Masking;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Postgres;

/// <summary>
/// Server to client: each answer is laid to the message that it answers; rows and copies with protected columns are masked,
/// the others are relayed in blocks; errors of statements that touch protected data lose their details; what the gateway asked
/// for itself is kept from the client.
/// </summary>
internal sealed class ResponseFilter : IFilter
{
    private readonly PostgresSession _session;
    private readonly ResultPlans _plans;
    private readonly ServerTexts _texts;
    private readonly SideMessages _side;
    private readonly InFlight _inFlight;
    private int _streaming;
    private bool _copyIn;
    private bool _answered;
    private volatile bool _stops;

    public ResponseFilter(PostgresSession session)
    {
        (_session, _inFlight) = (session, session.InFlight);
        _plans = new ResultPlans(session);
        _texts = new ServerTexts(session, _plans);
        _side = new SideMessages(session);
    }

    public bool RequiresDurableRecord => false;

    public bool IsAtFrameBoundary => _streaming == 0;

    public ValueTask WaitAsync() => ValueTask.CompletedTask;

    public void StopAtBoundary() => _stops = true;

    public FilterStep Process(InputBuffer input, OutputBuffer output)
    {
        while (true)
        {
            if (_streaming > 0)
            {
                int count = Math.Min(_streaming, input.Length);
                Pass(count, input, output);
                _streaming -= count;
                if (_streaming > 0)
                    return FilterStep.NeedMore;
            }
            if (_stops)
                return FilterStep.End;
            if (!Frame.TryReadHeader(input.Unread, out byte type, out int length))
                return FilterStep.NeedMore;
            if (!Frame.IsBackend(type))
                throw new ProtocolException($"message type 0x{type:X2} has no place here");
            if (IsRelayed((BackendMessageType)type))
            {
                RelayRun(type, input, output);
                continue;
            }
            if (input.Length < length)
            {
                Require(type, length, input);
                return FilterStep.NeedMore;
            }
            if (type == (byte)BackendMessageType.DataRow && Rows() is { Mask: { } mask })
            {
                MaskRun(mask, input, output);
                continue;
            }
            if (type == (byte)BackendMessageType.CopyData && _plans.Copy is { } copy)
            {
                _texts.RowsPass();
                input.Consume(copy.WriteMaskedRows(input.Unread, output.BeginOwn()));
                continue;
            }
            if (Handle((BackendMessageType)type, length, input, output))
                Pass(length, input, output);
            else
                input.Consume(length);
        }
    }

    /// <summary>Rows, copies and notifications of which nothing must be known: they stream through, however long.</summary>
    private bool IsRelayed(BackendMessageType type) => type switch
    {
        BackendMessageType.DataRow => Rows() is { Mask: null },
        BackendMessageType.CopyData => _plans.CopyIsClear,
        BackendMessageType.NotificationResponse => _side.NotificationsAreClear,
        _ => false,
    };

    /// <summary>Relays all frames of this type that stand at the beginning, in one run.</summary>
    private void RelayRun(byte type, InputBuffer input, OutputBuffer output)
    {
        ReadOnlySpan<byte> unread = input.Unread;
        long end = 0;
        while (end < unread.Length && Frame.TryReadHeader(unread[(int)end..], out byte next, out int length) && next == type)
            end += length;
        int count = (int)Math.Min(end, unread.Length);
        Pass(count, input, output);
        _streaming = (int)(end - count);
    }

    /// <summary>Masks all whole rows that stand at the beginning: the plan holds until something else than a row comes.</summary>
    private void MaskRun(RowMask mask, InputBuffer input, OutputBuffer output)
    {
        _texts.RowsPass();
        input.Consume(mask.WriteMaskedRows(input.Unread, output.BeginOwn()));
    }

    /// <summary>What a message that is looked into needs whole.</summary>
    private void Require(byte type, int length, InputBuffer input)
    {
        int limit = _session.Session.Listener.Options.Limits.InspectedMessageBytes;
        if (length > limit)
        {
            throw new SessionEndException(new SessionEnd(
                Stage.Relay, Party.Proxy, $"a {(BackendMessageType)type} of {length} bytes must be masked, and limits.inspected_message is {limit} bytes",
                "54000", "Select fewer or smaller protected values, or ask the gateway's operator to raise the limit."));
        }
        input.Require(length);
    }

    /// <summary>True: the frame goes on as it is.</summary>
    private bool Handle(BackendMessageType type, int length, InputBuffer input, OutputBuffer output)
    {
        ReadOnlySpan<byte> body = input.Unread[Frame.HeaderLength..length];
        switch (type)
        {
            case BackendMessageType.ParameterStatus:
                return _side.PassesParameter(body, _texts.MayHoldValues);
            case BackendMessageType.NotificationResponse:
                return _side.PassesNotification(body, output);
            case BackendMessageType.BackendKeyData:
                _session.BackendKeyReceived(BackendKeyData.Decode(body));
                return true;
            case BackendMessageType.NoticeResponse:
                return !_texts.WithholdNotice(body, output);
            case BackendMessageType.ErrorResponse:
                return HandleError(body, output);
        }
        if (!_inFlight.TryPeek(out Pending head))
            throw ResponseFaults.Unexpected(type);
        _texts.IsAnswered(head);
        return head.Kind == Expectation.Catalog ? HandleCatalog(type, (CatalogWork)head.Work!, body) : HandleAnswer(type, head, body, output);
    }

    private bool HandleAnswer(BackendMessageType type, Pending head, ReadOnlySpan<byte> body, OutputBuffer output)
    {
        switch (type)
        {
            case BackendMessageType.ParseComplete when head.Kind == Expectation.Parse:
                _plans.Prepared(head.Work as StatementWork);
                return Answered(head);
            case BackendMessageType.BindComplete when head.Kind == Expectation.Bind:
                _texts.Binds(_plans.Bound(head.Work as BindWork));
                return Answered(head);
            case BackendMessageType.CloseComplete when head.Kind == Expectation.Close:
                _plans.Closed(head.Work as NameWork);
                return Answered(head);
            case BackendMessageType.ParameterDescription when head.Kind == Expectation.DescribeStatement:
                return !head.IsOurs;
            case BackendMessageType.RowDescription or BackendMessageType.NoData:
                return HandleDescription(type, head, body);
            case BackendMessageType.DataRow:
                throw ResponseFaults.UnknownRows();
            case BackendMessageType.CommandComplete or BackendMessageType.EmptyQueryResponse or BackendMessageType.PortalSuspended:
                return HandleCompletion(type, head);
            case BackendMessageType.CopyInResponse when head.Kind is Expectation.Query or Expectation.Execute:
                _copyIn = head.Kind == Expectation.Execute;
                _inFlight.BeginCopyIn();
                return true;
            case BackendMessageType.CopyOutResponse when head.Kind is Expectation.Query or Expectation.Execute:
                _plans.BeginCopy(head, CopyResponse.Decode(body));
                return true;
            case BackendMessageType.CopyBothResponse when _session.Policy.IsTransparent:
                _copyIn = false;
                return true;
            case BackendMessageType.CopyDone:
                _plans.EndCopy();
                return true;
            case BackendMessageType.FunctionCallResponse when head.Kind == Expectation.FunctionCall:
                _answered = true;
                return !_session.Masks || !head.Work!.Touches || WithholdResult(output);
            case BackendMessageType.ReadyForQuery:
                return HandleReady(head, ReadyForQuery.Decode(body));
            default:
                throw ResponseFaults.Unexpected(type);
        }
    }

    private bool Answered(Pending head)
    {
        _inFlight.Remove();
        return !head.IsOurs;
    }

    private bool HandleDescription(BackendMessageType type, Pending head, ReadOnlySpan<byte> body)
    {
        switch (head.Kind)
        {
            case Expectation.Query when type == BackendMessageType.RowDescription:
                _plans.DescribeQuery((QueryWork?)head.Work, body);
                return true;
            case Expectation.DescribeStatement:
                _plans.DescribeStatement((NameWork?)head.Work, type == BackendMessageType.NoData ? default : body);
                return Answered(head);
            case Expectation.DescribePortal:
                _plans.DescribePortal((NameWork?)head.Work, type == BackendMessageType.NoData ? default : body);
                return Answered(head);
            default:
                throw ResponseFaults.Unexpected(type);
        }
    }

    private bool HandleCompletion(BackendMessageType type, Pending head)
    {
        _answered = true;
        _plans.EndRows();
        switch (head.Kind)
        {
            case Expectation.Execute when _copyIn:
                _copyIn = false;
                _inFlight.EndCopyIn();
                return true;
            case Expectation.Execute:
                return Answered(head);
            case Expectation.Query:
                return true;
            default:
                throw ResponseFaults.Unexpected(type);
        }
    }

    private bool HandleReady(Pending head, ReadyForQuery ready)
    {
        if (head.Kind is not (Expectation.Query or Expectation.Sync or Expectation.FunctionCall or Expectation.Startup))
            throw ResponseFaults.Unexpected(BackendMessageType.ReadyForQuery);
        // One that answers something else would shift every later answer to the next message's masks.
        if (head.Kind is Expectation.Query or Expectation.FunctionCall && !_answered)
            throw ResponseFaults.Unexpected(BackendMessageType.ReadyForQuery);
        _answered = false;
        _session.Status = ready.Status;
        _plans.EndExchange(ready.Status);
        _copyIn = false;
        if (ready.Status == TransactionStatus.Idle)
            _texts.TransactionEnds();
        // Before the head goes: whoever finds nothing under way must find the news, too.
        _session.View.ExchangeCompleted(head.Changes);
        // After the news: whoever finds nothing claimed must find them, too.
        _session.Turn?.Answered(head.Claims, head.Ends);
        return Answered(head);
    }

    private bool HandleError(ReadOnlySpan<byte> body, OutputBuffer output)
    {
        ErrorFields error = ErrorFields.Decode(body);
        bool isFatal = (error[ErrorFieldCode.Severity] ?? error[ErrorFieldCode.LocalizedSeverity])?.Text is "FATAL" or "PANIC";
        if (!_inFlight.TryPeek(out Pending head))
            return !_texts.WithholdError(error, false, body, output);
        _answered = true;
        bool codeIsKnown = _texts.Fails(head);
        _plans.EndRows();
        _plans.EndCopy();
        if (head.Kind == Expectation.Catalog && !isFatal)
        {
            ((CatalogWork)head.Work!).Read.Fail();
            return false;
        }
        bool isRefusal = head.Work?.Refusal is not null && !isFatal;
        if (head.Kind is not (Expectation.Query or Expectation.FunctionCall or Expectation.Startup or Expectation.Sync or Expectation.Catalog))
        {
            if (_copyIn)
                _inFlight.EndCopyIn();
            _copyIn = false;
            _inFlight.SkipToSync();
        }
        if (isRefusal)
        {
            head.Work!.Refusal!.EncodeError(output.BeginOwn());
            return false;
        }
        return !_texts.WithholdError(error, codeIsKnown, body, output);
    }

    private bool HandleCatalog(BackendMessageType type, CatalogWork work, ReadOnlySpan<byte> body)
    {
        switch (type)
        {
            case BackendMessageType.DataRow:
                work.Read.Add(DataRow.Decode(body));
                break;
            case BackendMessageType.ReadyForQuery:
                _session.Status = ReadyForQuery.Decode(body).Status;
                _inFlight.Remove();
                work.Read.Complete();
                break;
            case BackendMessageType.RowDescription or BackendMessageType.CommandComplete:
                break;
            default:
                throw ResponseFaults.Unexpected(type);
        }
        return false;
    }

    /// <summary>The plan for the rows that come now, or null where they must be looked at first.</summary>
    private RowPlan? Rows()
    {
        if (!_session.Masks && !_session.View.ReadsHere)
            return RowPlan.Clear;
        if (_plans.Rows is { } plan)
            return plan;
        if (!_inFlight.TryPeek(out Pending head) || head.Kind == Expectation.Catalog)
            return null;
        return head.Kind == Expectation.Execute ? _plans.BeginExecute((NameWork)head.Work!) : null;
    }

    private static bool WithholdResult(OutputBuffer output)
    {
        FunctionCallResponse.Encode(output.BeginOwn(), null);
        return false;
    }

    private static void Pass(int count, InputBuffer input, OutputBuffer output)
    {
        output.Pass(input.Slice(0, count));
        input.Consume(count);
    }
}
