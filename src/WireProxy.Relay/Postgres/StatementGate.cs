using System.Collections.Immutable;
using System.Text;
using WireProxy.Policy;
using WireProxy.Protocols.Postgres;
using WireProxy.Relay.Transport;
using WireProxy.Sql;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres;

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
internal sealed class StatementGate(PostgresSession session)
{
    private static readonly byte[] CatalogQuery = Encoding.UTF8.GetBytes(PostgresCatalogQuery.Text);

    /// <summary>Beyond this many names none is known any more.</summary>
    private const int MostNames = 1024;

    /// <summary>What may stand under names that EXECUTE and FETCH use; null where another than the gate saw it put there.</summary>
    private readonly Dictionary<string, ImmutableArray<StatementFacts>?> _names = new(StringComparer.Ordinal);
    private readonly EffectNotes _statements = new();
    private readonly EffectNotes _portals = new();
    private bool _namesAreUnknown;
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
        if (session.Session.Recorder is { CanRecord: false })
            return Refused(Refusals.NotRecordable, [], []);
        // A FunctionCall names its function by OID alone.
        bool needsCatalog = session.Policy.DependsOnCatalog || (type == FrontendMessageType.FunctionCall && !session.Policy.IsTransparent);
        if (needsCatalog && !HasCatalog(output))
            return GateAnswer.Wait;
        _catalogTried = false;
        if (needsCatalog && session.Catalog is null)
            return Refused(Refusals.CatalogUnreadable, [], []);
        return type switch
        {
            FrontendMessageType.FunctionCall => JudgeFunctionCall(FunctionCallMessage.Decode(body)),
            FrontendMessageType.Query => JudgeText(QueryMessage.Decode(body).Text, null, 0, output),
            _ => JudgeParse(ParseMessage.Decode(body), output),
        };
    }

    /// <summary>True where the catalog must be read before a Bind: a statement prepared long ago is judged by the catalog of today.</summary>
    public bool MustWaitToBind(OutputBuffer output)
    {
        if (!session.Masks || !session.CatalogMayBeOld || session.InFlight.Count > 0 || session.Catalog is null)
            return false;
        bool mustWait = !HasCatalog(output);
        _catalogTried &= mustWait;
        return mustWait;
    }

    /// <summary>A portal of a statement is asked for: running it has the statement's effects.</summary>
    /// <param name="work">Its completion frees the portal's name of what stood there.</param>
    public void Bound(ReadOnlySpan<byte> portal, ReadOnlySpan<byte> statement, Work? work)
    {
        if (!portal.IsEmpty && session.Masks)
            Note(Names.Of(portal), null);
        if (!_statements.IsEmpty || !_portals.IsEmpty)
            _portals.Put(Names.Of(portal), _statements.IsEmpty ? default : _statements.Of(Names.Of(statement)), work);
    }

    /// <summary>What running a portal may change.</summary>
    public Effects EffectsOfPortal(ReadOnlySpan<byte> portal) => _portals.IsEmpty ? default : _portals.Of(Names.Of(portal));

    private GateAnswer JudgeParse(ParseMessage parse, OutputBuffer output) =>
        JudgeText(parse.Text, Names.Of(parse.Statement), parse.Statement.Length + 1, output);

    private GateAnswer JudgeFunctionCall(FunctionCallMessage call)
    {
        CatalogFunction? function = session.Catalog?.Function(call.FunctionId);
        Verdict verdict = session.Policy.JudgeFunctionCall(function?.Name, session.Subject, Now, function?.Schema);
        if (verdict.Decision != Decision.Allow)
            return Refused(Refusals.Of(verdict, "FUNCTION CALL"), [], []);
        session.Session.Recorder?.Decide(DecisionRecord.FunctionCall(function?.Name));
        session.NamesMayChange();
        _namesAreUnknown = true;
        bool touches = session.Masks && (function is null || session.Protection?.Touches(FactsOf(function)) != false);
        return new GateAnswer(new QueryWork([]) { Touches = touches }, null, [], [], 0);
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
        if (MustSettle(text, output))
            return GateAnswer.Wait;
        if (RefuseUnsafeText(text) is { } unsafeText)
            return Refused(unsafeText, text, PostgresAnalyzer.MayHoldSecret(text) ? [new SecretSpan(0, text.Length)] : []);
        if ( !TryAnalyze(text, out AnalyzedText analyzed))
            return GateAnswer.Wait;
        ImmutableArray<SecretSpan> secrets = ClientEncodings.InOriginal(text, session.ClientEncoding, analyzed.Secrets);
        if (analyzed.Problem is not null && !session.Policy.IsTransparent)
            return Refused(Unparsed(analyzed.Problem), text, secrets);
        foreach (StatementFacts facts in analyzed.Statements)
        {
            Verdict verdict = session.Policy.Judge(facts, session.Subject, session.Catalog, Now);
            if (verdict.Decision != Decision.Allow)
                return Refused(Refusals.Of(verdict, facts.Command), text, secrets);
            if (session.Masks && session.Protection?.CopiesElsewhere(facts) == true)
                return Refused(Refusals.Copies(facts.Command), text, secrets);
        }
        Record(analyzed);
        return new GateAnswer(Admit(analyzed, statement), null, [], secrets, textOffset);
    }

    private Work Admit(AnalyzedText analyzed, string? statement)
    {
        bool touches = false;
        bool namesViews = false;
        Effects effects = default;
        ImmutableArray<CopyFacts> copies = [];
        foreach (StatementFacts facts in analyzed.Statements)
        {
            touches |= Touches(facts);
            namesViews |= session.Masks && session.Protection?.NamesViews(facts) != false;
            if (facts.Copy is { ToClient: true })
                copies = copies.Add(facts.Copy);
            effects = effects.With(EffectsOf(facts));
            NoteNames(facts);
        }
        if (statement is null)
        {
            Apply(effects);
            return new QueryWork(copies) { Touches = touches, NamesViews = namesViews, ChangesCatalog = effects.OnCatalog };
        }
        var work = new StatementWork(statement, analyzed.Statements, session.NamesMeaning);
        _statements.Put(statement, effects, work);
        if (session.Masks && statement.Length > 0)
            Note(statement, null);
        return work;
    }

    private Effects EffectsOf(StatementFacts facts)
    {
        Effects own = StatementEffects.Of(facts, session.Catalog);
        return (facts.NameEffect, facts.AffectedName) switch
        {
            (NameEffect.Execute, { } name) => own.With(_statements.Of(name)),
            (NameEffect.FetchCursor, { } name) => own.With(_portals.Of(name)),
            _ => own,
        };
    }

    /// <summary>What is run changes names and settings. The catalog's turn is when it is in flight.</summary>
    public void Apply(Effects effects)
    {
        if (effects.OnNames)
            session.NamesMayChange();
        if (effects.OnSettings)
            session.MeaningMayChange();
    }

    private bool Touches(StatementFacts facts) => session.Masks && (session.Protection?.Touches(facts, TouchesOfName) ?? true);

    private bool? TouchesOfName(string name) => _namesAreUnknown || !_names.TryGetValue(name, out ImmutableArray<StatementFacts>? known) || known is null
        ? null
        : known.Value.Any(facts => session.Protection!.Touches(facts));

    /// <summary>What PREPARE and DECLARE name is remembered for EXECUTE and FETCH. Nothing is forgotten: whether a later statement of that
    /// name was accepted is not known here. Code that nobody has read may put anything under any name.</summary>
    private void NoteNames(StatementFacts facts)
    {
        if (facts is { NameEffect: NameEffect.Prepare or NameEffect.DeclareCursor, AffectedName: { } name })
        {
            Effects later = StatementEffects.Of(facts with { NameEffect = NameEffect.None }, session.Catalog);
            (facts.NameEffect == NameEffect.Prepare ? _statements : _portals).Put(name, later, null);
            if (session.Masks)
                Note(name, facts);
        }
        else if (!StatementEffects.NamesOnly(facts) && !StatementEffects.KeepsNames(facts, session.Catalog))
        {
            _namesAreUnknown = true;
        }
    }

    private void Note(string name, StatementFacts? facts)
    {
        bool isNew = !_names.TryGetValue(name, out ImmutableArray<StatementFacts>? known);
        _namesAreUnknown |= isNew && _names.Count >= MostNames;
        if (!_namesAreUnknown)
            _names[name] = facts is null || (!isNew && known is null) ? null : (known ?? []).Add(facts with { NameEffect = NameEffect.None });
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

    /// <summary>
    /// Text with backslashes or beyond ASCII means what standard_conforming_strings and client_encoding say when the server reads it, and
    /// anything that runs may change both: set_config in a function, a prepared statement, a cursor, a trigger. So it is judged
    /// when what was sent before is answered; a Flush makes a server that waits for a Sync answer, too.
    /// </summary>
    private bool MustSettle(ReadOnlySpan<byte> text, OutputBuffer output)
    {
        if (_analyzedElsewhere is not null || session.Policy.IsTransparent || (Ascii.IsValid(text) && !text.Contains((byte)'\\')))
            return false;
        if (!session.InFlight.Any(static pending => pending.Kind is not (Expectation.Parse or Expectation.Close or Expectation.Sync)))
            return false;
        output.Diverge();
        EmptyMessage.Encode(output.BeginOwn(), FrontendMessageType.Flush);
        _waiting = session.InFlight.WhenEmptyAsync();
        return true;
    }

    /// <summary>The parser reads text as the server does with standard_conforming_strings on, in an encoding where ASCII bytes are
    /// ASCII. What the server may read otherwise is refused.</summary>
    private Refusal? RefuseUnsafeText(ReadOnlySpan<byte> text)
    {
        bool isAscii = Ascii.IsValid(text);
        if (session.Policy.IsTransparent)
            return null;
        if (!session.StandardStrings && text.Contains((byte)'\\'))
            return Refusals.UnsafeBackslash;
        return !isAscii && ClientEncodings.IsUnsafe(session.ClientEncoding) ? Refusals.UnsafeEncoding(session.ClientEncoding) : null;
    }

    /// <summary>True where the catalog is there, or cannot be had: what then follows says so.</summary>
    private bool HasCatalog(OutputBuffer output)
    {
        if (_catalogTried || session.EnsureCatalog(out CatalogRead? readHere) is not { } reading)
            return true;
        if (readHere is not null)
        {
            output.Diverge();
            new QueryMessage(CatalogQuery).Encode(output.BeginOwn());
            session.InFlight.Add(new Pending(Expectation.Catalog, new CatalogWork(readHere), IsOurs: true));
            _catalogTried = true;
        }
        else
        {
            // Waiting for others to finish is no attempt of one's own.
            _catalogTried = session.InFlight.Count == 0 || session.Catalog is not null;
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
