using System.Collections.Immutable;
using WireProxy.Policy;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Tds;

/// <summary>What the gate says of one request.</summary>
/// <param name="Work">Set where it passes.</param>
/// <param name="RecordedText">Of a refused one: its texts, credentials blanked.</param>
/// <param name="Transaction">Of a refused one: the transaction that it names.</param>
internal readonly record struct GateAnswer(
    TdsWork? Work, Refusal? Refusal, string RecordedText, ImmutableArray<PayloadSpan> Secrets, ulong Transaction)
{
    public bool MustWait => Work is null && Refusal is null;

    public static GateAnswer Wait { get; } = new(null, null, "", [], 0);

    public static GateAnswer Refused(Refusal refusal, string text = "", ulong transaction = 0) => new(null, refusal, text, [], transaction);
}

/// <summary>Judges batches, calls and transaction requests: nothing of the three passes by another way. A request is judged as a whole.</summary>
internal sealed class StatementGate(TdsSession session)
{
    private Task? _waiting;
    private const PacketStatus Resets = PacketStatus.ResetConnection | PacketStatus.ResetConnectionSkipTran;

    private bool _catalogTried;
    private RequestTexts? _held;

    public async ValueTask WaitAsync()
    {
        Task waiting = _waiting!;
        _waiting = null;
        await waiting;
    }

    public GateAnswer Judge(PacketHeader header, ReadOnlySpan<byte> payload, OutputBuffer output)
    {
        GateAnswer answer;
        // What the sessions of a connection share must not change between a verdict and the request's beginning.
        lock (session.Server.Gate)
            answer = JudgeRequest(header, payload, output);
        if (!answer.MustWait)
            _held = null;
        return answer;
    }

    private GateAnswer JudgeRequest(PacketHeader header, ReadOnlySpan<byte> payload, OutputBuffer output)
    {
        bool resets = (header.Status & Resets) != 0;
        if ((_waiting = session.Server.WaitFor(session, resets)) is not null)
            return GateAnswer.Wait;
        if (resets)
            session.Reset();
        if (session.Session.Recorder is { CanRecord: false })
            return GateAnswer.Refused(Refusals.NotRecordable);
        if (_held is null && TryPass(header, payload) is { } known)
            return new GateAnswer(known, null, "", [], 0);
        if (header.Type == PacketType.TransactionManagerRequest)
        {
            TransactionManagerRequestType type = TransactionManagerRequest.Decode(payload, session.Format.Version).Type;
            session.Session.Recorder?.Decide(DecisionRecord.Allowed($"TRANSACTION MANAGER {type}"));
            return new GateAnswer(TdsWork.Relayed, null, "", [], 0);
        }
        // One that has waited, for the catalog or for its analysis, is not read anew.
        RequestTexts request = _held ??= header.Type == PacketType.SqlBatch
            ? RequestTexts.OfBatch(SqlBatch.Decode(payload, session.Format.Version), payload)
            : RequestTexts.OfCalls(RpcRequest.Decode(payload, session.Format.Version), payload, session);
        request.ResetsSession = resets;
        if (session.Policy.DependsOnCatalog && request.Refusal is null && !HasCatalog(header, request.Transaction, output))
            return GateAnswer.Wait;
        _catalogTried = false;
        if (session.Policy.DependsOnCatalog && request.Refusal is null && !session.IsCatalogCurrent)
            return GateAnswer.Refused(Refusals.CatalogUnreadable, "", request.Transaction);
        return JudgeTexts(request);
    }

    private GateAnswer JudgeTexts(RequestTexts request)
    {
        if (request.Refusal is { } early && !session.Policy.IsTransparent)
            return GateAnswer.Refused(early, request.Recorded(), request.Transaction);
        session.Plans.Begin();
        foreach (RequestText text in request.Texts)
        {
            if (!TryUnderstand(text))
                return GateAnswer.Wait;
            session.Plans.GoBehind(text);
        }
        var secrets = ImmutableArray.CreateBuilder<PayloadSpan>();
        foreach (RequestText text in request.Texts)
        {
            if (JudgeText(text) is { } refusal)
                return GateAnswer.Refused(refusal, request.Recorded(), request.Transaction);
            secrets.AddRange(text.Secrets);
        }
        secrets.AddRange(request.Passwords);
        bool changesState = session.Server.IsShared && (session.Plans.ChangesState || BatchPlans.MayChangeDatabase(request));
        if (!session.TryEnter(alone: changesState))
            return GateAnswer.Refused(Refusals.RunsAlone(changesState), request.Recorded(), request.Transaction);
        foreach (RequestText text in request.Texts)
            Record(text);
        bool wasLikeNew = session.Plans.IsLikeNew;
        TdsWork work = session.Admit(request);
        if (wasLikeNew && secrets.Count == 0)
            Keep(request, work);
        return new GateAnswer(work, null, "", secrets.DrainToImmutable(), 0);
    }

    /// <summary>What a text that came before did: the same bytes, from the same subject, under the same policy and catalog.</summary>
    private TdsWork? TryPass(PacketHeader header, ReadOnlySpan<byte> payload)
    {
        if ((header.Status & Resets) != 0 || header.Type == PacketType.TransactionManagerRequest || !session.Plans.IsLikeNew ||
            (session.Policy.DependsOnCatalog && !session.HasCurrentCatalog()) ||
            !TextKey.TryRead(header.Type, payload, session, out TextKey key) ||
            session.Passed.Find(key, session.Policy, session.Subject) is not { } known ||
            // Where others stand in its way it is refused like any other.
            !session.TryEnter(alone: false))
        {
            return null;
        }
        if (session.Session.Recorder is { } recorder)
        {
            foreach (byte[] decision in known.Decisions)
                recorder.Decide(decision);
        }
        return known.Work;
    }

    /// <summary>Keeps a verdict that holds for the same text as long as catalog and policy do.</summary>
    private void Keep(RequestTexts request, TdsWork work)
    {
        if (!work.IsOfTextAlone || !session.Plans.IsLikeNew || session.Policy.VerdictDependsOnTime || request.ResetsSession ||
            request.Texts is not [{ Called: null } text] || request.Refusal is not null)
        {
            return;
        }
        TextCarrier carrier = text.Procedure switch
        {
            null when !request.IsCall => TextCarrier.Batch,
            "sp_executesql" => TextCarrier.ExecuteSql,
            "sp_execute" => TextCarrier.Execute,
            _ => TextCarrier.None,
        };
        if (carrier != TextCarrier.None)
            session.Passed.Add(TextKey.Of(carrier, text), session.Policy, session.Subject, work, DecisionsOf(text));
    }

    private Refusal? JudgeText(RequestText text)
    {
        for (int i = 0; i < text.Readings.Count; i++)
        {
            if (text.Readings[i].Problem is { } problem && !session.Policy.IsTransparent)
            {
                Verdict unparsed = session.Policy.JudgeUnparsed();
                return unparsed.Decision == Decision.Approve ? Refusals.Of(unparsed, "unparsed") : Refusals.Unparsed(problem);
            }
            TextMeaning meaning = text.Meanings[i];
            for (int statement = 0; statement < meaning.Statements.Length; statement++)
            {
                string command = meaning.Statements[statement].Command;
                // What names stand for is settled; the rules need no catalog that compares them letter by letter.
                Verdict verdict = session.Policy.Judge(
                    meaning.Reached[statement], session.Subject, null, session.Session.Listener.Time.GetUtcNow());
                if (verdict.Decision != Decision.Allow)
                    return Refusals.Of(verdict, command);
                if (session.Protection is { } protection
                    && LabelChanges.RefusalOf(meaning.Reached[statement], session.Policy, protection, session.Catalog!) is { } unprotecting)
                {
                    return unprotecting;
                }
                if (meaning.Statements[statement].HasUnknownSql && session.Masks)
                    return Refusals.UnknownSql(command, null);
            }
        }
        return session.Masks ? session.Plans.RefusalOf(text) : null;
    }

    private bool TryUnderstand(RequestText text)
    {
        if (session.Dialect.Analysis.TryAnalyze(text) && session.Meanings.TryFind(text))
            return true;
        _waiting = Task.Run(() =>
        {
            session.Dialect.Analysis.Analyze(text);
            session.Meanings.Find(text);
        });
        return false;
    }

    /// <summary>True where the catalog is there, or cannot be had: what then follows says so.</summary>
    private bool HasCatalog(PacketHeader header, ulong transaction, OutputBuffer output)
    {
        if (_catalogTried || session.EnsureCatalog(transaction, header.Status & Resets, output, out _catalogTried) is not { } reading)
            return true;
        _waiting = reading;
        return false;
    }

    private void Record(RequestText text)
    {
        if (session.Session.Recorder is not { } recorder)
            return;
        foreach (byte[] decision in DecisionsOf(text))
            recorder.Decide(decision);
    }

    private static ImmutableArray<byte[]> DecisionsOf(RequestText text) =>
        text.Readings.Count == 0 || text.Readings[0].Statements.IsEmpty
            ? [DecisionRecord.Allowed(text.Procedure ?? "BATCH")]
            : [.. text.Readings[0].Statements.Select(DecisionRecord.Allowed)];
}
