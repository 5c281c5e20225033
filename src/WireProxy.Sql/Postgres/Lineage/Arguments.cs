namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>Arguments of a call, and what they are called where the call says it.</summary>
internal sealed class Arguments
{
    public List<Value> Values { get; } = [];
    public List<string?> Names { get; } = [];
    /// <summary>Literals of text, by position, for functions that run them.</summary>
    public List<byte[]?> Literals { get; } = [];
    public bool IsVariadicArray { get; set; }

    public int Count => Values.Count;

    public SourceSet All
    {
        get
        {
            var all = SourceSet.Empty;
            foreach (var value in Values)
                all = all.Union(value.Sources);
            return all;
        }
    }

    public void Add(Value value, string? name = null, byte[]? literal = null)
    {
        Values.Add(value);
        Names.Add(name);
        Literals.Add(literal);
    }

    public static Arguments Of(params ReadOnlySpan<Value> values)
    {
        var arguments = new Arguments();
        foreach (var value in values)
            arguments.Add(value);
        return arguments;
    }
}
