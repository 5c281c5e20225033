using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using WireProxy.Cli.Output;
using WireProxy.Policy;

namespace WireProxy.Cli.PolicyTest;

/// <summary>Prints who is asking, and which of the policy's <c>unmask</c> grants hold for them.</summary>
internal sealed class GrantReport(Subject subject, DateTimeOffset now, CompiledPolicy policy)
{
    private readonly ImmutableArray<GrantState> _states = policy.GrantStates(subject, now);

    public void Write(TextWriter output)
    {
        output.WriteLine(Printable.Line(string.Create(CultureInfo.InvariantCulture, $"as {Who()} at {now:yyyy-MM-dd HH:mm}Z")));
        foreach (var state in _states)
            output.WriteLine(Printable.Line(state.Holds
                ? $"unmask[{state.Index}] holds: {string.Join(", ", state.Grant.Columns)}"
                : $"unmask[{state.Index}] does not hold: {string.Join(", ", state.Unmet)}"));
        output.WriteLine();
    }

    /// <summary>As a member of a statement's object, because each line is one.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("at", now.UtcDateTime);
        json.WriteStartArray("grants");
        foreach (var state in _states)
        {
            json.WriteStartObject();
            json.WriteNumber("unmask", state.Index);
            json.WriteBoolean("holds", state.Holds);
            Strings(json, "unmet", state.Unmet);
            Strings(json, "columns", state.Grant.Columns.Select(column => column.ToString()));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private string Who()
    {
        List<string> words = [subject.User];
        if (!subject.Groups.IsEmpty)
            words.Add($"of {string.Join(", ", subject.Groups)}");
        if (subject.Agent is { } agent)
            words.Add($"by agent {agent}");
        if (subject.Purpose is { } purpose)
            words.Add($"for \"{purpose}\"");
        if (subject.Address is { } address)
            words.Add($"from {address}");
        return string.Join(' ', words);
    }

    private static void Strings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
