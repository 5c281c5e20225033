using WireProxy.Protocols.Tds.Tokens;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Storage;

namespace WireProxy.TdsStandIn.Protocol;

/// <summary>DATACLASSIFICATION: which columns of a result come from columns with a sensitivity label.</summary>
internal static class Classifications
{
    private const int NotDefined = -1;

    /// <returns>Null where no column has a label.</returns>
    public static DataClassification? Of(IReadOnlyList<ResultColumn> columns, Instance instance, TokenFormat format)
    {
        var found = columns.Select(column => column.Origin is { } origin ? instance.LabelOf(origin.Table, origin.Column) : null).ToList();
        var labels = found.OfType<ColumnLabel>().Select(label => new ClassificationName(label.Label, label.LabelId)).Distinct().ToList();
        if (labels.Count == 0)
            return null;
        var types = found.OfType<ColumnLabel>().Select(label => new ClassificationName(label.InformationType, label.InformationTypeId)).Distinct().ToList();
        bool ranked = format.DataClassification >= 2;
        ColumnSensitivity Sensitivity(ColumnLabel? label) => label is null ? new ColumnSensitivity([]) : new ColumnSensitivity([new SensitivityProperty(
            (ushort)labels.IndexOf(new ClassificationName(label.Label, label.LabelId)), (ushort)types.IndexOf(new ClassificationName(label.InformationType, label.InformationTypeId)),
            ranked ? label.Rank : null)]);
        return new DataClassification([.. labels], [.. types], ranked ? found.OfType<ColumnLabel>().Max(label => (int?)label.Rank) ?? NotDefined : null, [.. found.Select(Sensitivity)]);
    }
}
