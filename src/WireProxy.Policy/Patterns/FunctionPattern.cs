using System.Diagnostics.CodeAnalysis;

namespace WireProxy.Policy;

/// <summary>Functions and procedures as a rule names them: <c>schema.function</c>, or <c>function</c> alone for that name in
/// any schema. A pattern names every overload.</summary>
/// <remarks>The parts follow the rules of <see cref="ColumnPattern"/>.</remarks>
public sealed record FunctionPattern(string? Schema, string Name)
{
    private readonly NamePattern? _schema = Schema is null ? null : NamePattern.FromSource(Schema);
    private readonly NamePattern _name = NamePattern.FromSource(Name);

    /// <summary>Reads a pattern; false with a <paramref name="problem"/> in words where it is not one.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out FunctionPattern? pattern, out string problem)
    {
        pattern = null;
        if (!NamePattern.TrySplit(text, out List<string> parts, out problem))
            return false;
        pattern = parts.Count switch
        {
            1 => new FunctionPattern(null, parts[0]),
            2 => new FunctionPattern(parts[0], parts[1]),
            _ => null,
        };
        if (pattern is null)
            problem = $"'{text}' has {parts.Count} parts; a function is function or schema.function";
        return pattern is not null;
    }

    /// <summary>True where the pattern names this function. A null schema is not known and matches: too much rather than too little.</summary>
    public bool Matches(string? schema, string name) =>
        _name.Matches(name) && (schema is null || _schema is null || _schema.Matches(schema));

    internal bool IsAnySchema => _schema is null || _schema.IsAny;

    public override string ToString() => Schema is null ? Name : $"{Schema}.{Name}";
}
