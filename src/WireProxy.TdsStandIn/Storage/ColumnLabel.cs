namespace WireProxy.TdsStandIn.Storage;

/// <summary>The sensitivity classification of a column.</summary>
/// <param name="Rank">0 none, 10 low, 20 medium, 30 high, 40 critical.</param>
internal sealed record ColumnLabel(string Label, string LabelId, string InformationType, string InformationTypeId, int Rank)
{
    /// <summary>Identifiers follow from the names, so that equal names have equal ones.</summary>
    public static ColumnLabel Of(string label, string informationType, int rank) => new(label, IdOf(label), informationType, IdOf(informationType), rank);

    private static string IdOf(string name) =>
        new Guid(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name)).AsSpan(0, 16)).ToString();
}
