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
    private static readonly byte[] CatalogQuery = Encoding.UTF8.GetBytes(PostgresCatalogQuery.Text);

    private readonly TextReading _reading = new(session);
    private readonly StatementPlanner _planner = new(session, named);
    private readonly PreparedGate _prepared = new(session, named, notes);
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
        GateAnswer answer = JudgeMessage(type, body, output);
        _catalogTried &= answer.MustWait;
        if (!answer.MustWait)
            _planner.Judged();
        return answer;
    }

    private GateAnswer JudgeMessage(FrontendMessageType type, ReadOnlySpan<byte> body, OutputBuffer output)
    {
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
            FrontendMessageType.FunctionCall => JudgeFunctionCall(FunctionCallMessage.Decode(body)),
            FrontendMessageType.Query => JudgeText(QueryMessage.Decode(body).Text, null, 0, output),
            _ => JudgeParse(ParseMessage.Decode(body), output),
        };
    }

    private GateAnswer JudgeParse(ParseMessage parse, OutputBuffer output) =>
        JudgeText(parse.Text, Names.Of(parse.Statement), parse.Statement.Length + 1, output);

    private GateAnswer JudgeFunctionCall(FunctionCallMessage call)
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
        session.NamesMayChange();
        // The large object functions that libpq calls give nothing but what the client has put there, or what an import brought, which is refused.
        bool reads = function is null || under?.Touches(FactsOf(function)) != false;
        bool touches = session.Masks && reads && plans?.Touches != false;
        return new GateAnswer(new QueryWork([]) { Touches = touches, Under = under }, null, [], [], 0);
    }

    private static StatementFacts FactsOf(CatalogFunction function) => new()
    {
        Command = "FUNCTION CALL",
        Classes = [StatementClass.Function],
        Functions = [new FunctionReference(function.Schema, function.Name)],
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
        if (!TryAnalyze(text, out AnalyzedText analyzed))
            return GateAnswer.Wait;
        // BEGIN and SET TRANSACTION are the same whatever the catalog says, and a query between them would be the transaction's first.
        if (session.Policy.DependsOnCatalog && analyzed.Statements.Any(StatementPlanner.DependsOnCatalog) && !HasCatalog(output))
        {
            _analyzedElsewhere = analyzed;
            return GateAnswer.Wait;
        }
        if (_planner.Plan(ClientEncodings.ToUtf8(text, session.ClientEncoding) ?? text, analyzed, output, out StatementPlans? plans) is { } planning)
        {
            (_analyzedElsewhere, _waiting) = (analyzed, planning);
            return GateAnswer.Wait;
        }
        if (plans?.Statements.Any(static one => one.MissingFunction is not null) == true && session.LooksAgain() && !HasCatalog(output))
        {
            // What the names stand for is asked again, too.
            _planner.Judged();
            _analyzedElsewhere = analyzed;
            return GateAnswer.Wait;
        }
        ImmutableArray<SecretSpan> secrets = ClientEncodings.InOriginal(text, session.ClientEncoding, analyzed.Secrets);
        if (analyzed.Problem is not null && !session.Policy.IsTransparent)
            return Refused(Unparsed(analyzed.Problem), text, secrets);
        for (int i = 0; i < analyzed.Statements.Length; i++)
        {
            StatementFacts facts = analyzed.Statements[i];
            Verdict verdict = session.Policy.Judge(facts, session.Subject, session.Catalog, Now);
            if (verdict.Decision != Decision.Allow)
                return Refused(Refusals.Of(verdict, facts.Command), text, secrets);
            if (!_planner.IsLost(analyzed) && _planner.RefusalOf(facts, plans?.Statements[i], plans) is { } refusal)
                return Refused(refusal, text, secrets);
        }
        if (session.Masks && _planner.CommitsAmid(analyzed))
            return Refused(Refusals.CommitAmid, text, secrets);
        Record(analyzed);
        return new GateAnswer(Admit(text, analyzed, plans, statement), null, [], secrets, textOffset);
    }

    /// <summary>A statement runs, or a portal of one: what the gateway knows may hold no longer.</summary>
    public void Runs(StatementEffect effects)
    {
        if ((effects & StatementEffect.Catalog) != 0 || ((effects & StatementEffect.EndsChanges) != 0 && session.MayHaveOpenChanges))
            session.CatalogMayChange();
        if ((effects & StatementEffect.Names) != 0)
            session.NamesMayChange();
        if ((effects & (StatementEffect.Settings | StatementEffect.Hidden)) != 0)
            _reading.SettingsMayChange();
        if ((effects & StatementEffect.Settings) != 0)
            session.MeaningMayChange();
    }

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
            return MustWaitToBind(BindMessage.Decode(body).Statement, output, out refusal);
        string portal = notes.NameOf(ExecuteMessage.Decode(body).Portal);
        if (notes.MustJudge(portal) is null)
            return false;
        if (MustWaitToJudge(output))
            return true;
        refusal = _prepared.OfExecute(portal);
        return false;
    }

    public bool MustWaitToBind(ReadOnlySpan<byte> statement, OutputBuffer output, out Refusal? refusal)
    {
        refusal = null;
        if (MustWaitToJudge(output))
            return true;
        refusal = _prepared.OfBind(notes.NameOf(statement), out Task? settling);
        _waiting = settling;
        return settling is not null;
    }

    private bool MustWaitToJudge(OutputBuffer output)
    {
        if (!session.Masks || session.Catalog is null)
            return false;
        bool mustWait = session.CertainProtection is null && !HasCatalog(output);
        if (!mustWait && _planner.KnowPath(output) is { } asking)
            (_waiting, mustWait) = (asking, true);
        _catalogTried &= mustWait;
        if (!mustWait)
            _planner.Judged();
        return mustWait;
    }

    public void PortalBound(ReadOnlySpan<byte> portal)
    {
        if (!portal.IsEmpty)
            named.PortalBound();
    }

    private Work Admit(ReadOnlySpan<byte> text, AnalyzedText analyzed, StatementPlans? plans, string? statement)
    {
        bool dependsOnCatalog = analyzed.Statements.Any(StatementPlanner.DependsOnCatalog);
        Protection? under = dependsOnCatalog ? session.CertainProtection : session.Protection;
        StatementEffect effects = StatementEffect.None;
        for (int i = 0; i < analyzed.Statements.Length; i++)
            effects |= EffectsOf(analyzed.Statements[i], plans?.Statements[i]);
        if (_planner.MayHandleNames(analyzed, plans))
            named.UnknownCodeRuns();
        // A trigger that sets the search path is in the lineage, and in no fact.
        foreach (StatementLineage lineage in plans?.Statements ?? [])
            effects |= lineage.ChangesMeaning ? StatementEffect.Settings : StatementEffect.None;
        if (plans is not null && StatementEffects.ChangesCatalog(analyzed.Statements, plans.Statements, session.Catalog))
            effects |= StatementEffect.Catalog;
        session.HasSeenEffects |= effects != StatementEffect.None;
        // Whatever the catalog says of a cursor's names now, its rows are of what they stood for when it was declared.
        if (session.Masks && FetchesFromBefore(analyzed, plans))
            under = null;
        if (session.Masks || session.HasSeenEffects)
            NoteNames(text, analyzed, plans, statement);
        if (statement is not null)
            return new StatementWork(statement, analyzed.Statements, NamedBy(analyzed), session.NamesMeaning)
            {
                Under = under,
                Effects = effects,
                DependsOnCatalog = dependsOnCatalog,
                Text = !session.Masks ? [] : ClientEncodings.ToUtf8(text, session.ClientEncoding) ?? text.ToArray(),
                Judged = (session.Catalog, plans),
            };
        Runs(effects);
        // A text that changes the catalog may read by its later statements what its earlier ones have changed.
        if ((effects & StatementEffect.Catalog) != 0 && analyzed.Statements.Length > 1)
            under = null;
        return new QueryWork([.. analyzed.Statements.Select(facts => facts.Copy).OfType<CopyFacts>().Where(copy => copy.ToClient)])
        {
            Touches = session.Masks && (under is null || Touches(analyzed, plans, under)),
            Under = under,
            Plans = under is null ? null : plans,
            Code = under is null ? null : KnownCode.Of(analyzed.Statements, plans, session.CatalogGeneration),
            Generation = dependsOnCatalog && analyzed.Statements.Length > 1 ? session.SharedGeneration : null,
        };
    }

    private StatementEffect EffectsOf(StatementFacts facts, StatementLineage? lineage)
    {
        StatementEffect effects = StatementEffects.Of(facts, session.Catalog, running => named.Find(running) is { } all
            ? all.Aggregate(StatementEffect.None, (sum, one) => sum | StatementEffects.Of(one, session.Catalog, _ => StatementEffect.All))
            : named.HasForgotten ? StatementEffect.All : StatementEffect.Settings | StatementEffect.Names);
        // What a user's function does is in the lineage.
        return facts.NameEffect == NameEffect.None && StatementEffects.IsQuery(facts) && lineage is { IsStale: false, ChangesNames: false }
            ? effects & ~StatementEffect.Names : effects;
    }

    /// <summary>By the lineage where it is known; what runs by a name that may mean several statements, by all of them.</summary>
    private bool Touches(AnalyzedText analyzed, StatementPlans? plans, Protection under)
    {
        for (int i = 0; i < analyzed.Statements.Length; i++)
        {
            StatementLineage? lineage = plans?.Statements[i];
            if (lineage is null or { Shape: ResultShape.OfName } ? Touches(analyzed.Statements[i], under) : plans!.Judge.Touches(lineage))
                return true;
        }
        return false;
    }

    private bool Touches(StatementFacts facts, Protection under) => under.Touches(facts) &&
        (facts.NameEffect is not (NameEffect.Execute or NameEffect.FetchCursor) ||
            under.Touches(facts, _ => named.Find(facts)?.Any(one => under.Touches(one))));

    private IReadOnlyList<StatementFacts>? NamedBy(AnalyzedText analyzed) =>
        analyzed.Statements is [{ NameEffect: NameEffect.Execute or NameEffect.FetchCursor } running] ? named.Find(running) : null;

    private bool FetchesFromBefore(AnalyzedText analyzed, StatementPlans? plans)
    {
        for (int i = 0; i < analyzed.Statements.Length; i++)
        {
            if (_planner.FetchesFromBefore(analyzed.Statements[i], plans?.Statements[i]))
                return true;
        }
        return false;
    }

    private void NoteNames(ReadOnlySpan<byte> text, AnalyzedText analyzed, StatementPlans? plans, string? statement)
    {
        if (string.IsNullOrEmpty(statement) && !analyzed.Statements.Any(static facts => facts.NameEffect is NameEffect.Prepare or NameEffect.DeclareCursor))
            return;
        byte[]? kept = text.Length > MadeStatement.LongestText ? null : ClientEncodings.ToUtf8(text, session.ClientEncoding) ?? text.ToArray();
        for (int i = 0; i < analyzed.Statements.Length; i++)
        {
            StatementFacts facts = analyzed.Statements[i];
            var made = plans is null ? null : new MadeStatement(facts, plans.Statements[i], plans.Judge, session.Path.Current, kept, i);
            if (facts is { NameEffect: NameEffect.Prepare or NameEffect.DeclareCursor, AffectedName: { } name })
                named.Note(name, facts, made);
            if (!string.IsNullOrEmpty(statement))
                named.Note(statement, facts, made);
        }
    }

    private bool TryAnalyze(ReadOnlySpan<byte> text, out AnalyzedText analyzed)
    {
        if (_analyzedElsewhere is not null)
        {
            analyzed = _analyzedElsewhere;
            _analyzedElsewhere = null;
            return true;
        }
        byte[]? utf8 = ClientEncodings.ToUtf8(text, session.ClientEncoding);
        if (session.Dialect.Analysis.TryAnalyze(utf8 ?? text, out analyzed))
            return true;
        _waiting = session.Dialect.Analysis.AnalyzeElsewhereAsync(utf8 ?? text.ToArray());
        return false;
    }

    /// <summary>True where the catalog is there, or cannot be had: what then follows says so.</summary>
    private bool HasCatalog(OutputBuffer output)
    {
        if (_catalogTried || session.EnsureCatalog(out CatalogRead? readHere, out _catalogTried) is not { } reading)
            return true;
        if (readHere is not null)
        {
            output.Diverge();
            new QueryMessage(CatalogQuery).Encode(output.BeginOwn());
            session.InFlight.Add(new Pending(Expectation.Catalog, new CatalogWork(readHere), IsOurs: true));
        }
        _waiting = reading;
        return false;
    }

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
        return verdict.Decision == Decision.Approve ? Refusals.Of(verdict, "unparsed") : Refusals.Unparsed(problem);
    }

    private DateTimeOffset Now => session.Session.Listener.Time.GetUtcNow();

    private static GateAnswer Refused(Refusal refusal, ReadOnlySpan<byte> text, ImmutableArray<SecretSpan> secrets)
    {
        byte[] recorded = text.ToArray();
        Secrets.Blank(recorded, secrets);
        return new GateAnswer(null, refusal, recorded, [], 0);
    }
}
