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

    private static readonly ConcurrentDictionary<(string Text, bool Quoted), TSqlScript> Kept = new();

    /// <exception cref="SqlError">102: the text is no T-SQL, or none that the parser knows.</exception>
    public static TSqlScript Parse(string text, bool quotedIdentifier)
    {
        if (Kept.TryGetValue((text, quotedIdentifier), out var known))
            return known;
        var script = text.Length < LongText ? ParseHere(text, quotedIdentifier) : OnLargeStack(() => ParseHere(text, quotedIdentifier));
        if (text.Length <= MaxKeptLength && Kept.Count < MaxKept)
            Kept.TryAdd((text, quotedIdentifier), script);
        return script;
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
