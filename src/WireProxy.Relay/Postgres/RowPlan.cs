using System.Collections.Frozen;
using System.Collections.Immutable;
using WireProxy.Policy;
using WireProxy.Protocols.Postgres;
using WireProxy.Relay.Postgres.Masking;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Relay.Postgres;

/// <summary>What happens to the rows of one result: nothing, or a mask.</summary>
internal sealed class RowPlan
{
    private RowPlan(RowMask? mask) => Mask = mask;

    /// <summary>pg_type's OIDs of text, varchar, char, name, unknown, json and jsonb.</summary>
    private static readonly FrozenSet<uint> TextTypes = [25, 1043, 1042, 19, 705, 114, 3802];

    /// <summary>Nothing to mask: rows are relayed.</summary>
    public static RowPlan Clear { get; } = new(null);

    public RowMask? Mask { get; }

    /// <param name="columns">As the server describes them.</param>
    /// <param name="touches">A column without a stated origin is masked.</param>
    /// <param name="protection">Null where it is not certain what is protected: every column is masked.</param>
    /// <param name="plans">The second witness; null where the lineage is not known, and what the server states is all there is.</param>
    /// <param name="index">How many results of the text came before.</param>
    /// <param name="unknownOrigin">Set where a column comes from a relation that the catalog does not hold: it is masked, and the catalog is old.</param>
    /// <param name="disagrees">Set where the server and the lineage state two origins: the column is masked, and a defect of ours seen.</param>
    public static RowPlan Create(ImmutableArray<ResultColumn> columns, bool touches, Protection? protection, StatementPlans? plans, int index,
        out bool unknownOrigin, out bool disagrees)
    {
        unknownOrigin = disagrees = false;
        Mask?[]? traced = protection is not null && ReferenceEquals(plans?.Judge.Protection, protection)
            ? plans.MasksOf(columns, index, DerivedMask, out disagrees) : null;
        // A result that the lineage did not expect may hold anything that its statement touches.
        touches |= plans is not null && traced is null && plans.WithRows(index) is not { Shape: ResultShape.OfName };
        var masked = new MaskedColumn[columns.Length];
        bool any = false;
        for (int i = 0; i < columns.Length; i++)
        {
            ResultColumn column = columns[i];
            Mask? mask = traced is not null ? traced[i] : MaskOf(column, touches, protection, ref unknownOrigin);
            any |= mask is not null;
            masked[i] = new MaskedColumn(mask, column.TypeId, column.Format);
        }
        return any && RowMask.Create(masked) is { } rowMask ? new RowPlan(rowMask) : Clear;
    }

    public static ImmutableArray<ResultColumn> ColumnsOf(RowDescription description)
    {
        var columns = ImmutableArray.CreateBuilder<ResultColumn>(description.FieldCount);
        foreach (FieldDescription field in description)
            columns.Add(new ResultColumn(field.TableId, field.AttributeNumber, field.TypeId, field.Format));
        return columns.MoveToImmutable();
    }

    /// <summary>The same columns in the formats that a Bind asked for.</summary>
    public static ImmutableArray<ResultColumn> InFormats(ImmutableArray<ResultColumn> columns, ImmutableArray<short> formats)
    {
        if (formats.IsEmpty)
            return columns;
        var result = ImmutableArray.CreateBuilder<ResultColumn>(columns.Length);
        for (int i = 0; i < columns.Length; i++)
        {
            // A wrong count is the server's to refuse: it answers the Bind with an error, and no row comes.
            short format = formats.Length == 1 ? formats[0] : i < formats.Length ? formats[i] : (short)0;
            result.Add(columns[i] with { Format = format });
        }
        return result.MoveToImmutable();
    }

    /// <summary>A masked text is seen to be one. A number, a date or a truth value that the server computed is withheld as NULL: a count of
    /// 0 would be believed.</summary>
    private static Mask DerivedMask(uint typeId, Mask ofText) => TextTypes.Contains(typeId) ? ofText : Policy.Mask.Null;

    private static Mask? MaskOf(ResultColumn column, bool touches, Protection? protection, ref bool unknownOrigin)
    {
        if (protection is null)
            return DerivedMask(column.TypeId, Policy.Mask.Redact);
        if (column.TableId == 0)
            return touches ? DerivedMask(column.TypeId, protection.DerivedMask) : null;
        ColumnProtection found = protection.Find(column.TableId, column.AttributeNumber);
        bool isUnknown = found.Kind == ProtectionKind.Unknown;
        unknownOrigin |= isUnknown;
        return isUnknown ? protection.DerivedMask : found.Mask;
    }
}
