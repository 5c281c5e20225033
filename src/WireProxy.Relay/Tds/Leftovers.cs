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

    /// <summary>Whatever is judged by the one is judged alike by the other. Where that is hard to tell, false.</summary>
    public bool IsSameAs(Leftovers other) => ReferenceEquals(this, other) || (Shapes == other.Shapes && IsStale == other.IsStale
        && TempTables.SequenceEqual(other.TempTables, SameTable.Instance) && TempProcedures.SequenceEqual(other.TempProcedures));

    /// <summary>The settings that may be on afterwards. What holds statements back holds the other settings back, too.</summary>
    private static ShapeSettings After(ShapeSettings before, BatchLineage lineage)
    {
        ShapeSettings left = before & ~(lineage.TurnsOff & (ShapeSettings.HoldsStatements | ShapeSettings.FormatOnly));
        if ((left & ShapeSettings.HoldsStatements) == 0)
            left &= ~lineage.TurnsOff;
        return left | lineage.TurnsOn;
    }

    private sealed class SameTable : IEqualityComparer<TempTable>
    {
        public static SameTable Instance { get; } = new();

        public bool Equals(TempTable? one, TempTable? other) =>
            one is not null && other is not null && one.Name == other.Name && one.IsOpen == other.IsOpen && one.Rest.Equals(other.Rest) &&
            one.Columns.SequenceEqual(other.Columns);

        public int GetHashCode(TempTable table) => table.Name.GetHashCode(StringComparison.Ordinal);
    }
}
