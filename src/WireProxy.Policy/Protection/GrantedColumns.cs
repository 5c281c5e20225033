namespace WireProxy.Policy;

/// <summary>The columns of one database that a set of grants shows in the clear.</summary>
internal sealed class GrantedColumns(GrantSet grants, string database)
{
    public bool Contains(CatalogNode relation, string column) =>
        grants.Columns.Any(pattern => pattern.Matches(database, relation.Schema, relation.Name, column));

    /// <summary>True where the grants plainly leave nothing of the policy's protection.</summary>
    public bool CoverAll(PolicyDefinition policy) =>
        policy.Protect.All(rule => rule.Columns.All(column => grants.Columns.Any(granted => granted.Covers(column))));
}
