using System.Globalization;
using System.Text.Json;
using WireProxy.Cli.Output;
using WireProxy.Policy;
using WireProxy.Sql;

namespace WireProxy.Cli.PolicyTest;

/// <summary>Prints a <see cref="StatementVerdict"/>.</summary>
internal static class VerdictReport
{
    public static void Write(StatementVerdict verdict, TextWriter output)
    {
        var line = verdict.Statement.Line.ToString(CultureInfo.InvariantCulture);
        output.WriteLine($"line {line}: {DecisionOf(verdict)}{(verdict.Verdict.Rule is { } rule ? $" by rule {rule}" : "")}");
        foreach (var text in Printable.Lines(verdict.Statement.Text).Split('\n'))
            output.WriteLine($"    {text.TrimEnd()}");
        if (verdict.Problem is { } problem)
            output.WriteLine($"  does not parse: {Printable.Line(problem.Message)}{At(problem)}");
        foreach (var facts in verdict.Facts)
            output.WriteLine($"  {Describe(facts)}");
        if (verdict.RunsUnknownText)
            output.WriteLine("  runs text that cannot be known beforehand, and is judged as if it did everything");
        foreach (var column in verdict.Result ?? [])
            output.WriteLine($"  result {column.ResultSet.ToString(CultureInfo.InvariantCulture)}: {Printable.Line(column.Name)}: {Printable.Line(column.Fate)}");
        foreach (var masked in verdict.Result is null ? verdict.Masked : [])
            output.WriteLine($"  masked: {masked.Column} ({masked.Mask})");
        if (verdict.Verdict.Message is { } message)
            output.WriteLine($"  message: {message}");
        if (verdict.Hint is { } hint)
            output.WriteLine($"  instead: {Printable.Line(hint)}");
        output.WriteLine();
    }

    public static void Write(StatementVerdict verdict, Utf8JsonWriter json)
    {
        json.WriteNumber("line", verdict.Statement.Line);
        json.WriteString("statement", verdict.Statement.Text);
        json.WriteString("decision", DecisionOf(verdict));
        json.WriteString("rule", verdict.Verdict.Rule);
        json.WriteString("message", verdict.Verdict.Message);
        json.WriteString("hint", verdict.Hint);
        json.WriteString("problem", verdict.Problem?.Message);
        json.WriteString("command", verdict.Facts.IsEmpty ? null : string.Join("; ", verdict.Facts.Select(facts => facts.Command)));
        Strings(json, "classes", verdict.Facts.SelectMany(facts => facts.Classes).Select(NameOf).Distinct());
        Strings(json, "tables", verdict.Facts.SelectMany(facts => facts.Relations).Select(NameOf).Distinct());
        json.WriteStartArray("masked");
        foreach (var masked in verdict.Masked)
        {
            json.WriteStartObject();
            json.WriteString("column", masked.Column.ToString());
            json.WriteString("mask", masked.Mask.ToString());
            json.WriteEndObject();
        }
        json.WriteEndArray();
        if (verdict.Result is { } result)
            Write(result, json);
    }

    private static void Write(IEnumerable<ResultColumn> result, Utf8JsonWriter json)
    {
        json.WriteStartArray("result");
        foreach (var column in result)
        {
            json.WriteStartObject();
            json.WriteNumber("set", column.ResultSet);
            json.WriteString("name", column.Name);
            json.WriteString("fate", column.Fate);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static string DecisionOf(StatementVerdict verdict) => verdict.Verdict.Decision switch
    {
        Decision.Allow => "allow",
        Decision.Approve => "approve",
        _ => "block",
    };

    private static string Describe(StatementFacts facts)
    {
        var commands = string.Join(", ", facts.InnerCommands.Prepend(facts.Command));
        var classes = string.Join(", ", facts.Classes.Select(NameOf));
        var tables = string.Join(", ", facts.Relations.Select(NameOf).Distinct());
        return $"{commands} (class {classes}){(tables.Length > 0 ? $" on {tables}" : "")}";
    }

    private static string At(ParseProblem problem) =>
        problem.Position > 0 ? $" at character {problem.Position.ToString(CultureInfo.InvariantCulture)}" : "";

    private static string NameOf(StatementClass value) => value.ToString().ToLowerInvariant();

    private static string NameOf(RelationReference relation) =>
        relation.Schema is null ? relation.Name : $"{relation.Schema}.{relation.Name}";

    private static void Strings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
