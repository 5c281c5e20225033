using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using WireProxy.Sql;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.TransactSql;
using WireProxy.Sql.TransactSql.Lineage;

namespace WireProxy.Relay.Tds;

/// <summary>What one reading of a text means under one catalog. Immutable; sessions share it.</summary>
/// <param name="Statements">Their facts, names as the catalog writes them.</param>
/// <param name="Reached">The same, with all that views, functions, procedures and triggers name beneath: what rules are about.</param>
/// <param name="Lineage">Where values come from and go to; null where nothing is protected.</param>
internal sealed record TextMeaning(
    ImmutableArray<StatementFacts> Statements, ImmutableArray<StatementFacts> Reached, BatchLineage? Lineage);

/// <summary>What texts mean under the session's catalog. One that was met before costs a look-up; a short one is resolved where it stands; a
/// long one, and one that needs definitions parsed, on another thread, because nothing slow may run where sockets are served.</summary>
internal sealed class TextMeanings(TdsSession session)
{
    /// <summary>Texts longer than this are resolved anew each time: they are bulk data, and seldom come twice.</summary>
    private const int LongestKept = 16 * 1024;

    private const int MostKept = 4096;

    private static readonly ConditionalWeakTable<CatalogSnapshot, ConcurrentDictionary<(string Text, bool Quoted, bool Masks), TextMeaning>> Known = [];

    /// <summary>Finds what the text means at once, or false where <see cref="Find"/> must, on another thread.</summary>
    public bool TryFind(RequestText text)
    {
        if (text.Meanings is [var first, ..] && ReferenceEquals(text.MeantUnder, session.Catalog) &&
            ReferenceEquals(text.MeantWith, session.Plans.Next) && (first.Lineage is not null || !session.Masks))
            return true;
        if (session.Catalog is { } catalog && !IsQuick(text, catalog))
            return false;
        Find(text);
        return true;
    }

    /// <summary>Safe on any thread while the request waits: one is under way at a time.</summary>
    public void Find(RequestText text)
    {
        CatalogSnapshot? catalog = session.Catalog;
        Leftovers before = session.Plans.Next;
        var meanings = new TextMeaning[text.Readings.Count];
        for (int i = 0; i < meanings.Length; i++)
            meanings[i] = catalog is null ? new TextMeaning(text.Readings[i].Statements, text.Readings[i].Statements, null) : MeaningOf(text, i, catalog);
        (text.Meanings, text.MeantUnder, text.MeantWith) = (meanings, catalog, before);
        text.Leaves = before.After(meanings, text.Readings.Any(reading => reading.Statements.Any(BatchPlans.MayChangeNames)));
        // A tree weighs fifty times its text.
        text.Parsed = [];
    }

    private bool IsQuick(RequestText text, CatalogSnapshot catalog)
    {
        for (int i = 0; i < text.Readings.Count; i++)
        {
            if (KnownMeaning(text, i, catalog) is not null)
                continue;
            if (!TransactSqlAnalyzer.IsSmall(text.Text.Length) ||
                !text.Readings[i].Statements.All(facts => ModuleReach.IsAtHand(CatalogNames.Of(facts, catalog, null), catalog)))
            {
                return false;
            }
        }
        return true;
    }

    private bool IsKept(RequestText text) => session.Plans.Next is { HasNothingTemporary: true, IsStale: false } && text.Text.Length <= LongestKept;

    private TextMeaning? KnownMeaning(RequestText text, int reading, CatalogSnapshot catalog) =>
        IsKept(text) && Known.TryGetValue(catalog, out var known) && known.TryGetValue(KeyOf(text, reading), out TextMeaning? found) ? found : null;

    private (string, bool, bool) KeyOf(RequestText text, int reading) => (text.Key, text.Quoted[reading], session.Masks);

    private TextMeaning MeaningOf(RequestText text, int reading, CatalogSnapshot catalog)
    {
        if (KnownMeaning(text, reading, catalog) is { } known)
            return known;
        ImmutableArray<StatementFacts> named = [.. text.Readings[reading].Statements.Select(facts => CatalogNames.Of(facts, catalog, null))];
        var meaning = new TextMeaning(
            named, [.. named.Select(facts => ModuleReach.Of(facts, catalog))], session.Masks ? Resolve(text, reading, catalog) : null);
        if (!IsKept(text))
            return meaning;
        var kept = Known.GetValue(catalog, static _ => new());
        if (kept.Count >= MostKept)
            kept.Clear();
        kept[KeyOf(text, reading)] = meaning;
        return meaning;
    }

    private BatchLineage Resolve(RequestText text, int reading, CatalogSnapshot catalog)
    {
        ParsedText parsed = (reading < text.Parsed.Count ? text.Parsed[reading] : null)
            ?? session.Dialect.Analysis.Parse(text, text.Quoted[reading]);
        Leftovers left = session.Plans.Next;
        // In another database than the catalog's no name means anything that is known.
        return TransactSqlLineage.Resolve(
            parsed, catalog, left.IsStale ? "" : catalog.Database, defaultSchema: null, left.TempTables, left.TempProcedures);
    }
}
