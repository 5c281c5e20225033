using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Unicode;

namespace WireProxy.Sql.Postgres;

/// <summary>Tells what PostgreSQL statements do, by PostgreSQL's own grammar (libpg_query). Thread-safe; keeps nothing.</summary>
/// <remarks>
/// No text ends the process. The parser's recursion is native and unlimited, so the depth of the tree is bounded from the tokens
/// before (<see cref="NestingBound"/>): short texts and flat ones are analysed on the calling thread, of whose stack up to 512 KB
/// may be used; deeper ones on a thread of their own; beyond <see cref="MaxNesting"/> and <see cref="MaxStatementBytes"/> the
/// answer is a <see cref="ParseProblem"/> that names the limit.
/// </remarks>
public sealed class PostgresAnalyzer
{
    /// <summary>The longest text that is analysed without a look at its tokens first, in bytes. libpg_query needs 354 bytes of stack
    /// for each level of the tree and no level is shorter than a byte: 1,024 levels are 362 KB.</summary>
    const int InlineBytes = 1024;
    /// <summary>The deepest tree that is analysed on the calling thread, in levels.</summary>
    const int InlineNesting = 1024;
    /// <summary>The stack of an analysis thread; memory is used only as far as the recursion goes.</summary>
    const int ThreadStackBytes = 64 << 20;

    /// <summary>The deepest tree that is analysed, in levels: more than PostgreSQL's own max_stack_depth of 2 MB lets it execute.
    /// libpg_query's time grows with the square of the depth: at this one it takes 45 ms.</summary>
    public const int MaxNesting = 10_000;

    /// <exception cref="DllNotFoundException">libpg_query is not installed; the message names the package.</exception>
    public PostgresAnalyzer() => LibPgQuery.ThrowIfMissing();

    /// <summary>The longest text that is analysed, in bytes; longer ones are a <see cref="ParseProblem"/>. The default of 16 MiB is
    /// 1.7 s of work and half a gigabyte of memory, both in proportion, for a multi-row INSERT, which better goes as COPY; accepted are
    /// 1 KiB to 256 MiB.</summary>
    public int MaxStatementBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1 << 10);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 256 << 20);
            field = value;
        }
    } = 16 << 20;

    /// <summary>The tags that facts name as commands, such as SELECT, DROP TABLE, COPY PROGRAM.</summary>
    public static IReadOnlyCollection<string> KnownCommands => CommandTable.KnownTags;

    /// <summary>Whether a text of so many bytes is analysed in well under a millisecond and on the calling thread, so that an I/O thread
    /// may do it.</summary>
    public static bool IsSmall(int bytes) => bytes <= InlineBytes;

    /// <summary>Whether text that is not analysed may hold a credential, and so does not enter a record.</summary>
    public static bool MayHoldSecret(ReadOnlySpan<byte> text) => SecretNames.Mentions(text);

    /// <summary>Analyses a query text as it stands in Query or Parse, without the NUL at its end.</summary>
    public AnalyzedText Analyze(ReadOnlySpan<byte> utf8Text) => Analyze(utf8Text, new Nesting(this, 0, new()));

    internal AnalyzedText Analyze(ReadOnlySpan<byte> utf8Text, Nesting nesting)
    {
        if (utf8Text.Length > MaxStatementBytes)
            return Refused(utf8Text, $"the statement is longer than the gateway's limit of {MaxStatementBytes} bytes (MaxStatementBytes)");
        if (utf8Text.Contains((byte)0))
            return Refused(utf8Text, "the statement contains a zero byte");
        if (!Utf8.IsValid(utf8Text))
            return Refused(utf8Text, "the statement is not valid UTF-8");
        if (utf8Text.Length > InlineBytes && !OperatorRuns.AreShort(utf8Text))
            return Refused(utf8Text, "the statement has runs of operator characters beyond the gateway's limit");
        return utf8Text.Length <= InlineBytes ? OnStack(utf8Text, nesting) : OnHeap(utf8Text, nesting);
    }

    static unsafe AnalyzedText OnStack(ReadOnlySpan<byte> text, Nesting nesting)
    {
        var copy = stackalloc byte[text.Length + 1];
        text.CopyTo(new(copy, text.Length));
        copy[text.Length] = 0;
        return Run(copy, text.Length, nesting, isDeep: false);
    }

    static unsafe AnalyzedText OnHeap(ReadOnlySpan<byte> text, Nesting nesting)
    {
        var copy = (byte*)NativeMemory.Alloc((nuint)text.Length + 1);
        try
        {
            text.CopyTo(new(copy, text.Length));
            copy[text.Length] = 0;
            int bound;
            using (var scan = new TextScan(copy, text.Length))
                bound = NestingBound.Of(scan.Tokens, MaxNesting + 1); // No tokens: the parser will say why, and builds no tree.
            return bound > MaxNesting ? TooDeep(text) : Run(copy, text.Length, nesting, bound > InlineNesting);
        }
        finally
        {
            NativeMemory.Free(copy);
        }
    }

    static unsafe AnalyzedText Run(byte* text, int length, Nesting nesting, bool isDeep)
    {
        if (!isDeep)
        {
            try
            {
                return TextAnalysis.Run(text, length, nesting);
            }
            catch (InsufficientExecutionStackException)
            {
                // The caller's stack is nearly used up. A new thread has its own.
            }
        }
        return OnThread(text, length, nesting);
    }

    static unsafe AnalyzedText OnThread(byte* text, int length, Nesting nesting)
    {
        AnalyzedText? result = null;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = TextAnalysis.Run(text, length, nesting);
            }
            catch (InsufficientExecutionStackException)
            {
                result = TooDeep(new(text, length));
            }
#pragma warning disable CA1031 // An exception must not end the process from here; the caller gets it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                failure = e;
            }
        }, ThreadStackBytes)
        { IsBackground = true, Name = "statement analysis" };
        thread.Start();
        thread.Join();
        return failure is null ? result! : throw new InvalidOperationException("The statement's analysis failed.", failure);
    }

    static AnalyzedText TooDeep(ReadOnlySpan<byte> text) =>
        Refused(text, $"the statement is nested more deeply than the gateway's limit of {MaxNesting} levels (MaxNesting)");

    internal static AnalyzedText Refused(ReadOnlySpan<byte> text, string message) => Refused(text, new ParseProblem(message, 0));

    /// <summary>What is not understood is not recorded in clear where it speaks of a password.</summary>
    internal static AnalyzedText Refused(ReadOnlySpan<byte> text, ParseProblem problem) => new(
        [], problem, SecretNames.Mentions(text) ? [new(0, text.Length)] : []);
}

/// <summary>How deep an analysis stands inside others: bodies hold statements that hold bodies.</summary>
/// <param name="Analyzer">Whose limits apply.</param>
/// <param name="Budget">Shared by all that is inside one text.</param>
internal readonly record struct Nesting(PostgresAnalyzer Analyzer, int Depth, NestingBudget Budget)
{
    const int MaxDepth = 8;

    /// <summary>Whether what is still inside must remain unknown.</summary>
    public bool IsTooDeep => Depth >= MaxDepth || Budget.Texts <= 0;

    public AnalyzedText Analyze(ReadOnlySpan<byte> text)
    {
        Budget.Texts--;
        return Analyzer.Analyze(text, this with { Depth = Depth + 1 });
    }
}

/// <summary>How many texts inside one text are analysed: enough for a body of 5,000 statements, and some 200 ms.</summary>
internal sealed class NestingBudget
{
    public int Texts { get; set; } = 20_000;
}
