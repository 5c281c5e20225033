namespace WireProxy.Access;

/// <summary>Who a client says to be, before it has proved anything.</summary>
public static class ClaimedName
{
    /// <summary>Of PostgreSQL's 63 bytes and TDS's 128 characters the longer.</summary>
    private const int Longest = 128;

    private const int ShortestToken = 40;

    /// <summary>The name as it may stand in a record: what is no name but a token that was put into its place does not.</summary>
    public static string ForRecord(string name) =>
        name.Length > Longest || name.StartsWith("eyJ", StringComparison.Ordinal) || (name.Length >= ShortestToken && name.Contains("eyJ", StringComparison.Ordinal))
            ? "(a token)" : name;
}
