using WireProxy.Sql;
using WireProxy.Sql.Postgres;

namespace WireProxy.Relay.Postgres;

/// <summary>Facts of statement texts, shared by all sessions of the gateway. A text seen before costs a look-up; a short one is
/// parsed where it stands; a long one is parsed on another thread, because nothing slow may run where sockets are served.</summary>
internal sealed class StatementAnalysis
{
    private readonly PostgresAnalyzer _analyzer = new();
    private readonly FactsCache _cache = new();

    /// <summary>Facts at once, or false where <see cref="AnalyzeElsewhereAsync"/> must find them.</summary>
    public bool TryAnalyze(ReadOnlySpan<byte> text, out AnalyzedText analyzed)
    {
        if (_cache.TryGet(text) is { } known)
        {
            analyzed = known;
            return true;
        }
        if (!PostgresAnalyzer.IsSmall(text.Length))
        {
            analyzed = null!;
            return false;
        }
        analyzed = _analyzer.Analyze(text);
        _cache.Add(text, analyzed);
        return true;
    }

    public Task<AnalyzedText> AnalyzeElsewhereAsync(byte[] text) => Task.Run(() =>
    {
        AnalyzedText analyzed = _analyzer.Analyze(text);
        _cache.Add(text, analyzed);
        return analyzed;
    });
}
