using System.Collections.Immutable;
using WireProxy.Policy;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Relay.Transport;
using WireProxy.Sql;
using WireProxy.Sql.TransactSql;

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

    public async ValueTask WaitAsync()
    {
        Task waiting = _waiting!;
        _waiting = null;
        await waiting;
    }

    public GateAnswer Judge(PacketHeader header, ReadOnlySpan<byte> payload, OutputBuffer output)
    {
        if ((header.Status & Resets) != 0)
            session.Reset();
        if (session.Session.Recorder is { CanRecord: false })
            return GateAnswer.Refused(Refusals.NotRecordable);
        if (header.Type == PacketType.TransactionManagerRequest)
        {
            TransactionManagerRequestType type = TransactionManagerRequest.Decode(payload, session.Format.Version).Type;
            session.Session.Recorder?.Decide(DecisionRecord.Allowed($"TRANSACTION MANAGER {type}"));
            return new GateAnswer(TdsWork.Relayed, null, "", [], 0);
        }
        RequestTexts request = header.Type == PacketType.SqlBatch
            ? RequestTexts.OfBatch(SqlBatch.Decode(payload, session.Format.Version), payload)
            : RequestTexts.OfCalls(RpcRequest.Decode(payload, session.Format.Version), payload, session);
        request.ResetsSession = (header.Status & Resets) != 0;
        if (session.Policy.DependsOnCatalog && request.Refusal is null && !HasCatalog(header, request.Transaction, output))
            return GateAnswer.Wait;
        _catalogTried = false;
        if (session.Policy.DependsOnCatalog && !session.IsCatalogCurrent)
            return GateAnswer.Refused(Refusals.CatalogUnreadable, "", request.Transaction);
        return JudgeTexts(request);
    }

    private GateAnswer JudgeTexts(RequestTexts request)
    {
        if (request.Refusal is { } early && !session.Policy.IsTransparent)
            return GateAnswer.Refused(early, request.Recorded(), request.Transaction);
        foreach (RequestText text in request.Texts)
        {
            if (!TryAnalyze(text))
                return GateAnswer.Wait;
        }
        var secrets = ImmutableArray.CreateBuilder<PayloadSpan>();
        foreach (RequestText text in request.Texts)
        {
            if (JudgeText(text) is { } refusal)
                return GateAnswer.Refused(refusal, request.Recorded(), request.Transaction);
            secrets.AddRange(text.Secrets);
        }
        secrets.AddRange(request.Passwords);
        foreach (RequestText text in request.Texts)
            Record(text);
        return new GateAnswer(session.Admit(request), null, "", secrets.DrainToImmutable(), 0);
    }

    private Refusal? JudgeText(RequestText text)
    {
        foreach (AnalyzedText analyzed in text.Readings)
        {
            if (analyzed.Problem is not null && !session.Policy.IsTransparent)
            {
                Verdict unparsed = session.Policy.JudgeUnparsed();
                return unparsed.Decision == Decision.Approve ? Refusals.Of(unparsed, "unparsed") : Refusals.Unparsed(analyzed.Problem);
            }
            foreach (StatementFacts facts in analyzed.Statements)
            {
                StatementFacts named = session.Catalog is { } catalog ? CatalogNames.Of(facts, catalog, null) : facts;
                // What names stand for is settled; the rules need no catalog that compares them letter by letter.
                Verdict verdict = session.Policy.Judge(named, session.Subject, null, session.Session.Listener.Time.GetUtcNow());
                if (verdict.Decision != Decision.Allow)
                    return Refusals.Of(verdict, facts.Command);
                if (named.HasUnknownSql && session.Masks)
                    return Refusals.UnknownSql(facts.Command, null);
            }
        }
        return session.Masks ? session.Plans.RefusalOf(text) : null;
    }

    private bool TryAnalyze(RequestText text)
    {
        if (session.Dialect.Analysis.TryAnalyze(text))
            return true;
        _waiting = session.Dialect.Analysis.AnalyzeElsewhereAsync(text);
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
        if (text.Readings.Count == 0 || text.Readings[0].Statements.IsEmpty)
            recorder.Decide(DecisionRecord.Allowed(text.Procedure ?? "BATCH"));
        else
            foreach (StatementFacts facts in text.Readings[0].Statements)
                recorder.Decide(DecisionRecord.Allowed(facts));
    }
}
