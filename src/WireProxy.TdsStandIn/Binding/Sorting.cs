using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Binding;

/// <summary>One item of an ORDER BY.</summary>
internal sealed record SortKey(Func<Frame, object?> Evaluate, bool IsDescending);

/// <summary>Rows in order; rows that are equal stay as they came.</summary>
internal static class Sorting
{
    public static IEnumerable<object?[]> Sort(IEnumerable<object?[]> rows, IReadOnlyList<SortKey> keys, Frame? outer)
    {
        var frame = new Frame(outer);
        return rows
            .Select(row =>
            {
                frame.Row = row;
                return (Row: row, Keys: keys.Select(key => key.Evaluate(frame)).ToArray());
            })
            .Order(Comparer<(object?[] Row, object?[] Keys)>.Create((a, b) => Compare(a.Keys, b.Keys, keys)))
            .Select(item => item.Row);
    }

    public static int Compare(object?[] a, object?[] b, IReadOnlyList<SortKey> keys)
    {
        for (int i = 0; i < keys.Count; i++)
        {
            int order = SqlCompare.Instance.Compare(a[i], b[i]);
            if (order != 0)
                return keys[i].IsDescending ? -order : order;
        }
        return 0;
    }
}
