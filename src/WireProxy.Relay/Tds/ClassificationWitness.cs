using WireProxy.Policy;
using WireProxy.Protocols.Tds.Tokens;

namespace WireProxy.Relay.Tds;

/// <summary>The second witness: what the server states of each column's classification (DATACLASSIFICATION, MS-TDS 2.2.7.5) must be what the
/// lineage expects. A column of which it states more is made of something that the lineage has not found, and is masked. Nothing is ever shown because
/// of what it states.</summary>
internal static class ClassificationWitness
{
    /// <summary>Adds the masks of columns about which the two disagree.</summary>
    /// <param name="stated">Null where the server states nothing of this result.</param>
    /// <param name="plan">What is expected; null where nothing is classified or protected.</param>
    /// <returns>True where they agree.</returns>
    public static bool Compare(ColMetadata columns, DataClassification? stated, BatchPlan? plan, int index, bool mayHaveSkipped, Mask?[] masks, Mask ofText)
    {
        // Of some results it may say nothing at all: then the catalog alone counts.
        if (stated is null || stated.Columns.Count != columns.Columns.Count)
            return stated is null or { Columns.Count: 0 };
        bool agrees = true;
        for (int i = 0; i < masks.Length; i++)
        {
            ColumnLabels expected = plan is null ? ColumnLabels.None : plan.LabelsOf(columns, index, mayHaveSkipped, i);
            if (Agrees(expected, stated, stated.Columns[i]))
                continue;
            agrees = false;
            masks[i] ??= BatchPlan.Derived(columns.Columns[i].Type.Type, ofText);
        }
        return agrees;
    }

    private static bool Agrees(ColumnLabels expected, DataClassification stated, ColumnSensitivity column)
    {
        bool plainIsStated = expected.Plain is null;
        foreach (SensitivityProperty property in column.Properties)
        {
            string label = Name(stated.Labels, property.Label);
            string type = Name(stated.InformationTypes, property.InformationType);
            if (!expected.Allows(label, type))
                return false;
            plainIsStated |= expected.Plain is { } plain && (plain.Label ?? "") == label && (plain.InformationType ?? "") == type;
        }
        return plainIsStated;
    }

    private static string Name(ValueList<ClassificationName> names, ushort index) =>
        index == DataClassification.NoIndex ? "" : names[index].Name;
}
