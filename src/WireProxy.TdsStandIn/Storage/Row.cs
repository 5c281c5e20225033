namespace WireProxy.TdsStandIn.Storage;

/// <summary>A row of a table. It is the same row for as long as it lives; an update puts other values into it at once.</summary>
internal sealed class Row(object?[] values)
{
    public object?[] Values { get; set; } = values;
}
