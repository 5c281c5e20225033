using WireProxy.Policy;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Tds.Masking;

namespace WireProxy.Relay.Tds;

/// <summary>Reads the tokens of one answer after another as they arrive, and writes what the client gets in their place.</summary>
internal sealed class AnswerReader(TdsSession session)
{
    /// <summary>A row of more than this is masked piece by piece.</summary>
    private const int HeldRowBytes = 256 * 1024;

    /// <summary>A token that was cut is joined with so much of what follows, at least.</summary>
    private const int SmallestJoin = 256;

    private readonly TokenReader _tokens = new(session.Format);
    private readonly PayloadBuffer _payload = new();
    private readonly WireWriter _written = new();
    // Few sessions ever need these.
    private TdsLongRow? _longRow;
    private Dictionary<ushort, TdsRowMask<AltMetadata>?>? _totals;
    private TdsWork? _work;
    private BatchPlan? _plan;
    private TdsRowMask<ColMetadata>? _rows;
    private int _resultSets;
    private bool _hasFailed;
    private int _makers;
    private int _handles;

    /// <summary>What goes to the client now.</summary>
    public ReadOnlySpan<byte> Written => _written.WrittenSpan;

    /// <summary>Of the last DONE.</summary>
    public DoneStatus Status { get; private set; }

    private bool IsReplaced => _work?.Refusal is not null;

    /// <param name="work">Null for the acknowledgement of an Attention: nothing but DONE is expected, and all else is masked.</param>
    public void Begin(TdsWork? work)
    {
        _work = work;
        _plan = work is null ? BatchPlan.Everything(session.Protection?.DerivedMask ?? Mask.Redact) : work.Plan;
        (_resultSets, _makers, _handles, _hasFailed) = (0, 0, 0, false);
        Status = default;
        _rows = null;
        _totals?.Clear();
        // The columns of the rows of a fetch are those that opening the cursor told.
        if (work?.Cursor?.Columns is not { } columns)
            return;
        _tokens.Columns = columns;
        _rows = _plan is null ? null : TdsRowMask.Create(columns, _plan.MasksOf(columns, 0, mayHaveSkipped: false));
    }

    public void Sent() => _written.Clear();

    /// <summary>Nothing is under way: pooled memory goes back.</summary>
    public void Rest() => _written.Release();

    /// <summary>Reads payload where it lies; what ends inside a token waits in a buffer for the rest of it.</summary>
    public void Add(ReadOnlySpan<byte> payload)
    {
        while (!_payload.IsEmpty && !payload.IsEmpty)
        {
            // As much as there is already: a long token costs two looks at each byte, and a short one no copy of all that follows it.
            int kept = _payload.Unread.Length;
            int joined = Math.Min(payload.Length, Math.Max(kept, SmallestJoin));
            _payload.Add(payload[..joined]);
            int taken = TakeAll(_payload.Unread);
            if (taken < kept)
            {
                _payload.Consume(taken);
                payload = payload[joined..];
                continue;
            }
            _payload.Clear();
            payload = payload[(taken - kept)..];
        }
        if (!payload.IsEmpty)
            _payload.Add(payload[TakeAll(payload)..]);
    }

    /// <summary>Takes whole tokens, and the pieces of rows that can be taken.</summary>
    /// <returns>Bytes taken.</returns>
    private int TakeAll(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (at < bytes.Length)
        {
            int taken = TakeNext(bytes[at..]);
            if (taken == 0)
                break;
            at += taken;
        }
        return at;
    }

    public void End()
    {
        if (!_payload.IsEmpty || _tokens.InRow || _longRow is { InRow: true })
            throw new ProtocolException("An answer ends inside a token.");
        _payload.Release();
        if (_work?.Refusal is { } refusal)
            WriteRefusal(refusal);
    }

    /// <summary>In the place of all that the server said about the stand-in, but for its acknowledgement of an Attention.</summary>
    private void WriteRefusal(Refusal refusal)
    {
        TokenType last = _work!.IsCall ? TokenType.DoneProc : TokenType.Done;
        if ((Status & DoneStatus.Attention) == 0)
            refusal.ToError().Encode(_written, session.Format);
        new Done(last, (Status & (DoneStatus.InTransaction | DoneStatus.Attention)) | DoneStatus.Error, 0, 0).Encode(_written, session.Format);
    }

    /// <returns>Bytes taken; 0 where more of them must come.</returns>
    private int TakeNext(ReadOnlySpan<byte> rest)
    {
        if (_longRow is { InRow: true } row)
        {
            row.TryContinue(rest, _written, out int taken);
            if (taken > 0 || row.InRow)
                return taken;
        }
        if (_tokens.InRow || (TokenReader.TryPeek(rest, out TokenType type) && TokenReader.IsRow(type)))
            return TakeRows(rest);
        if (rest[0] == (byte)TokenType.ColMetadata && session.Format.DataClassification > 0 && !IsReplaced)
            return TakeClassified(rest);
        if (rest[0] == (byte)TokenType.ColMetadata && !IsReplaced && !_hasFailed && _plan?.Known.Find(rest, session.Format, _resultSets) is { } known)
            return Take(known);
        if (!_tokens.TryRead(rest, out Token token))
            return 0;
        Take(token);
        return token.Bytes.Length;
    }

    private int TakeRows(ReadOnlySpan<byte> rest)
    {
        bool isTotal = !_tokens.InRow && rest[0] == (byte)TokenType.AltRow;
        // Totals stand between rows, and may be masked where no column is.
        if (!isTotal && _rows is null && _totals is not { Count: > 0 })
        {
            int taken = _tokens.SkipRows(rest, out _);
            if (!IsReplaced)
                _written.WriteBytes(rest[..taken]);
            return taken;
        }
        if (!isTotal && !IsReplaced && _rows?.WriteRows(rest, _written, out _) is > 0 and int written)
            return written;
        if (_tokens.TryReadRow(rest, out RowHeader row, out int length))
        {
            WriteRow(row, rest[..length]);
            return length;
        }
        if (rest.Length < HeldRowBytes || _rows is null)
            return 0;
        _longRow ??= new TdsLongRow();
        _longRow.Begin(_rows.Cells, row, rest[..row.HeaderLength], _written);
        return row.HeaderLength;
    }

    private void WriteRow(in RowHeader row, ReadOnlySpan<byte> bytes)
    {
        if (IsReplaced)
            return;
        if (row.Type != TokenType.AltRow && _rows is { } rows)
            rows.WriteRow(row, bytes, _written);
        else if (row.Type == TokenType.AltRow && _totals?.GetValueOrDefault(AltRow.ReadId(bytes)) is { } totals)
            totals.WriteRow(row, bytes, _written);
        else
            _written.WriteBytes(bytes);
    }

    private void Take(Token token)
    {
        _hasFailed |= token.Type == TokenType.Error;
        switch (token.Type)
        {
            case TokenType.Done or TokenType.DoneProc or TokenType.DoneInProc:
                TakeDone(token);
                return;
            case TokenType.EnvChange:
                Take(EnvChange.Decode(token.Bytes));
                break;
            case TokenType.SessionState:
                break;
            case var _ when IsReplaced:
                return;
            case TokenType.ColMetadata:
                TakeColumns(token, []);
                return;
            case TokenType.DataClassification:
                throw new ProtocolException("A classification stands elsewhere than behind the columns that it is about.");
            case TokenType.AltMetadata when _plan is { MasksValues: true }:
                TakeTotals(AltMetadata.Decode(token.Bytes, session.Format));
                return;
            case TokenType.ReturnValue:
                TakeValue(ReturnValue.Decode(token.Bytes, session.Format), token);
                return;
            case TokenType.ReturnStatus when _plan is { MasksValues: true }:
                // A procedure may return what it has read; 0 is what most return.
                WriteStatus(token);
                return;
            case TokenType.Error or TokenType.Info when _plan is { Withholds: true }:
                TdsMessageMask.WriteWithheld(ServerMessage.Decode(token.Bytes, session.Format), session.Format, _written, _plan.Texts);
                return;
        }
        _written.WriteBytes(token.Bytes);
    }

    private void TakeDone(Token token)
    {
        Status = Done.Decode(token.Bytes, session.Format).Status;
        _hasFailed |= (Status & DoneStatus.Error) != 0;
        if (token.Type == TokenType.DoneProc)
            (_makers, _handles) = (_makers + 1, 0);
        if (!IsReplaced)
            _written.WriteBytes(token.Bytes);
    }

    private void Take(EnvChange change)
    {
        if (change.Type == EnvChangeType.Database)
            session.DatabaseChanged(change.NewText);
        else if (change.Type == EnvChangeType.ResetCompletion)
            session.Server.ResetDone(session);
    }

    /// <summary>COLMETADATA with the classification that may stand behind it: what that says may change how the columns are described.</summary>
    private int TakeClassified(ReadOnlySpan<byte> rest)
    {
        if (!_hasFailed && _plan?.Known.Find(rest, session.Format, _resultSets) is { } known && known.Token.Length < rest.Length
            && rest[known.Token.Length] != (byte)TokenType.DataClassification)
        {
            return Take(known);
        }
        if (!_tokens.TryRead(rest, out Token token))
            return 0;
        int end = token.Bytes.Length;
        // Something always follows: DONE, if nothing else.
        if (end == rest.Length)
            return 0;
        int length = 0;
        if (rest[end] == (byte)TokenType.DataClassification && !TokenReader.TryMeasure(rest[end..], session.Format, out length))
            return 0;
        TakeColumns(token, rest.Slice(end, length));
        return end + length;
    }

    /// <param name="classification">The DATACLASSIFICATION behind them; empty for none.</param>
    private void TakeColumns(Token token, ReadOnlySpan<byte> classification)
    {
        ColMetadata columns = _tokens.Columns ?? throw new ProtocolException("Columns were left out that never came before.");
        int index = _resultSets++;
        bool isOmitted = token.Bytes is [_, 0xFF, 0xFF, ..];
        Mask?[]? masks = _plan?.MasksOf(columns, index, _hasFailed);
        bool agrees = isOmitted || !session.ReadsClassification || !session.Masks || Compare(columns, classification, index, ref masks);
        _rows = masks is null ? null : TdsRowMask.Create(columns, masks);
        int start = _written.Length;
        // A description that the client was once given in another form would not fit the rows: it stays what it was.
        if (_rows is null || isOmitted)
            _written.WriteBytes(token.Bytes);
        else
            _rows.Described.Encode(_written, session.Format);
        if (!session.WithholdsClassification)
            _written.WriteBytes(classification);
        if (_plan is not null && !isOmitted && agrees && !_hasFailed)
        {
            _plan.Known.Add(new KnownDescription(
                [.. token.Bytes, .. classification], session.Format, index, columns, _rows, _written.WrittenSpan[start..].ToArray()));
        }
    }

    /// <summary>False where the server says another thing of the columns than the lineage: they are masked then.</summary>
    private bool Compare(ColMetadata columns, ReadOnlySpan<byte> classification, int index, ref Mask?[]? masks)
    {
        if (classification.IsEmpty)
        {
            if (_plan is { AllLabels.IsNone: false } plan && columns.Columns.Select((_, i) => plan.LabelsOf(columns, index, _hasFailed, i).Plain).Any(plain => plain is not null))
                session.CatalogDoubted();
            return true;
        }
        DataClassification stated = DataClassification.Decode(classification, session.Format);
        masks ??= new Mask?[columns.Columns.Count];
        bool agrees = ClassificationWitness.Compare(columns, stated, _plan, index, _hasFailed, masks, session.Protection?.DerivedMask ?? Mask.Redact);
        if (!agrees)
            session.WitnessesDisagree();
        return agrees;
    }

    /// <summary>Columns that came before in the answer to the same text.</summary>
    private int Take(KnownDescription known)
    {
        _tokens.Describe(known.Columns);
        _rows = known.Rows;
        _resultSets++;
        _written.WriteBytes(known.Described);
        return known.Token.Length;
    }

    private void TakeTotals(AltMetadata totals)
    {
        // What a total is made of the analysis does not say.
        Mask?[] masks = [.. totals.Columns.Select(total => BatchPlan.Derived(total.Type.Type, _plan!.OfText))];
        TdsRowMask<AltMetadata>? mask = TdsRowMask.Create(totals, masks);
        (_totals ??= [])[totals.Id] = mask;
        (mask?.Described ?? totals).Encode(_written, session.Format);
    }

    private void TakeValue(in ReturnValue value, Token token)
    {
        if (TakeHandle(value) || _plan is not { MasksValues: true })
            _written.WriteBytes(token.Bytes);
        else
            TdsReturnValueMask.Write(value, BatchPlan.Derived(value.Type.Type, _plan.OfText), session.Format, _written);
    }

    /// <summary>Handles come in the order of the procedure's own parameters, before those of the statement.</summary>
    private bool TakeHandle(in ReturnValue value)
    {
        if (_work is null || _makers >= _work.Makes.Count || value.Type.Type is not (DataType.IntN or DataType.Int4))
            return false;
        HandleMaker maker = _work.Makes[_makers];
        int expected = (maker.MakesStatement ? 1 : 0) + (maker.MakesCursor ? 1 : 0);
        if (_handles >= expected + OtherHandles(maker))
            return false;
        bool isFirst = _handles++ == 0;
        if (value.Value.ToObject(value.Type) is not (long and >= int.MinValue and <= int.MaxValue and var handle))
            return true;
        if (maker.MakesStatement && isFirst)
            session.Handles.AddStatement((int)handle, maker.Text);
        else if (maker.MakesCursor && (isFirst || (maker.MakesStatement && _handles == 2)))
            session.Handles.AddCursor((int)handle, maker.Text, _tokens.Columns);
        return true;
    }

    /// <summary>scrollopt, ccopt and rowcount of a cursor come back behind its handle: numbers of the server's own.</summary>
    private static int OtherHandles(HandleMaker maker) => maker.Procedure.IsCursor ? 3 : 0;

    private void WriteStatus(Token token)
    {
        int status = ReturnStatus.Decode(token.Bytes).Value;
        new ReturnStatus(status is >= -99 and <= 0 ? status : 1).Encode(_written);
    }
}
