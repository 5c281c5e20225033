using System.Collections.Concurrent;
using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>Texts -> syntax trees. A tree is not changed by running it, so texts that come again are not parsed again.</summary>
internal static class Parsing
{
    private const int MaxKept = 500;
    private const int MaxKeptLength = 20_000;
    private const int StackSize = 64 * 1024 * 1024;
    private const int LongText = 4_000;

    /// <summary>Parentheses inside of each other, nearly as many as the server itself takes.</summary>
    private const int MaxNesting = 4_000;

    private static readonly ConcurrentDictionary<(string Text, bool Quoted), TSqlScript> Kept = new();

    /// <exception cref="SqlError">102: the text is no T-SQL, or none that the parser knows.</exception>
    public static TSqlScript Parse(string text, bool quotedIdentifier)
    {
        if (Kept.TryGetValue((text, quotedIdentifier), out var known))
            return known;
        if (NestingOf(text) > MaxNesting)
            throw new SqlError(191, 15, 1, "Some part of your SQL statement is nested too deeply. Rewrite the query or break it up into smaller queries.");
        var script = text.Length < LongText ? ParseHere(text, quotedIdentifier) : OnLargeStack(() => ParseHere(text, quotedIdentifier));
        if (text.Length <= MaxKeptLength && Kept.Count < MaxKept)
            Kept.TryAdd((text, quotedIdentifier), script);
        return script;
    }

    /// <summary>Too many rather than too few: parentheses in strings and comments count.</summary>
    private static int NestingOf(string text)
    {
        int depth = 0, deepest = 0;
        foreach (char sign in text)
        {
            depth += sign == '(' ? 1 : sign == ')' && depth > 0 ? -1 : 0;
            deepest = Math.Max(deepest, depth);
        }
        return deepest;
    }

    private static TSqlScript ParseHere(string text, bool quotedIdentifier)
    {
        using var reader = new StringReader(text);
        var fragment = new TSql150Parser(quotedIdentifier).Parse(reader, out var errors);
        if (errors.Count > 0)
        {
            var first = errors[0];
            // The parser numbers what the server calls 102 and 156 itself.
            throw new SqlError(first.Number is > 0 and < 46000 ? first.Number : 102, 15, 1, first.Message) { Line = first.Line };
        }
        return (TSqlScript)fragment;
    }

    /// <summary>The parser calls itself for every level of nesting: a long text may nest deeper than a pool thread's stack allows.</summary>
    private static TSqlScript OnLargeStack(Func<TSqlScript> parse)
    {
        TSqlScript? script = null;
        SqlError? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                script = parse();
            }
            catch (SqlError error)
            {
                failure = error;
            }
        }, StackSize);
        thread.Start();
        thread.Join();
        return failure is null ? script! : throw failure;
    }
}
