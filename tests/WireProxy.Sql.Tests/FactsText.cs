using System.Text;

namespace WireProxy.Sql.Tests;

/// <summary>Facts as one line, for the corpus: only what is not empty, so that what is missing from the line is asserted too.</summary>
internal static class FactsText
{
    public static string Of(StatementFacts facts)
    {
        var line = new StringBuilder(facts.Command);
        line.Append("; ").AppendJoin(' ', facts.Classes.Select(c => c.ToString().ToLowerInvariant()));
        Part("relations", facts.Relations.Select(Of));
        Part("columns", facts.Columns.Select(c => Dotted(c.Schema, c.Relation, c.Name)));
        Part("functions", facts.Functions.Select(f => Dotted(f.Schema, f.Name)));
        Part("inner", facts.InnerCommands, ", ");
        Part("aliases", facts.Aliases);
        Flag(facts.HasUnknownSql, "unknown");
        Flag(facts.ChangesCatalog, "catalog");
        Flag(facts.QuotedIdentifier is not null, $"quoted identifier {facts.QuotedIdentifier}");
        Flag(facts.NameEffect != NameEffect.None, $"{facts.NameEffect} {facts.AffectedName ?? "ALL"}");
        if (facts.Copy is { } copy)
            Flag(true, Of(copy));
        return line.ToString();

        void Part(string name, IEnumerable<string> items, string separator = " ")
        {
            var text = string.Join(separator, items);
            Flag(text.Length > 0, $"{name} {text}");
        }

        void Flag(bool value, string text)
        {
            if (value)
                line.Append("; ").Append(text);
        }
    }

    static string Of(RelationReference r) => Dotted(r.Database, r.Schema, r.Name) + Flags(r);

    static string Flags(RelationReference r) =>
        (r.IsRead || r.IsWritten || r.Unbounded ? ":" : "") + (r.IsRead ? "r" : "") + (r.IsWritten ? "w" : "") + (r.Unbounded ? "u" : "");

    static string Of(CopyFacts c) =>
        $"copy {(c.ToClient ? "out" : "")}{(c.FromClient ? "in" : "")} {(c.Relation is null ? $"query [{c.InnerQuery}]" : Of(c.Relation))}"
        + $" ({string.Join(' ', c.Columns)}) {c.Format} delimiter {Byte(c.Delimiter)} quote {Byte(c.Quote)} escape {Byte(c.Escape)}"
        + $" null [{c.Null}]{(c.Header ? " header" : "")}{(c.Encoding is null ? "" : $" encoding {c.Encoding}")}";

    static string Byte(byte value) => value == 0 ? "none" : value == '\t' ? "tab" : ((char)value).ToString();

    static string Dotted(params string?[] parts) => string.Join('.', parts.Where(p => p is not null));
}
