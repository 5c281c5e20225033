using System.Collections.Immutable;
using System.Text;
using WireProxy.Policy;
using WireProxy.Protocols.Postgres;
using WireProxy.Relay.Transport;
using WireProxy.Sql;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Relay.Postgres;

/// <summary>What the gate says of one message that runs, or prepares, statements.</summary>
/// <param name="Work">Set where it passes.</param>
/// <param name="RecordedText">Of a refused one: its text, credentials blanked.</param>
/// <param name="TextOffset">Where in the body the text begins.</param>
internal readonly record struct GateAnswer(
    Work? Work, Refusal? Refusal, byte[] RecordedText, ImmutableArray<SecretSpan> Secrets, int TextOffset)
{
    public bool MustWait => Work is null && Refusal is null;

    public static GateAnswer Wait { get; } = new(null, null, [], [], 0);
}

/// <summary>Judges Query, Parse and FunctionCall: nothing of the three passes by another way.</summary>
internal sealed class StatementGate(PostgresSession session, NamedStatements named, PortalNotes notes)
{
    private readonly TextReading _reading = new(session);
    private readonly StatementPlanner _planner = new(session, named);
    private readonly UnansweredChanges _unanswered = new(session);
    private PreparedGate? _prepared;
    private StatementAdmission? _admission;
    private Task? _waiting;
    private AnalyzedText? _analyzedElsewhere;
    private bool _catalogTried;

    public async ValueTask WaitAsync()
    {
        Task waiting = _waiting!;
        _waiting = null;
        if (waiting is Task<AnalyzedText> analysis)
            _analyzedElsewhere = await analysis;
        else
            await waiting;
    }

    public GateAnswer Judge(FrontendMessageType type, ReadOnlySpan<byte> body, OutputBuffer output)
    {
        if (GoesOnReading(output))
            return GateAnswer.Wait;
        GateAnswer answer = JudgeMessage(type, body, output);
        _catalogTried &= answer.MustWait;
        if (!answer.MustWait)
            _planner.Judged();
        return answer;
    }

    private PreparedGate Prepared => _prepared ??= new PreparedGate(session, named, notes, _unanswered);

    private StatementAdmission Admission => _admission ??= new StatementAdmission(session, named, _planner, _reading);

    private GateAnswer JudgeMessage(FrontendMessageType type, ReadOnlySpan<byte> body, OutputBuffer output)
    {
        session.View.BeginMessage();
        if (session.Session.Recorder is { CanRecord: false })
            return Refused(Refusals.NotRecordable, [], []);
        // A FunctionCall names its function by OID alone.
        bool isCall = type == FrontendMessageType.FunctionCall && !session.Policy.IsTransparent;
        bool needsCatalog = isCall || session.Policy.DependsOnCatalog;
        // One that has grown old is read anew where the text asks for it: see JudgeText.
        if (needsCatalog && (isCall || session.Catalog is null) && !HasCatalog(output))
            return GateAnswer.Wait;
        if (needsCatalog && session.Catalog is null)
            return Refused(Refusals.CatalogUnreadable, [], []);
        if (isCall && session.Masks && _planner.KnowPath(output) is { } asking)
        {
            _waiting = asking;
            return GateAnswer.Wait;
        }
        return type switch
        {
            FrontendMessageType.FunctionCall => JudgeFunctionCall(FunctionCallMessage.Decode(body), output),
            FrontendMessageType.Query => JudgeText(QueryMessage.Decode(body).Text, null, 0, output),
            _ => JudgeParse(ParseMessage.Decode(body), output),
        };
    }

    private GateAnswer JudgeParse(ParseMessage parse, OutputBuffer output) =>
        JudgeText(parse.Text, Names.Of(parse.Statement), parse.Statement.Length + 1, output);

    private GateAnswer JudgeFunctionCall(FunctionCallMessage call, OutputBuffer output)
    {
        CatalogFunction? function = session.Catalog?.Function(call.FunctionId);
        Verdict verdict = session.Policy.JudgeFunctionCall(function?.Name, session.Subject, Now, function?.Schema);
        if (verdict.Decision != Decision.Allow)
            return Refused(Refusals.Of(verdict, "FUNCTION CALL"), [], []);
        session.Session.Recorder?.Decide(DecisionRecord.FunctionCall(function?.Name));
        Protection? under = session.CertainProtection;
        StatementPlans? plans = session.Masks ? session.PlansOf(call.FunctionId) : null;
        if (plans is not null && plans.Judge.RefusalOf(plans.Statements[0], "FUNCTION CALL", session.Policy) is { } refusal)
            return Refused(refusal, [], []);
        Needs needs = session.Turn is null ? Needs.Nothing : plans?.NeedsOf([FactsOf(function)]) ?? Needs.Nothing;
        if (MustWaitFor(needs, plans is not null, output, out Refusal? conflict))
            return GateAnswer.Wait;
        if (conflict is not null)
            return Refused(conflict, [], []);
        session.NamesMayChange();
        // The large object functions that libpq calls give nothing but what the client has put there, or what an import brought, which is refused.
        bool reads = function is null || under?.Touches(FactsOf(function)) != false;
        bool touches = session.Masks && reads && plans?.Touches != false;
        return new GateAnswer(new QueryWork([]) { Touches = touches, Under = under }, null, [], [], 0);
    }

    private static StatementFacts FactsOf(CatalogFunction? function) => new()
    {
        Command = "FUNCTION CALL",
        Classes = [StatementClass.Function],
        Functions = function is null ? [] : [new FunctionReference(function.Schema, function.Name)],
    };

    /// <param name="statement">The name that a Parse prepares under; null for a Query.</param>
    private GateAnswer JudgeText(ReadOnlySpan<byte> text, string? statement, int textOffset, OutputBuffer output)
    {
        if (_analyzedElsewhere is null && _reading.Settle(text, output) is { } settling)
        {
            _waiting = settling;
            return GateAnswer.Wait;
        }
        if (_reading.RefusalOf(text) is { } unsafeText)
            return Refused(unsafeText, text, PostgresAnalyzer.MayHoldSecret(text) ? [new SecretSpan(0, text.Length)] : []);
        ReadOnlySpan<byte> utf8 = ClientEncodings.ToUtf8(text, session.ClientEncoding) ?? text;
        if (!TryAnalyze(utf8, out AnalyzedText analyzed))
            return GateAnswer.Wait;
        // BEGIN and SET TRANSACTION are the same whatever the catalog says, and a query between them would be the transaction's first.
        if (session.Policy.DependsOnCatalog && analyzed.Statements.Any(StatementPlanner.DependsOnCatalog)
            && !_planner.GoesOnWithoutNews(utf8, analyzed.Statements) && !HasCatalog(output))
        {
            _analyzedElsewhere = analyzed;
            return GateAnswer.Wait;
        }
        if (_planner.Plan(utf8, analyzed, output, out StatementPlans? plans) is { } planning)
        {
            (_analyzedElsewhere, _waiting) = (analyzed, planning);
            return GateAnswer.Wait;
        }
        if (plans?.Statements.Any(static one => one.Missing is not null) == true && session.View.LooksAgain() && !HasCatalog(output))
        {
            // What the names stand for is asked again, too.
            _planner.Judged();
            _analyzedElsewhere = analyzed;
            return GateAnswer.Wait;
        }
        ImmutableArray<SecretSpan> secrets = ClientEncodings.InOriginal(text, session.ClientEncoding, analyzed.Secrets);
        if (analyzed.Problem is not null && !session.Policy.IsTransparent)
            return Refused(Unparsed(analyzed.Problem), text, secrets);
        StatementPlans? before = plans is null ? _planner.PlansBeforeChanges(utf8, analyzed.Statements.Length) : null;
        for (int i = 0; i < analyzed.Statements.Length; i++)
        {
            StatementFacts facts = analyzed.Statements[i];
            Verdict verdict = session.Policy.Judge(facts, session.Subject, session.Catalog, Now);
            if (verdict.Decision != Decision.Allow)
                return Refused(Refusals.Of(verdict, facts.Command), text, secrets);
            if (!_planner.IsLost(analyzed) && _planner.RefusalOf(facts, plans?.Statements[i], plans, Of(before, i)) is { } refusal)
                return Refused(refusal, text, secrets);
        }
        // What is prepared is looked at when it is bound.
        if (statement is null && _unanswered.RefusalOf(analyzed.Statements, plans) is { } early)
            return Refused(early, text, secrets);
        Needs needs = session.Turn is null ? Needs.Nothing
            : plans?.NeedsOf(analyzed.Statements) ?? ChangeNeeds.Of(analyzed.Statements, null, session.Catalog, session.Masks);
        Needs now = _planner.IsLost(analyzed) ? Needs.Nothing : statement is null ? needs : needs.ToPrepare;
        if (MustWaitFor(now, plans is not null, output, out Refusal? conflict))
        {
            _analyzedElsewhere = analyzed;
            return GateAnswer.Wait;
        }
        if (conflict is not null)
            return Refused(conflict, text, secrets);
        Record(analyzed);
        if (statement is null)
            _unanswered.Passed(analyzed.Statements, plans);
        return new GateAnswer(Admission.Admit(text, analyzed, plans, needs, statement), null, [], secrets, textOffset);
    }

    private static (StatementLineage Lineage, LineageJudge Judge)? Of(StatementPlans? before, int index) =>
        before is null ? null : (before.Statements[index], before.Judge);

    /// <summary>A Sync, Query or FunctionCall has passed: the server reports what settings have become before it is ready again.</summary>
    public void ExchangeEnds() => _reading.ExchangeEnds();

    /// <summary>True where the catalog must be read before a Bind or an Execute, or something answered: a statement prepared long ago is judged by the
    /// catalog of today.</summary>
    /// <param name="body">The message.</param>
    /// <param name="refusal">Set where it must not pass.</param>
    public bool MustWaitToRun(FrontendMessageType type, ReadOnlySpan<byte> body, OutputBuffer output, out Refusal? refusal)
    {
        refusal = null;
        if (session.Policy.IsTransparent || type is not (FrontendMessageType.Bind or FrontendMessageType.Execute))
            return false;
        if (type == FrontendMessageType.Bind)
        {
            BindMessage bind = BindMessage.Decode(body);
            return MustWaitToBind(bind.Portal, bind.Statement, output, out refusal);
        }
        if (GoesOnReading(output))
            return true;
        ExecuteMessage execute = ExecuteMessage.Decode(body);
        if (notes.WorkOf(notes.NameOf(execute.Portal)) is not { } work)
            return false;
        bool isNews = session.Masks && work.Needs.Use is { } use && (!ReferenceEquals(work.Judged.Catalog, session.Catalog) || session.View.HasNewsFor(use));
        if (isNews || notes.MustJudge(notes.NameOf(execute.Portal)))
        {
            if (MustWaitToJudge(work, output))
                return true;
            refusal = Prepared.RefusalOf(work);
        }
        return refusal is null && MustWaitFor(NeedsOf(work, isKept: execute.MaximumRows > 0), work.Judged.Plans is not null, output, out refusal);
    }

    /// <inheritdoc cref="MustWaitToRun"/>
    public bool MustWaitToBind(ReadOnlySpan<byte> portal, ReadOnlySpan<byte> statement, OutputBuffer output, out Refusal? refusal)
    {
        refusal = null;
        if (GoesOnReading(output))
            return true;
        string name = notes.NameOf(statement);
        session.View.BeginMessage();
        StatementWork? work = notes.Meant(name);
        if (MustWaitToJudge(work, output))
            return true;
        refusal = Prepared.OfBind(name, out Task? settling);
        // What has been sent may be what the name means.
        if (work is null && session.Masks && session.InFlight.Count > 0 && session.InFlight.WillDrain)
            settling ??= session.InFlight.WhenEmptyAsync();
        _waiting = settling;
        if (settling is not null || refusal is not null || session.IsLost || (work is null && !session.Masks))
            return settling is not null;
        return MustWaitFor(work is null ? Needs.OfUnknown : NeedsOf(work, isKept: !portal.IsEmpty), work?.Judged.Plans is not null, output, out refusal);
    }

    private bool MustWaitToJudge(StatementWork? work, OutputBuffer output)
    {
        if (!session.Masks || session.Catalog is null)
            return false;
        bool mustWait = session.CertainProtection is null && !(work is not null && _planner.GoesOnWithoutNews(work.Text, work.Statements)) && !HasCatalog(output);
        if (!mustWait && _planner.KnowPath(output) is { } asking)
            (_waiting, mustWait) = (asking, true);
        _catalogTried &= mustWait;
        if (!mustWait)
            _planner.Judged();
        return mustWait;
    }

    /// <summary>The functions that a portal calls, of which rows may still be fetched when the message is answered, must stay what they are.</summary>
    private static Needs NeedsOf(StatementWork work, bool isKept) =>
        isKept && work.Needs is { Later: null, Use: { } use } && work.Judged.Plans?.Statements.Any(ChangeNeeds.CallsUsers) == true
            ? work.Needs with { Later = use } : work.Needs;

    /// <summary>True where somebody else must end first; what has passed this is sent.</summary>
    private bool MustWaitFor(Needs needs, bool isCertain, OutputBuffer output, out Refusal? refusal)
    {
        refusal = null;
        if (session.Turn is not { } turn || turn.EnterAsync(needs, isCertain, out refusal) is not { } entering)
            return false;
        _waiting = turn.AskAsync(needs, output) ?? entering;
        // What others change meanwhile counts.
        _catalogTried = false;
        _planner.Judged();
        return true;
    }

    public void Runs(StatementEffect effects) => Admission.Runs(effects);

    public void PortalBound(ReadOnlySpan<byte> portal)
    {
        if (!portal.IsEmpty)
            named.PortalBound();
    }

    private bool TryAnalyze(ReadOnlySpan<byte> utf8, out AnalyzedText analyzed)
    {
        if (_analyzedElsewhere is not null)
        {
            analyzed = _analyzedElsewhere;
            _analyzedElsewhere = null;
            return true;
        }
        if (session.Dialect.Analysis.TryAnalyze(utf8, out analyzed))
            return true;
        _waiting = session.Dialect.Analysis.AnalyzeElsewhereAsync(utf8.ToArray());
        return false;
    }

    /// <summary>True where the catalog is there, or cannot be had: what then follows says so.</summary>
    private bool HasCatalog(OutputBuffer output)
    {
        if (_catalogTried || session.View.Ensure(out CatalogRead? readHere, out _catalogTried) is not { } reading)
            return true;
        if (readHere is not null)
            Ask(readHere, output);
        _waiting = reading;
        return false;
    }

    /// <summary>True where the catalog is being read over this session and another query belongs to it.</summary>
    private bool GoesOnReading(OutputBuffer output)
    {
        if (session.View.GoOn(out CatalogRead? readHere) is not { } reading)
            return false;
        Ask(readHere!, output);
        _waiting = reading;
        return true;
    }

    private void Ask(CatalogRead read, OutputBuffer output) => session.Ask(read, Encoding.UTF8.GetBytes(read.Text), output);

    private void Record(AnalyzedText analyzed)
    {
        if (session.Session.Recorder is not { } recorder)
            return;
        foreach (StatementFacts facts in analyzed.Statements)
            recorder.Decide(DecisionRecord.Allowed(facts));
    }

    private Refusal Unparsed(ParseProblem problem)
    {
        Verdict verdict = session.Policy.JudgeUnparsed();
        return verdict.Decision == Decision.Approve ? Refusals.Of(verdict, "unparsed") : Refusals.Unparsed(problem, session.ServerMajor);
    }

    private DateTimeOffset Now => session.Session.Listener.Time.GetUtcNow();

    private static GateAnswer Refused(Refusal refusal, ReadOnlySpan<byte> text, ImmutableArray<SecretSpan> secrets)
    {
        byte[] recorded = text.ToArray();
        Secrets.Blank(recorded, secrets);
        return new GateAnswer(null, refusal, recorded, [], 0);
    }
}
