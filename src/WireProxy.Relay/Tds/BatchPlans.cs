using System.Collections.Immutable;
using WireProxy.Policy;
using WireProxy.Sql;
using WireProxy.Sql.TransactSql.Lineage;

namespace WireProxy.Relay.Tds;

/// <summary>From where values come and go to what is refused and what is masked, for one session.</summary>
internal sealed class BatchPlans(TdsSession session)
{
    private bool _shapesChanged;

    /// <summary>The session's temporary tables and what they hold, after the batches that passed.</summary>
    public ImmutableArray<TempTable> TempTables { get; private set; } = [];

    /// <summary>No batch before has left anything by which another would be judged otherwise.</summary>
    public bool IsLikeNew => TempTables.IsEmpty && !_shapesChanged;

    /// <summary>The session is like new.</summary>
    public void Reset()
    {
        TempTables = [];
        _shapesChanged = false;
    }

    /// <summary>Why the text must not run although the rules allow it: it would put protected values where they are not protected.</summary>
    public Refusal? RefusalOf(RequestText text)
    {
        string command = text.Readings is [{ Statements: [StatementFacts only] }, ..] ? only.Command : "batch";
        foreach (TextMeaning meaning in text.Meanings)
        {
            if (session.Judge!.ObjectionTo(meaning.Lineage!, command) is { } objection)
                return Refusals.Of(objection, command);
        }
        return null;
    }

    /// <summary>What is masked of the answer; null where nothing must be. From here on the batch counts as run.</summary>
    public BatchPlan? PlanOf(RequestTexts request)
    {
        LineageJudge judge = session.Judge!;
        bool touches = false;
        bool withholds = false;
        bool isSequenceKnown = !_shapesChanged;
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
                isSequenceKnown &= lineage.SequenceKnown;
                sets.AddRange(lineage.ResultSets.Select(set => PlanOf(set, judge)));
                TempTables = lineage.TempTables;
                _shapesChanged |= lineage.ChangesShapes;
            }
        }
        Mask ofText = session.Protection?.DerivedMask ?? Mask.Redact;
        ColumnLabels labels = session.ReadsClassification ? AllLabels(request, judge) : ColumnLabels.None;
        if (!touches && !withholds && labels.IsNone)
            return null;
        return _shapesChanged ? BatchPlan.Everything(ofText) : new BatchPlan(sets.DrainToImmutable(), isSequenceKnown, ofText)
        {
            MasksValues = touches,
            Withholds = withholds,
            AllLabels = labels,
            IsOfCursor = request.Cursor is not null || request.Makes.Any(maker => maker.MakesCursor),
        };
    }

    /// <summary>More than one result set may come of it: whether one is classified its beginning does not tell of the others.</summary>
    public bool MayHaveSeveralResults(RequestTexts request) => _shapesChanged || request.Texts is not [{ Readings.Count: 1 } only]
        || !(only is { Readings: [{ Statements: [{ Command: "SELECT", InnerCommands.IsEmpty: true }] }] }
            || only is { Meanings: [{ Lineage: { SequenceKnown: true, ResultSets.Length: <= 1 } }] });

    /// <summary>Whether the session may be in another database afterwards, which the server then says.</summary>
    public static bool MayChangeDatabase(RequestTexts request) => request.Texts.Any(text => text.Readings.Any(reading =>
        reading.Statements.Any(facts => facts.Command == "USE" || facts.InnerCommands.Contains("USE") || facts.HasUnknownSql)));

    private ResultPlan? PlanOf(ResultSetLineage set, LineageJudge judge) => !set.IsKnown ? null : new ResultPlan(
        [.. set.Columns.Select(column => column.Name)], [.. set.Columns.Select(judge.MaskOf)])
    {
        Labels = session.ReadsClassification && judge.HasLabels ? [.. set.Columns.Select(column => judge.LabelsOf(column.Sources, column.Base))] : [],
    };

    private static ColumnLabels AllLabels(RequestTexts request, LineageJudge judge) =>
        judge.LabelsOf(SourceSet.UnionOf(request.Texts.SelectMany(text => text.Meanings).Select(meaning => meaning.Lineage!.Union)), null);
}
