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
    public static Leftovers None { get; } = new([], [], ShapeSettings.None);

    public bool IsEmpty => HasNothingTemporary && Shapes == ShapeSettings.None;

    public bool HasNothingTemporary => TempTables.IsEmpty && TempProcedures.IsEmpty;

    /// <summary>After a text that may mean either of these.</summary>
    public Leftovers After(IReadOnlyList<BatchLineage> readings)
    {
        if (readings.Count == 0)
            return this;
        BatchLineage first = readings[0];
        (ImmutableArray<TempTable> tables, ImmutableArray<TempProcedure> procedures) = (first.TempTables, first.TempProcedures);
        ShapeSettings shapes = After(Shapes, first);
        foreach (BatchLineage other in readings.Skip(1))
        {
            tables = TempTable.EitherOf(tables, other.TempTables);
            procedures = TempProcedure.EitherOf(procedures, other.TempProcedures);
            shapes |= After(Shapes, other);
        }
        return new Leftovers(tables, procedures, shapes);
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
