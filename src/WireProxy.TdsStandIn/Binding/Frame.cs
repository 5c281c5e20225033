namespace WireProxy.TdsStandIn.Binding;

/// <summary>The row that an expression is evaluated over, and the rows of the queries around it. A query that runs has one frame
/// and puts row after row into it.</summary>
internal sealed class Frame(Frame? outer)
{
    public static Frame Empty { get; } = new(null);

    public Frame? Outer { get; } = outer;

    public object?[] Row { get; set; } = [];

    /// <param name="depth">0 for this query, 1 for the one around it.</param>
    public object? Value(int depth, int index)
    {
        var frame = this;
        for (; depth > 0; depth--)
            frame = frame!.Outer;
        return frame!.Row[index];
    }
}
