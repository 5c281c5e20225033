namespace WireProxy.Sql.TransactSql;

/// <summary>A batch that was parsed once, for all that is asked about it. The tree weighs some 50 times its text: to be kept no longer than
/// the questions last. Safe for use by many threads.</summary>
public sealed class ParsedText
{
    internal ParsedText(AnalyzedText facts, int length, bool quotedIdentifier, ParsedBatch batch) =>
        (Facts, Length, QuotedIdentifier, Batch) = (facts, length, quotedIdentifier, batch);

    public AnalyzedText Facts { get; }

    /// <summary>In UTF-16 code units.</summary>
    public int Length { get; }

    /// <summary>Double quotes were read as names.</summary>
    public bool QuotedIdentifier { get; }

    internal ParsedBatch Batch { get; }
}
