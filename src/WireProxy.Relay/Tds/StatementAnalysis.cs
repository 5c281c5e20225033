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

    /// <summary>Finds what the text says at once, or false where <see cref="Analyze"/> must, on another thread.</summary>
    public bool TryAnalyze(RequestText text)
    {
        if (text.Readings.Count > 0)
            return true;
        bool isKnown = text.Called is null && Known(text.Text, _cache) is not null && (!HasQuotes(text) || Known(text.Text, _unquotedCache) is not null);
        if (!isKnown && !TransactSqlAnalyzer.IsSmall(text.Text.Length))
            return false;
        Analyze(text);
        return true;
    }

    /// <summary>Whether double quotes mean names or texts depends on a setting that procedures and connections change in ways that the wire
    /// does not show. So a text with such quotes is read in both ways; one that makes no sense the server refuses itself.</summary>
    public void Analyze(RequestText text)
    {
        if (text.Readings.Count > 0)
            return;
        if (text.Called is not null)
        {
            ParsedText call = Parse(text, quotedIdentifier: true);
            (text.Readings, text.Quoted, text.Parsed) = ([call.Facts], [true], [call]);
            return;
        }
        Reading named = Read(text, quotedIdentifier: true);
        IReadOnlyList<Reading> readings = HasQuotes(text)
            ? Readings.ThatMakeSense(named, Read(text, quotedIdentifier: false), reading => reading.Facts) : [named];
        text.Readings = [.. readings.Select(reading => reading.Facts)];
        text.Quoted = [.. readings.Select(reading => reading.Quoted)];
        text.Parsed = [.. readings.Select(reading => reading.Parsed)];
    }

    public ParsedText Parse(RequestText text, bool quotedIdentifier) => text.Called is { } called
        ? _analyzer.ParseCall(called.Procedure, called.Parameters)
        : _analyzer.Parse(text.Text, quotedIdentifier);

    /// <param name="Parsed">Null where the facts were known.</param>
    private readonly record struct Reading(AnalyzedText Facts, bool Quoted, ParsedText? Parsed);

    private Reading Read(RequestText text, bool quotedIdentifier)
    {
        FactsCache cache = quotedIdentifier ? _cache : _unquotedCache;
        if (Known(text.Text, cache) is { } known)
            return new Reading(known, quotedIdentifier, null);
        ParsedText parsed = Parse(text, quotedIdentifier);
        cache.Add(Bytes(text.Text), parsed.Facts);
        return new Reading(parsed.Facts, quotedIdentifier, parsed);
    }

    private static bool HasQuotes(RequestText text) => text.Text.Contains('"');

    private static AnalyzedText? Known(string text, FactsCache cache) => cache.TryGet(Bytes(text));

    private static ReadOnlySpan<byte> Bytes(string text) => MemoryMarshal.AsBytes(text.AsSpan());
}
