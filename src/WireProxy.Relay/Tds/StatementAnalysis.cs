using System.Runtime.InteropServices;
using WireProxy.Sql;
using WireProxy.Sql.TransactSql;

namespace WireProxy.Relay.Tds;

/// <summary>Facts of T-SQL texts, shared by all sessions of the gateway. A text seen before costs a look-up; a short one is parsed where
/// it stands; a long one on another thread, because nothing slow may run where sockets are served.</summary>
internal sealed class StatementAnalysis
{
    private readonly TransactSqlAnalyzer _analyzer = new();
    private readonly FactsCache _cache = new();
    private readonly FactsCache _unquotedCache = new(maxEntries: 2048, maxBytes: 4 << 20);

    /// <summary>Finds what the text means at once, or false where <see cref="AnalyzeElsewhereAsync"/> must.</summary>
    public bool TryAnalyze(RequestText text)
    {
        if (text.Readings.Count > 0)
            return true;
        if (text.Called is { } called)
        {
            (text.Readings, text.Quoted) = ([_analyzer.AnalyzeCall(called.Procedure)], [true]);
            return true;
        }
        bool isSmall = TransactSqlAnalyzer.IsSmall(text.Text.Length);
        bool hasQuotes = text.Text.Contains('"');
        if (!isSmall && (Known(text.Text, _cache) is null || (hasQuotes && Known(text.Text, _unquotedCache) is null)))
            return false;
        Analyze(text, hasQuotes);
        return true;
    }

    public Task AnalyzeElsewhereAsync(RequestText text) => Task.Run(() => Analyze(text, text.Text.Contains('"')));

    /// <summary>Whether double quotes mean names or texts depends on a setting that procedures and connections change in ways that the wire
    /// does not show. So a text with such quotes is read in both ways; one that makes no sense the server refuses itself.</summary>
    private void Analyze(RequestText text, bool hasQuotes)
    {
        AnalyzedText named = Facts(text.Text, quotedIdentifier: true, _cache);
        if (!hasQuotes)
        {
            (text.Readings, text.Quoted) = ([named], [true]);
            return;
        }
        AnalyzedText literal = Facts(text.Text, quotedIdentifier: false, _unquotedCache);
        (text.Readings, text.Quoted) = (named.Problem, literal.Problem) switch
        {
            (null, null) => ((IReadOnlyList<AnalyzedText>)[named, literal], (IReadOnlyList<bool>)[true, false]),
            (not null, null) => ([literal], [false]),
            _ => ([named], [true]),
        };
    }

    private AnalyzedText Facts(string text, bool quotedIdentifier, FactsCache cache)
    {
        if (Known(text, cache) is { } known)
            return known;
        AnalyzedText analyzed = _analyzer.Analyze(text, quotedIdentifier);
        cache.Add(Bytes(text), analyzed);
        return analyzed;
    }

    private static AnalyzedText? Known(string text, FactsCache cache) => cache.TryGet(Bytes(text));

    private static ReadOnlySpan<byte> Bytes(string text) => MemoryMarshal.AsBytes(text.AsSpan());
}
