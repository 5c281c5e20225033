using System.Collections.Immutable;
using WireProxy.Policy;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Tds.Types;

namespace WireProxy.Relay.Tds;

/// <summary>A result set as the analysis expects it: the name of each column, and its mask or null.</summary>
internal sealed record ResultPlan(ImmutableArray<string?> Names, ImmutableArray<Mask?> Masks)
{
    /// <summary>How each column may be classified; empty where nothing is.</summary>
    public ImmutableArray<ColumnLabels> Labels { get; init; } = [];

    private const string RowStatus = "ROWSTAT";

    /// <summary>Two witnesses: what the server describes must be what the analysis expects. Names compare as the server's catalog does.</summary>
    /// <param name="ofCursor">The rows are a cursor's: the server adds a column that says how each row fares.</param>
    public bool Fits(ColMetadata described, bool ofCursor)
    {
        bool hasStatus = ofCursor && described.Columns.Count == Names.Length + 1
            && described.Columns[Names.Length] is { Name: RowStatus, Type.Type: DataType.IntN or DataType.Int4 };
        if (!hasStatus && described.Columns.Count != Names.Length)
            return false;
        for (int i = 0; i < Names.Length; i++)
        {
            // How a server calls what has no name is its own business: Babelfish does it as PostgreSQL does.
            if (Names[i] is { } name && !string.Equals(described.Columns[i].Name, name, StringComparison.OrdinalIgnoreCase))
                return false;
        }
        return true;
    }
}

/// <summary>What becomes of the answer to a batch that touches protected data. Immutable; shared by all who send the same text.</summary>
/// <param name="ResultSets">Those that may come; one of unknown shape is null.</param>
/// <param name="IsSequenceKnown">They come in this order, each once.</param>
/// <param name="OfText">The mask of a text that may hold anything.</param>
internal sealed record BatchPlan(ImmutableArray<ResultPlan?> ResultSets, bool IsSequenceKnown, Mask OfText)
{
    /// <summary>Result sets, output parameters and return values may hold protected values.</summary>
    public bool MasksValues { get; init; } = true;

    /// <summary>The request opens a cursor or fetches from one.</summary>
    public bool IsOfCursor { get; init; }

    /// <summary>Errors and messages may quote protected values.</summary>
    public bool Withholds { get; init; } = true;

    /// <summary>The statements: what an error quotes of them it may quote.</summary>
    public ImmutableArray<string> Texts { get; init; } = [];

    /// <summary>How any column may be classified.</summary>
    public ColumnLabels AllLabels { get; init; } = ColumnLabels.None;

    /// <summary>What the server has described in answers under this plan.</summary>
    public KnownDescriptions Known { get; } = new();

    /// <summary>Everything is masked: what comes is not known.</summary>
    public static BatchPlan Everything(Mask ofText) => new([], false, ofText) { AllLabels = ColumnLabels.Anything };

    /// <summary>The masks of the columns that the server describes.</summary>
    /// <param name="index">How many result sets of the answer came before.</param>
    /// <param name="mayHaveSkipped">A statement failed before: one that fails early tells no columns, and the sequence goes on behind it.</param>
    public Mask?[] MasksOf(ColMetadata described, int index, bool mayHaveSkipped)
    {
        var masks = new Mask?[described.Columns.Count];
        if (!MasksValues)
            return masks;
        bool fits = false;
        foreach (ResultPlan candidate in Fitting(described, index, mayHaveSkipped))
        {
            fits = true;
            Add(candidate, described, masks);
        }
        if (!fits)
        {
            for (int i = 0; i < masks.Length; i++)
                masks[i] = Derived(described.Columns[i].Type.Type, OfText);
        }
        return masks;
    }

    /// <summary>How a column that the server describes may be classified.</summary>
    /// <inheritdoc cref="MasksOf"/>
    public ColumnLabels LabelsOf(ColMetadata described, int index, bool mayHaveSkipped, int column)
    {
        ColumnLabels? labels = null;
        foreach (ResultPlan candidate in Fitting(described, index, mayHaveSkipped))
        {
            ColumnLabels expected = column < candidate.Labels.Length ? candidate.Labels[column] : ColumnLabels.None;
            labels = labels?.Or(expected) ?? expected;
        }
        return labels ?? AllLabels;
    }

    /// <summary>The result sets that this one may be; none where it is none of those that were expected.</summary>
    private IEnumerable<ResultPlan> Fitting(ColMetadata described, int index, bool mayHaveSkipped)
    {
        if (IsSequenceKnown && mayHaveSkipped)
            return ResultSets.Skip(index).Any(set => set is null) ? [] : ResultSets.Skip(index).OfType<ResultPlan>().Where(candidate => candidate.Fits(described, IsOfCursor));
        if (IsSequenceKnown)
            return index < ResultSets.Length && ResultSets[index] is { } expected && expected.Fits(described, IsOfCursor) ? [expected] : [];
        return ResultSets.Contains(null) ? [] : ResultSets.OfType<ResultPlan>().Where(candidate => candidate.Fits(described, IsOfCursor));
    }

    /// <summary>A masked text is seen to be one. A number, a date or a truth value that the server computed is withheld as NULL: a count of
    /// 0 would be believed.</summary>
    public static Mask Derived(DataType type, Mask ofText) =>
        DataTypes.IsWideText(type) || DataTypes.IsCodePageText(type) ? ofText : Mask.Null;

    private void Add(ResultPlan plan, ColMetadata described, Mask?[] masks)
    {
        for (int i = 0; i < plan.Masks.Length; i++)
        {
            Mask? mask = ReferenceEquals(plan.Masks[i], LineageJudge.Unsettled) ? Derived(described.Columns[i].Type.Type, OfText) : plan.Masks[i];
            // Two candidates of one shape: what either masks is masked, and where they differ nothing of the value remains.
            masks[i] = masks[i] is null || masks[i] == mask ? mask ?? masks[i] : mask is null ? masks[i] : Derived(described.Columns[i].Type.Type, OfText);
        }
    }
}
