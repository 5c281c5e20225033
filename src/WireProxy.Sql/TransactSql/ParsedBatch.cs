using System.Runtime.CompilerServices;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.Sql.TransactSql;

/// <summary>The tree of one batch.</summary>
/// <param name="Problem">Why there is none.</param>
internal sealed record ParsedBatch(TSqlBatch? Batch, IList<TSqlParserToken> Tokens, NestingBound Bound, ParseProblem? Problem)
{
    /// <summary>The bracket depth and chain length that the calling thread's stack is asked to hold: some 400 KB.</summary>
    const int InlineDepth = 16;
    const int InlineChain = 48;
    /// <summary>The stack of an analysis thread: 500 brackets of 10 KB and 10,000 links of 5 KB fit twice. Memory is used only as far as
    /// the recursion goes.</summary>
    const int ThreadStackBytes = 128 << 20;

    public bool IsDeep => Bound.Depth > InlineDepth || Bound.Chain > InlineChain;

    /// <summary>Cuts a text into tokens; the tree comes with <see cref="Parse"/>.</summary>
    public static ParsedBatch Scan(string text, TransactSqlLimits limits)
    {
        if (text.Length > limits.MaxChars)
            return Refused($"the batch is longer than the gateway's limit of {limits.MaxChars} characters (MaxBatchChars)", 0);
        var tokens = Parser(quotedIdentifier: true).GetTokenStream(new StringReader(text), out var errors);
        if (errors.Count > 0)
            return Refused(errors[0].Message, errors[0].Offset + 1, tokens);
        if (LexicalDoubts.Find(text, tokens) is var doubt and >= 0)
            return Refused("a character that servers may read differently: blanks must be plain ones, lines end in LF or CR LF", doubt + 1, tokens);
        foreach (var token in tokens)
        {
            // To ScriptDom these are commands of a client program; the server reads them otherwise.
            if (token.TokenType == TSqlTokenType.Go)
                return Refused("GO is a command of client programs, not of the server: send each batch on its own", token.Offset + 1, tokens);
            if (token.TokenType == TSqlTokenType.SqlCommandIdentifier)
                return Refused("$(...) is a variable of client programs, which the server does not know", token.Offset + 1, tokens);
        }
        BulkOptions.Translate(tokens);
        var bound = NestingBound.Of(tokens);
        if (bound.Depth > limits.MaxDepth)
            return Refused($"the batch is nested more deeply than the gateway's limit of {limits.MaxDepth} brackets and blocks (MaxNesting)", 0, tokens);
        return bound.Chain > limits.MaxChain
            ? Refused($"an expression or statement of the batch is longer than the gateway's limit of {limits.MaxChain} operators (MaxChain)", 0, tokens)
            : new(null, tokens, bound, null);
    }

    /// <summary>The same with its tree. Only where the stack has room: see <see cref="OnStackOf"/>.</summary>
    public ParsedBatch Parse(string text, bool quotedIdentifier)
    {
        if (Problem is not null)
            return this;
        if (QuotedIdentifiers.Changes(Tokens, quotedIdentifier))
            return Refused("SET QUOTED_IDENTIFIER in a batch that has double quotes: the gateway cannot tell which of the quotes mean a name", 0, Tokens);
        TSqlFragment fragment;
        IList<ParseError> errors;
        try
        {
            fragment = quotedIdentifier
                ? Parser(true).Parse(Tokens, out errors)
                : Parser(false).Parse(new StringReader(text), out errors);
        }
#pragma warning disable CA1031 // Whatever a parser that is not ours throws on somebody's text, the text is one that is not understood.
        catch (Exception e) when (e is not InsufficientExecutionStackException)
#pragma warning restore CA1031
        {
            return Refused("the parser failed on this batch", 0, Tokens);
        }
        if (errors.Count > 0)
            return Refused(errors[0].Message, errors[0].Offset + 1, Tokens);
        return fragment is TSqlScript { Batches.Count: <= 1 } script
            ? this with { Batch = script.Batches.Count == 0 ? new TSqlBatch() : script.Batches[0] }
            : Refused("the text is not one batch", 0, Tokens);
    }

    /// <summary>Runs what recurses over the text on the calling thread where it is shallow, else on a thread with a stack for the deepest
    /// text that the limits allow.</summary>
    public T OnStackOf<T>(Func<T> work)
    {
        if (!IsDeep && RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            try
            {
                return work();
            }
            catch (InsufficientExecutionStackException)
            {
                // The caller's stack is nearly used up. A new thread has its own.
            }
        }
        return OnNewStack(work);
    }

    /// <summary>Runs what recurses over the text on a stack of its own.</summary>
    public static T OnNewStack<T>(Func<T> work)
    {
        T? result = default;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = work();
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

    /// <summary>The newest grammar of the assembly: SQL Server 2019's.</summary>
    static TSql150Parser Parser(bool quotedIdentifier) => new(quotedIdentifier, SqlEngineType.All);

    static ParsedBatch Refused(string message, int position, IList<TSqlParserToken>? tokens = null) =>
        new(null, tokens ?? [], default, new(message, position));
}

/// <summary>See <see cref="TransactSqlAnalyzer"/>.</summary>
internal sealed record TransactSqlLimits(int MaxChars, int MaxDepth, int MaxChain);
