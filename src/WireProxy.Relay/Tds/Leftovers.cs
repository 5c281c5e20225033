using System.Collections.Immutable;
using WireProxy.Sql.TransactSql.Lineage;

namespace WireProxy.Relay.Tds;

/// <summary>What the texts of a session leave behind, by which the next ones are judged. Immutable.</summary>
/// <param name="TempTables">Temporary tables, and what their columns hold.</param>
/// <param name="TempProcedures">Temporary procedures, and every text that they were made of.</param>
/// <param name="Shapes">Settings that may be on.</param>
internal sealed record Leftovers(
    ImmutableArray<TempTable> TempTables, ImmutableArray<TempProcedure> TempProcedures, ShapeSettings Shapes)
{
    /// <summary>A text before in the same request may have changed what names mean.</summary>
    public bool IsStale { get; private init; }

    public static Leftovers None { get; } = new([], [], ShapeSettings.None);

    public bool IsEmpty => HasNothingTemporary && Shapes == ShapeSettings.None;

    public bool HasNothingTemporary => TempTables.IsEmpty && TempProcedures.IsEmpty;

    public Leftovers ForTheNextRequest => IsStale ? this with { IsStale = false } : this;

    /// <summary>After a text that may mean either of these.</summary>
    /// <param name="changesNames">Names may mean something else after it.</param>
    public Leftovers After(IReadOnlyList<TextMeaning> meanings, bool changesNames)
    {
        if (meanings.All(meaning => meaning.Lineage is null or { TempTables.IsEmpty: true, TempProcedures.IsEmpty: true, TurnsOn: 0, TurnsOff: 0 }))
            return changesNames && !IsStale ? this with { IsStale = true } : this;
        BatchLineage first = meanings[0].Lineage!;
        (ImmutableArray<TempTable> tables, ImmutableArray<TempProcedure> procedures) = (first.TempTables, first.TempProcedures);
        ShapeSettings shapes = After(Shapes, first);
        foreach (TextMeaning meaning in meanings.Skip(1))
        {
            BatchLineage other = meaning.Lineage!;
            tables = TempTable.EitherOf(tables, other.TempTables);
            procedures = TempProcedure.EitherOf(procedures, other.TempProcedures);
            shapes |= After(Shapes, other);
        }
        return new Leftovers(tables, procedures, shapes) { IsStale = IsStale || changesNames };
    }

    /// <summary>The settings that may be on afterwards. What holds statements back holds the other settings back, too.</summary>
    private static ShapeSettings After(ShapeSettings before, BatchLineage lineage)
    {
        ShapeSettings left = before & ~(lineage.TurnsOff & (ShapeSettings.HoldsStatements | ShapeSettings.FormatOnly));
        if ((left & ShapeSettings.HoldsStatements) == 0)
            left &= ~lineage.TurnsOff;
        return left | lineage.TurnsOn;
    }
}
