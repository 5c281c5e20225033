using WireProxy.TdsStandIn.Execution;
using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Functions;

/// <summary>A view of the catalog: its rows follow from what there is.</summary>
internal sealed record SystemView(IReadOnlyList<(string Name, SqlType Type)> Columns, Func<Session, Database, IEnumerable<object?[]>> Rows)
{
    /// <summary>One of the system tables of old, which are found without a schema.</summary>
    public bool IsOld { get; init; }
}
