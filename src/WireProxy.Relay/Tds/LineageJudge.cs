using System.Collections.Immutable;
using WireProxy.Policy;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.TransactSql.Lineage;

namespace WireProxy.Relay.Tds;

/// <summary>Why a batch must not run although the rules allow it, in words for whoever sent it.</summary>
/// <param name="Message">What it would have done.</param>
/// <param name="Hint">What to do instead.</param>
public sealed record Objection(string Message, string Hint);

/// <summary>What the lineage of batches means for a subject from whom columns are protected. Immutable; holds for one catalog.</summary>
public sealed class LineageJudge(CompiledPolicy policy, Protection protection, CatalogSnapshot catalog)
{
    /// <summary>Stands for the mask of an expression, which depends on its type.</summary>
    public static Mask Unsettled { get; } = new Mask.Constant("");

    public Protection Protection => protection;

    /// <summary>Protected values may be among these.</summary>
    public bool IsProtected(SourceSet sources)
    {
        ArgumentNullException.ThrowIfNull(sources);
        return sources.IsEverything || sources.Columns.Any(IsProtected);
    }

    /// <summary>A view is what its definition says, whose columns stand beside its own among the sources; itself it is protected where the
    /// policy names it.</summary>
    public bool IsProtected(SourceColumn column) => catalog.Relation(column.Relation) is { Kind: 'v' }
        ? protection.NamedMask(column.Relation, column.Column) is not null
        : protection.Find(column.Relation, column.Column).Kind != ProtectionKind.Clear;

    /// <summary>The mask of a result's column: null where it is clear, <see cref="Unsettled"/> for what is made of protected columns and is not
    /// one of them as it is.</summary>
    public Mask? MaskOf(OutputColumn column)
    {
        ArgumentNullException.ThrowIfNull(column);
        if (column.Origin is { } origin && protection.NamedMask(origin.Relation, origin.Column) is { } named)
            return named;
        if (!IsProtected(column.Sources))
            return null;
        return !column.Sources.IsEverything && column.Base is { } plain && column.Sources.Columns.Where(IsProtected).All(source => source == plain)
            && protection.Find(plain.Relation, plain.Column) is { IsMasked: true } found ? found.Mask : Unsettled;
    }

    /// <summary>Some columns of the catalog are classified.</summary>
    internal bool HasLabels => catalog.SqlServer is { Classifications.Count: > 0 };

    /// <summary>How a column that is made of these may be classified.</summary>
    /// <param name="plain">The table's column that it is as it is; null for none.</param>
    internal ColumnLabels LabelsOf(SourceSet sources, SourceColumn? plain)
    {
        if (sources.IsEverything)
            return ColumnLabels.Anything;
        if (!HasLabels)
            return ColumnLabels.None;
        ImmutableArray<SqlServerClassification> found = [.. sources.Columns.Select(Classification).OfType<SqlServerClassification>().Distinct()];
        return found.IsEmpty ? ColumnLabels.None : new ColumnLabels(found, plain is { } column ? Classification(column) : null);
    }

    private SqlServerClassification? Classification(SourceColumn column) =>
        catalog.SqlServer!.Classifications.GetValueOrDefault((column.Relation, column.Column));

    /// <param name="command">The statement's, or "batch".</param>
    public Objection? ObjectionTo(BatchLineage lineage, string command)
    {
        ArgumentNullException.ThrowIfNull(lineage);
        bool blocksPredicates = policy.Predicates == PredicateMode.Block;
        bool blocksDerived = blocksPredicates || policy.Derived == DerivedMode.Block;
        foreach (StatementLineage statement in lineage.Statements)
        {
            if (blocksPredicates && IsProtected(statement.Predicates))
                return Predicate(statement, command);
            // An expression that fails for some values and not for others answers questions as a condition does.
            if (blocksDerived && statement.ResultSets.SelectMany(set => set.Columns).FirstOrDefault(
                column => column.Origin is null && IsProtected(column.Sources)) is { } computed)
            {
                return Derived(computed, command);
            }
            if (statement.Writes.FirstOrDefault(Leaks) is { } write)
                return write.Kind == WriteKind.Anywhere ? Unknown(statement.Reasons.FirstOrDefault()) : Copies(write, command);
        }
        return null;
    }

    /// <summary>The protected columns among these, as people write them; "columns that are not known" for everything.</summary>
    public string Names(SourceSet sources)
    {
        ArgumentNullException.ThrowIfNull(sources);
        return sources.IsEverything ? "columns that are not known" : string.Join(", ", sources.Columns.Where(IsProtected).Select(NameOf).Distinct());
    }

    /// <summary>To text that is put together while it runs.</summary>
    public static Objection UnknownText { get; } = Unknown(null);

    /// <param name="reason">In the analysis's words; null for text that is put together while it runs.</param>
    internal static Objection Unknown(string? reason) => new(
        reason is null
            ? "it runs text that is put together while it runs, which cannot be judged before."
            : $"what it does cannot be judged before ({reason}).",
        "Write the statement out, or pass values as parameters of sp_executesql.");

    private Objection Predicate(StatementLineage statement, string command) => new(
        $"a protected column decides which rows this {command} returns or changes ({Names(statement.Predicates)}), and the policy says predicates: block.",
        "Filter, join, group and order by columns that are not protected, such as a key.");

    private Objection Derived(OutputColumn column, string command) => new(
        $"this {command} computes a value from a protected column ({Names(column.Sources)}), and the policy says " +
        $"{(policy.Derived == DerivedMode.Block ? "derived: block" : "predicates: block")}.",
        "Select the column itself, which comes masked, or leave it out.");

    private Objection Copies(ValueWrite write, string command) => write.Kind == WriteKind.Column && IsProtected(write.Target) ? new(
        $"this {command} would put a new value made of protected columns ({Names(write.Sources)}) into {write.Name}, whose mask shows a part of it.",
        "Copy the column as it is to one with the same mask, or leave it out.") : new(
        $"this {command} would copy protected columns to {write.Name}, where they are not protected ({Names(write.Sources)}).",
        "Leave the protected columns out of the copied columns, or work on the table itself.");

    private bool Leaks(ValueWrite write) => IsProtected(write.Sources) && write.Kind switch
    {
        // Followed by the analysis, from batch to batch.
        WriteKind.Session => false,
        // Part of a value, moved to where another part is shown, would come out piece by piece.
        WriteKind.Column => protection.Find(write.Target.Relation, write.Target.Column) is not { IsMasked: true, Mask: var mask }
            || !(mask.ShowsNothing || (write.Plain is { } plain && protection.Find(plain.Relation, plain.Column) is { IsMasked: true } own && own.Mask == mask)),
        _ => true,
    };

    private string NameOf(SourceColumn column) => catalog.Relation(column.Relation) is { } relation
        ? $"{relation.Schema}.{relation.Name}.{relation.Column(column.Column)?.Name ?? "?"}" : "a column that is not known";
}
