using WireProxy.Protocols.Postgres;
using WireProxy.Relay.Postgres.Masking;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Postgres;

/// <summary>Which errors and notices are told as the server words them. Of the response side alone.</summary>
internal sealed class ServerTexts(PostgresSession session, ResultPlans plans)
{
    private readonly InFlight _inFlight = session.InFlight;
    private readonly RunningTexts _running = new(session);
    private bool _touched;

    /// <summary>What comes now may hold protected values.</summary>
    public bool MayHoldValues => _touched || HeadTouches();

    /// <summary>Rows of the message at the head pass with a mask.</summary>
    public void RowsPass() => _touched |= HeadTouches();

    public void Binds(bool touches) => _touched |= touches;

    /// <summary>An answer to the message has come.</summary>
    public void IsAnswered(Pending head)
    {
        if (!session.Masks)
            return;
        _touched |= head.Work?.Touches ?? false;
        Note(head);
    }

    /// <summary>The message has failed.</summary>
    /// <returns>Whether all code is known that may have run for it.</returns>
    public bool Fails(Pending head)
    {
        if (!session.Masks)
            return false;
        _touched |= TouchesOf(head);
        return CodeIsKnown(head);
    }

    public void TransactionEnds()
    {
        _touched = false;
        _running.TransactionEnds();
    }

    /// <returns>True: it was written without its words; false: it goes on as it is.</returns>
    public bool WithholdNotice(ReadOnlySpan<byte> body, OutputBuffer output) => Withhold(
        BackendMessageType.NoticeResponse, ErrorFields.Decode(body), session.Masks && _inFlight.TryPeek(out Pending head) && CodeIsKnown(head), body, output);

    /// <inheritdoc cref="WithholdNotice"/>
    /// <param name="codeIsKnown">As <see cref="Fails"/> has told.</param>
    public bool WithholdError(ErrorFields fields, bool codeIsKnown, ReadOnlySpan<byte> body, OutputBuffer output) =>
        Withhold(BackendMessageType.ErrorResponse, fields, codeIsKnown, body, output);

    /// <summary>The texts of an error or notice may quote values: those of a statement that touches, and those that running code (a trigger's, a policy's)
    /// has put together, unless all of that is known. What the parser says of the statement itself is passed.</summary>
    private bool Withhold(BackendMessageType type, ErrorFields fields, bool codeIsKnown, ReadOnlySpan<byte> body, OutputBuffer output)
    {
        if (!session.Masks || ErrorTexts.AreSafe(fields) || !(MayHoldValues || (ErrorTexts.ComeFromRunningCode(fields) && !codeIsKnown)))
            return false;
        ErrorMasker.WriteWithheld(body, (byte)type, output.BeginOwn());
        return true;
    }

    private bool CodeIsKnown(Pending head)
    {
        Note(head);
        return head.Kind == Expectation.Sync ? _running.TransactionMayPass : _running.MayPass(CodeOf(head));
    }

    /// <summary>Of what runs code, for what it may put off to the transaction's end.</summary>
    private void Note(Pending head)
    {
        if (head.Kind is Expectation.Query or Expectation.Bind or Expectation.Execute or Expectation.FunctionCall && head.Work is { } work)
            _running.Note(work, CodeOf(head));
    }

    private KnownCode? CodeOf(Pending head) => head.Work switch
    {
        QueryWork query => query.Code,
        BindWork bind => bind.Code,
        NameWork portal => plans.CodeOf(portal),
        _ => null,
    };

    /// <summary>A Sync that the server has ignored stands at the head for ever: behind it the error may be anybody's.</summary>
    private bool HeadTouches() =>
        _inFlight.TryPeek(out Pending head) &&
        (head.Kind == Expectation.Sync ? _inFlight.Any(pending => pending.Work is BindWork || TouchesOf(pending)) : TouchesOf(head));

    private bool TouchesOf(Pending head) => head.Work switch
    {
        NameWork { IsStatement: false } portal => portal.Touches || plans.TouchesNow(portal),
        StatementWork statement => statement.TouchesUnder(statement.Under),
        // It is planned now, and what the planner computes may be told.
        BindWork bind => bind.Touches || bind.Plans?.Touches == true,
        { } work => work.Touches,
        null => false,
    };
}
