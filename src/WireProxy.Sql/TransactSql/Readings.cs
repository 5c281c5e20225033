namespace WireProxy.Sql.TransactSql;

/// <summary>A text with double quotes can be read in two ways: as QUOTED_IDENTIFIER is, they mean names or strings.</summary>
public static class Readings
{
    /// <summary>Those that parse; where neither does, the one of which the server would complain.</summary>
    public static IReadOnlyList<T> ThatMakeSense<T>(T named, T literal, Func<T, AnalyzedText> facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        return (facts(named).Problem, facts(literal).Problem) switch
        {
            (null, null) => [named, literal],
            (not null, null) => [literal],
            _ => [named],
        };
    }
}
