using System.Collections.Immutable;
using WireProxy.Policy;
using WireProxy.Sql;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Relay.Postgres;

/// <summary>The lineage of a text's statements together with what it means for the session's subject. Immutable.</summary>
internal sealed class StatementPlans(TextLineage text, LineageJudge judge)
{
    private readonly ImmutableArray<StatementLineage> _withRows = [.. text.Statements.Where(statement => statement.Shape != ResultShape.None)];

    private NameUse? _use;
    private Needs? _needs;

    public ImmutableArray<StatementLineage> Statements => text.Statements;

    public LineageJudge Judge => judge;

    /// <summary>What the meaning of the statements hangs on.</summary>
    public NameUse UseOf(ImmutableArray<StatementFacts> facts) => _use ??= new NameUse(
        text.Statements.SelectMany(one => StatementNames.Of(one, judge.Protection.Catalog))
            .Concat(facts.SelectMany(static one => one.Relations.Select(static relation => relation.Name))),
        writes: facts.Any(static one => one.Classes.Any(static kind => kind != StatementClass.Read)) || text.Statements.Any(static one => !one.Writes.IsEmpty));

    /// <summary>What the statements need to themselves.</summary>
    public Needs NeedsOf(ImmutableArray<StatementFacts> facts) => _needs ??= ChangeNeeds.Of(facts, this, judge.Protection.Catalog, usesNames: true);

    /// <summary>The statement that gives the result of that place among all results; null where there is none.</summary>
    public StatementLineage? WithRows(int index) => index < _withRows.Length ? _withRows[index] : null;

    /// <summary>One of the statements uses protected values.</summary>
    public bool Touches { get; } = text.Statements.Any(judge.Touches);

    /// <summary>The masks of a result, or null where the lineage does not say, or the server describes another result than it expects.</summary>
    /// <param name="index">How many results of the text came before.</param>
    /// <param name="disagrees">The server states an origin that the lineage has not found.</param>
    public Mask?[]? MasksOf(ImmutableArray<ResultColumn> stated, int index, Func<uint, Mask, Mask> derivedOf, out bool disagrees)
    {
        disagrees = false;
        if (WithRows(index) is not { Shape: ResultShape.Columns } lineage
            || lineage.Columns.Length != stated.Length)
            return null;
        var masks = new Mask?[stated.Length];
        for (int i = 0; i < masks.Length; i++)
        {
            masks[i] = judge.MaskOf(stated[i], lineage.Columns[i], derivedOf(stated[i].TypeId, judge.Protection.DerivedMask), out bool agrees);
            disagrees |= !agrees;
        }
        return masks;
    }
}
