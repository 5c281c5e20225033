using System.Collections.Immutable;
using WireProxy.Policy;
using WireProxy.Sql;
using WireProxy.Sql.TransactSql.Lineage;

namespace WireProxy.Relay.Tds;

/// <summary>From where values come and go to what is refused and what is masked, for one session.</summary>
internal sealed class BatchPlans(TdsSession session)
{
    /// <summary>Errors are compared with texts up to this.</summary>
    private const int LongestQuoted = 16 * 1024;

    private ServerState Server => session.Server;

    /// <summary>No batch before has left anything by which another would be judged otherwise.</summary>
    public bool IsLikeNew => Server.Left.IsEmpty;

    /// <summary>What the next text of the request is judged by.</summary>
    public Leftovers Next { get; private set; } = Leftovers.None;

    /// <summary>A request is judged text by text: each finds what those before it leave.</summary>
    public void Begin() => Next = Server.Left;

    /// <summary>To be said of each text once its meanings are known.</summary>
    public void GoBehind(RequestText text) => Next = text.Leaves!;

    /// <summary>Whether batches after the request that was gone through may be judged otherwise than before it.</summary>
    public bool ChangesState => !Next.ForTheNextRequest.IsSameAs(Server.Left);

    /// <summary>Why the text must not run although the rules allow it: it would put protected values where they are not protected.</summary>
    public Refusal? RefusalOf(RequestText text)
    {
        if (text.Readings.Select(RefusalOfNames).FirstOrDefault(refused => refused is not null) is { } refusal)
            return refusal;
        string command = text.Readings is [{ Statements: [StatementFacts only] }, ..] ? only.Command : "batch";
        foreach (TextMeaning meaning in text.Meanings)
        {
            if (session.Judge!.ObjectionTo(meaning.Lineage!, command) is { } objection)
                return Refusals.Of(objection, command);
        }
        return null;
    }

    /// <summary>What a batch does to the catalog by which it is judged itself.</summary>
    private Refusal? RefusalOfNames(AnalyzedText reading)
    {
        if (session.Session.Listener.Options.Upstream.Catalog is null && reading.Statements.FirstOrDefault(ChangesUser) is { } changed)
            return Refusals.ChangesUser(changed.Command);
        if (!reading.Statements.Any(facts => facts.ChangesCatalog))
            return null;
        foreach (StatementFacts facts in reading.Statements)
        {
            if (facts.Relations.FirstOrDefault(relation => IsMadeHere(relation, facts)) is { } made)
                return Refusals.MadeHere(facts.Command, made.Name);
        }
        return null;
    }

    /// <summary>Dynamic SQL and procedures go back to the user they began with; what stands in the batch itself stays.</summary>
    private static bool ChangesUser(StatementFacts facts) =>
        facts.Command is "EXECUTE AS" or "SETUSER" || facts.InnerCommands.Any(command => command is "EXECUTE AS" or "SETUSER")
        || facts.Functions.Any(function => function.Name.Equals("sp_setapprole", StringComparison.OrdinalIgnoreCase));

    /// <summary>Values are read of a table that the policy names and the catalog does not know.</summary>
    private bool IsMadeHere(RelationReference relation, StatementFacts facts) =>
        (relation.IsRead || facts.Command is "UPDATE" or "DELETE" or "MERGE" || facts.InnerCommands.Any(command => command is "UPDATE" or "DELETE" or "MERGE"))
        && !relation.Name.StartsWith('#')
        && session.Policy.Definition.Protect.Any(rule => rule.Columns.Any(column => column.MatchesTable(session.Catalog!.Database, relation.Schema, relation.Name)))
        && !session.Catalog!.Relations.Any(known => Same(known.Name, relation.Name) && (relation.Schema is null || Same(known.Schema, relation.Schema)));

    private static bool Same(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);

    /// <summary>What is masked of the answer; null where nothing must be. From here on the batch counts as run.</summary>
    public BatchPlan? PlanOf(RequestTexts request)
    {
        LineageJudge judge = session.Judge!;
        bool touches = false;
        bool withholds = false;
        // What a batch turns on counts for itself; what it turns off, for the next.
        ShapeSettings shapes = request.Texts.SelectMany(text => text.Meanings).Aggregate(Server.Left.Shapes, static (on, meaning) => on | meaning.Lineage!.TurnsOn);
        bool isSequenceKnown = shapes == ShapeSettings.None;
        var sets = ImmutableArray.CreateBuilder<ResultPlan?>();
        foreach (RequestText text in request.Texts)
        {
            // Two readings may give two sequences.
            isSequenceKnown &= text.Meanings.Count == 1;
            foreach (TextMeaning meaning in text.Meanings)
            {
                BatchLineage lineage = meaning.Lineage!;
                withholds |= judge.IsProtected(lineage.Errors) || judge.IsProtected(lineage.Messages);
                touches |= judge.IsProtected(lineage.Union) || lineage.Statements.Any(statement => judge.IsProtected(statement.Returned))
                    || lineage.Variables.Values.Any(judge.IsProtected);
                isSequenceKnown &= lineage.SequenceKnown && !meaning.Reached.Any(MayFireTriggers);
                sets.AddRange(lineage.ResultSets.Select(set => PlanOf(set, judge)));
                touches |= (shapes & ShapeSettings.NoBrowseTable) != 0 && lineage.Statements.Any(HasProtectedTable);
            }
        }
        Server.Left = Next.ForTheNextRequest;
        Mask ofText = session.Protection?.DerivedMask ?? Mask.Redact;
        ColumnLabels labels = session.ReadsClassification ? AllLabels(request, judge) : ColumnLabels.None;
        if (!touches && !withholds && labels.IsNone)
            return null;
        bool hasOtherShapes = (shapes & ~ShapeSettings.FormatOnly) != 0;
        if (hasOtherShapes && (touches || withholds))
            return BatchPlan.Everything(ofText);
        // What is longer is data.
        ImmutableArray<string> texts = [.. request.Texts.Select(text => text.Text).Where(text => text.Length <= LongestQuoted)];
        return new BatchPlan(sets.DrainToImmutable(), isSequenceKnown, ofText)
        {
            MasksValues = touches,
            Withholds = withholds,
            Texts = texts,
            AllLabels = hasOtherShapes ? ColumnLabels.Anything : labels,
            IsOfCursor = request.Cursor is not null || request.Makes.Any(maker => maker.MakesCursor),
        };
    }

    /// <summary>A trigger that was made past the gateway, and is not known yet, may give results between those that are expected.</summary>
    private static bool MayFireTriggers(StatementFacts facts) =>
        facts.Relations.Any(relation => relation.IsWritten && !relation.Name.StartsWith('#') && !relation.Name.StartsWith('@'));

    /// <summary>Columns may come that the statement does not name: the keys of its tables.</summary>
    private bool HasProtectedTable(StatementLineage statement) =>
        statement.Relations.Any(relation => session.Protection!.Find(relation, 0).Kind != ProtectionKind.Clear);

    /// <summary>More than one result set may come of it: whether one is classified its beginning does not tell of the others.</summary>
    public bool MayHaveSeveralResults(RequestTexts request) => Server.Left.Shapes != ShapeSettings.None || request.Texts is not [{ Readings.Count: 1 } only]
        || !(only is { Readings: [{ Statements: [{ Command: "SELECT", InnerCommands.IsEmpty: true }] }] }
            || only is { Meanings: [{ Lineage: { SequenceKnown: true, ResultSets.Length: <= 1 } }] });

    /// <summary>Whether the session may be in another database afterwards, which the server then says.</summary>
    public static bool MayChangeDatabase(RequestTexts request) =>
        request.Texts.Any(text => text.Readings.Any(reading => reading.Statements.Any(MayChangeDatabase)));

    /// <summary>Behind it, in one request, the catalog no longer says what names mean.</summary>
    public static bool MayChangeNames(StatementFacts facts) => facts.ChangesCatalog || MayChangeDatabase(facts) || ChangesUser(facts);

    private static bool MayChangeDatabase(StatementFacts facts) => facts.Command == "USE" || facts.InnerCommands.Contains("USE") || facts.HasUnknownSql;

    private ResultPlan? PlanOf(ResultSetLineage set, LineageJudge judge) => !set.IsKnown ? null : new ResultPlan(
        [.. set.Columns.Select(column => column.Name)], [.. set.Columns.Select(judge.MaskOf)])
    {
        Labels = session.ReadsClassification && judge.HasLabels ? [.. set.Columns.Select(column => judge.LabelsOf(column.Sources, column.Base))] : [],
    };

    private static ColumnLabels AllLabels(RequestTexts request, LineageJudge judge) =>
        judge.LabelsOf(SourceSet.UnionOf(request.Texts.SelectMany(text => text.Meanings).Select(meaning => meaning.Lineage!.Union)), null);
}
