namespace WireProxy.Policy;

/// <summary>The <c>unmask</c> grants that a subject has.</summary>
internal sealed class GrantSet
{
    private readonly ColumnPattern[] columns;
    private readonly string database;

    public GrantSet(PolicyDefinition policy, string database, Subject subject)
    {
        columns = [.. policy.Unmask.Where(grant => Applies(grant, subject)).SelectMany(grant => grant.Columns)];
        this.database = database;
    }

    public bool Contains(CatalogNode relation, string column) =>
        columns.Any(pattern => pattern.Matches(database, relation.Schema, relation.Name, column));

    /// <summary>True where the grants plainly leave nothing of the policy's protection.</summary>
    public bool CoverAll(PolicyDefinition policy) =>
        policy.Protect.All(rule => rule.Columns.All(column => columns.Any(granted => granted.Covers(column))));

    private static bool Applies(UnmaskGrant grant, Subject subject) =>
        (!grant.Users.IsEmpty || !grant.Groups.IsEmpty)
        && (grant.Users.IsEmpty || grant.Users.Contains(subject.User, StringComparer.Ordinal))
        && (grant.Groups.IsEmpty || grant.Groups.Any(group => subject.Groups.Contains(group, StringComparer.Ordinal)));
}
