using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Tests.Catalog;

/// <summary>All that a catalog says of what users made, in lines that can be compared.</summary>
internal static class CatalogWords
{
    public static string[] Of(CatalogSnapshot catalog)
    {
        var d = catalog.Definitions;
        IEnumerable<string> lines =
        [
            $"database {catalog.Database} {catalog.ServerVersion}", $"path {string.Join(',', d.ReadPath)}", $"deferrable {d.HasDeferrable}",
            .. catalog.Relations.Where(r => r.Id >= CatalogRoutine.FirstUserId).Select(r => $"relation {r.Id} {r.Schema}.{r.Name} {r.Kind} {r.RowType} "
                + $"[{string.Join(',', r.Columns.Select(Column))}] parents {Numbers(r.Parents)} reads {Numbers(r.Reads)}"),
            .. catalog.AddedFunctions.Select(f => $"function {f}"),
            .. d.Views.Select(v => $"view {v.Key} {v.Value}"),
            .. d.Generated.Select(g => $"generated {g.Key} {g.Value}"),
            .. d.Defaults.Select(e => $"default {e.Key} {e.Value}"),
            .. d.Routines.Values.Select(r => $"routine {r.Id} {r.Schema}.{r.Name} {r.Language}{r.Kind}{r.Volatility} {r.ReturnsSet} {r.IsSecurityDefiner} {r.ArgumentCount} "
                + $"{r.DefaultCount} {r.IsVariadic} {r.ReturnType} {Numbers(r.ArgumentTypes)} {r.Modes} {string.Join(',', r.Names)} {Numbers(r.AllTypes)} {r.Body} "
                + $"{r.Extension} {r.Defaults} {string.Join(',', r.Settings)} {Numbers(r.Runs)}"),
            .. d.Types.Values.Select(t => $"type {t.Id} {t.Schema}.{t.Name} {t.Kind} {t.BaseId} [{string.Join(',', t.Fields.Select(Column))}] {string.Join(',', t.Checks.Order())} {t.Default}"),
            .. d.Operators.Select(o => o.ToString()), .. d.Casts.Select(c => c.ToString()),
            .. d.Triggers.SelectMany(t => t.Value, (_, t) => t.ToString()), .. d.Rules.SelectMany(r => r.Value, (_, r) => r.ToString()),
            .. d.Indexes.SelectMany(i => i.Value, (_, i) => $"index {i.Relation} {string.Join(',', i.Columns)} {i.Expressions} {i.Predicate} {i.IsUnique}"),
            .. d.Checks.SelectMany(c => c.Value, (c, text) => $"check {c.Key} {text}"), .. d.Statistics.SelectMany(s => s.Value, (s, text) => $"statistics {s.Key} {text}"),
            .. d.Policies.SelectMany(p => p.Value, (p, text) => $"policy {p.Key} {text}"),
            .. d.Cascades.Select(c => $"cascade {c.Relation} {c.Referring} {c.OnDelete}{c.OnUpdate} {string.Join(',', c.ReferringColumns)} {string.Join(',', c.Columns)}"),
            .. d.Comparisons.Select(c => $"comparison {c}"), .. d.EventTriggers.Select(e => $"event trigger {e}"),
            .. d.SequenceOwners.Select(s => $"sequence {s.Key} {s.Value}"), .. d.Labels.Select(l => l.ToString()),
            .. d.Publications.Select(p => $"publication {p.Id} {p.Name} {p.AllTables} {Numbers(p.Relations)}"), .. d.Extensions.Select(e => $"extension {e}"),
        ];
        return [.. lines.Order(StringComparer.Ordinal)];
    }

    static string Column(CatalogColumn c) => $"{c.Number} {c.Name} {c.TypeId} {c.IsGenerated} {c.DomainId}";

    static string Numbers(IEnumerable<uint> numbers) => string.Join(',', numbers.Order());
}
