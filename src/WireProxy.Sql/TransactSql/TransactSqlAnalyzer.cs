namespace WireProxy.Sql.TransactSql;

/// <summary>Tells what T-SQL batches do, by Microsoft's own grammar (ScriptDom, SQL Server 2019's). Thread-safe; keeps nothing.</summary>
/// <remarks>
/// <para>Every offset, length and position of an answer counts UTF-16 code units of the batch, as TDS carries it: for <see cref="SecretSpan"/>
/// and <see cref="StatementFacts.Offset"/> too, whose own documentation speaks of PostgreSQL's UTF-8 bytes.</para>
/// <para>No text ends the process: ScriptDom recurses without limit, so depth and chain lengths are bounded from the tokens before
/// (<see cref="NestingBound"/>); deep texts are analysed on a thread of their own. Time is near 1 µs a character; nested parentheses
/// in FROM cost the square of their depth, 0.6 s at the limit.</para>
/// <para>Names are as written, without brackets or quotes. T-SQL compares them by the database's collation, most often without
/// regard to case: whoever compares must do so too.</para>
/// </remarks>
public sealed class TransactSqlAnalyzer
{
    /// <summary>The deepest nesting of brackets, CASE and BEGIN ... END that is analysed.</summary>
    public const int MaxNesting = 400;
    /// <summary>The most operators, NOTs, ELSEs, JOINs or UNIONs in a row that are analysed.</summary>
    public const int MaxChain = 10_000;

    /// <summary>The longest text that is analysed well under a millisecond once the parser is warm, in UTF-16 code units.</summary>
    const int SmallChars = 1024;

    /// <summary>The longest batch that is analysed, in UTF-16 code units; longer ones are a <see cref="ParseProblem"/>. Accepted are
    /// 1 Ki to 128 Mi.</summary>
    public int MaxBatchChars
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1 << 10);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 128 << 20);
            field = value;
        }
    } = 8 << 20;

    internal TransactSqlLimits Limits => new(MaxBatchChars, MaxNesting, MaxChain);

    /// <summary>The tags that facts name as commands, such as SELECT, DROP TABLE, BULK INSERT.</summary>
    public static IReadOnlyCollection<string> KnownCommands => CommandTable.KnownTags;

    /// <summary>Whether a text of so many UTF-16 code units is analysed in well under a millisecond and on the calling thread.</summary>
    public static bool IsSmall(int chars) => chars <= SmallChars;

    /// <summary>Whether text that is not analysed may hold a credential, and so does not enter a record.</summary>
    public static bool MayHoldSecret(ReadOnlySpan<char> text) => TokenText.MentionsSecret(text);

    /// <summary>Analyses one batch as SQLBatch or an RPC's text parameter holds it.</summary>
    /// <param name="batch">The text, without ALL_HEADERS.</param>
    /// <param name="quotedIdentifier">The session's QUOTED_IDENTIFIER: whether double quotes mean a name and not a string.</param>
    public AnalyzedText Analyze(ReadOnlySpan<char> batch, bool quotedIdentifier = true) => Analyze(new string(batch), quotedIdentifier);

    /// <inheritdoc cref="Analyze(ReadOnlySpan{char}, bool)"/>
    public AnalyzedText Analyze(string batch, bool quotedIdentifier = true) => Parse(batch, quotedIdentifier).Facts;

    /// <summary>The same with the tree, for whoever asks for the batch's lineage too: parsing is the larger part of either.</summary>
    /// <inheritdoc cref="Analyze(ReadOnlySpan{char}, bool)"/>
    public ParsedText Parse(string batch, bool quotedIdentifier = true)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return Parse(batch, quotedIdentifier, new(Limits));
    }

    /// <summary>The facts of a procedure's call by RPC, as those of the EXECUTE that means the same. Procedures that carry text
    /// (<see cref="RpcFacts"/>) run what is not seen here: analyse their text too.</summary>
    /// <param name="procedure">Its name as the request has it.</param>
    public AnalyzedText AnalyzeCall(ReadOnlySpan<char> procedure) => ParseCall(procedure, []).Facts;

    /// <summary>The same with the tree, and with the call's parameters in it.</summary>
    /// <param name="parameters">Of each its name, null or empty for none, and whether it is by reference.</param>
    /// <inheritdoc cref="AnalyzeCall"/>
    public ParsedText ParseCall(ReadOnlySpan<char> procedure, IReadOnlyList<(string? Name, bool IsOutput)> parameters) =>
        Parse(CallText.Of(procedure, parameters));

    /// <summary>Makes the parser ready: its first texts take some 200 ms, the compilation of its code.</summary>
    public void WarmUp()
    {
        foreach (var text in (string[])["SELECT TOP 1 a.b FROM c.a AS a JOIN d ON d.e = a.b WHERE a.f = @p AND (g IN (1) OR h LIKE 'x')", "EXEC p @a = 1",
            "INSERT INTO a (b) VALUES (1); UPDATE a SET b = 1 WHERE c = 2; DELETE a WHERE b = 1; DECLARE @a int = 1; SET NOCOUNT ON"])
            Analyze(text);
    }

    internal static AnalyzedText Analyze(string batch, bool quotedIdentifier, DynamicNesting nesting) =>
        Parse(batch, quotedIdentifier, nesting).Facts;

    static ParsedText Parse(string batch, bool quotedIdentifier, DynamicNesting nesting)
    {
        var scanned = ParsedBatch.Scan(batch, nesting.Limits);
        if (scanned.Problem is not null)
            return new(Refused(batch, scanned.Problem), batch.Length, quotedIdentifier, scanned);
        return scanned.OnStackOf(() =>
        {
            var parsed = scanned.Parse(batch, quotedIdentifier);
            var facts = parsed.Problem is not null
                ? Refused(batch, parsed.Problem)
                : new(BatchFacts.Of(parsed, quotedIdentifier, nesting), null, TokenText.Secrets(parsed.Tokens));
            return new ParsedText(facts, batch.Length, quotedIdentifier, parsed);
        });
    }

    /// <summary>What is not understood is not recorded in clear where it speaks of a password.</summary>
    static AnalyzedText Refused(string text, ParseProblem problem) =>
        new([], problem, TokenText.MentionsSecret(text) ? [new(0, text.Length)] : []);
}

/// <summary>How deep an analysis stands inside others: literals that are run hold literals that are run.</summary>
internal sealed class DynamicNesting(TransactSqlLimits limits)
{
    const int MaxDepth = 8;

    int _texts = 1_000;

    public TransactSqlLimits Limits => limits;
    public int Depth { get; private set; }

    /// <summary>Analyses a text inside; null where it must remain unknown.</summary>
    public T? Inside<T>(Func<T?> analysis) where T : class
    {
        if (Depth >= MaxDepth || --_texts < 0)
            return null;
        Depth++;
        try
        {
            return analysis();
        }
        finally
        {
            Depth--;
        }
    }
}
