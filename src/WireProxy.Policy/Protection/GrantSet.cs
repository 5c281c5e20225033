namespace WireProxy.Policy;

/// <summary>The <c>unmask</c> grants that a subject has.</summary>
internal sealed class GrantSet
{
    private readonly ColumnPattern[] _columns;
    private readonly string _database;

    public GrantSet(PolicyDefinition policy, string database, Subject subject)
    {
        _columns = [.. policy.Unmask.Where(grant => Applies(grant, subject)).SelectMany(grant => grant.Columns)];
        _database = database;
    }

    public bool Contains(CatalogNode relation, string column) =>
        _columns.Any(pattern => pattern.Matches(_database, relation.Schema, relation.Name, column));

    /// <summary>True where the grants plainly leave nothing of the policy's protection.</summary>
    public bool CoverAll(PolicyDefinition policy) =>
        policy.Protect.All(rule => rule.Columns.All(column => _columns.Any(granted => granted.Covers(column))));

    public static bool Applies(UnmaskGrant grant, Subject subject) =>
        (!grant.Users.IsEmpty || !grant.Groups.IsEmpty)
        && (grant.Users.IsEmpty || grant.Users.Contains(subject.User, StringComparer.Ordinal))
        && (grant.Groups.IsEmpty || grant.Groups.Any(group => subject.Groups.Contains(group, StringComparer.Ordinal)));
}
