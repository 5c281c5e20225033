using System.Text;
using WireProxy.Sql.TransactSql.Lineage;

namespace WireProxy.Sql.Tests.TransactSql;

/// <summary>Lineage as lines: one for each result set (<c>name &lt; sources</c>; a plain column is marked =), then what else is not empty.</summary>
internal static class LineageText
{
    public static IEnumerable<string> Of(BatchLineage lineage)
    {
        foreach (var result in lineage.ResultSets)
            yield return "rows " + (result.IsKnown ? "" : $"unknown < {Of(result.All)}; ") + string.Join("; ", result.Columns.Select(Of));
        if (!lineage.SequenceKnown)
            yield return "any order";
        foreach (var write in lineage.Statements.SelectMany(s => s.Writes))
            yield return $"write {write.Kind.ToString().ToLowerInvariant()} {(write.Kind == WriteKind.Column ? Of(write.Target) : write.Name)} < {Of(write.Sources)}";
        if (!lineage.Messages.IsEmpty)
            yield return "say " + Of(lineage.Messages);
        foreach (var (name, sources) in lineage.Variables.Where(v => !v.Value.IsEmpty).OrderBy(v => v.Key, StringComparer.Ordinal))
            yield return $"{name} < {Of(sources)}";
        foreach (var table in lineage.TempTables)
            yield return $"temp {table.Name}: " + string.Join("; ", table.Columns.Select(Of)) + (table.IsOpen || !table.Rest.IsEmpty ? $"; others < {Of(table.Rest)}" : "");
        if (lineage.TurnsOff != ShapeSettings.None)
            yield return $"turns off {lineage.TurnsOff}";
        if (lineage.TurnsOn != ShapeSettings.None)
            yield return $"turns on {lineage.TurnsOn}";
        if (lineage.ChangesMeaning)
            yield return "changes meaning";
    }

    public static string Of(SourceSet set)
    {
        if (set.IsEverything)
            return "everything";
        var line = new StringBuilder();
        foreach (var column in set.Columns)
            line.Append(line.Length == 0 ? "" : " ").Append(Of(column));
        return line.Length == 0 ? "nothing" : line.ToString();
    }

    static string Of(OutputColumn column) => $"{column.Name ?? "-"} {(column.Origin is null ? "<" : "=")} {Of(column.Sources)}";

    static string Of(SourceColumn column)
    {
        var relation = Hospital.Catalog.Relation(column.Relation)!;
        return $"{relation.Name}.{relation.Column(column.Column)?.Name ?? "*"}";
    }
}
