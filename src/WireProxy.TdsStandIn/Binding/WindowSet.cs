namespace WireProxy.TdsStandIn.Binding;

/// <summary>The window functions of one query. Their values stand behind the values of the rows that they look at.</summary>
/// <param name="width">Values of a row without those of window functions; known when the rows are, so it is asked late.</param>
internal sealed class WindowSet(Func<int> width)
{
    private readonly List<BoundWindow> _windows = [];

    public BoundExpression Add(BoundWindow window)
    {
        int number = _windows.Count;
        _windows.Add(window);
        return new BoundExpression(window.Type, frame => frame.Row[width() + number]);
    }

    public IEnumerable<object?[]> Extend(IEnumerable<object?[]> rows, Frame? outer)
    {
        if (_windows.Count == 0)
            return rows;
        var all = rows.Select(row =>
        {
            var extended = new object?[width() + _windows.Count];
            row.CopyTo(extended, 0);
            return extended;
        }).ToList();
        for (int i = 0; i < _windows.Count; i++)
            Fill(_windows[i], all, width() + i, outer);
        return all;
    }

    private static void Fill(BoundWindow window, List<object?[]> rows, int slot, Frame? outer)
    {
        var frame = new Frame(outer);
        var partitions = rows.GroupBy(row =>
        {
            frame.Row = row;
            return window.Partition.Select(key => key(frame)).ToArray();
        }, Values.SqlCompare.Instance);
        foreach (var partition in partitions)
        {
            List<object?[]> ordered = window.Order.Count == 0 ? [.. partition] : [.. Sorting.Sort(partition, window.Order, outer)];
            var peers = Peers(ordered, window.Order, outer);
            for (int i = 0; i < ordered.Count; i++)
                ordered[i][slot] = window.Compute(new WindowRow(ordered, peers, i, outer));
        }
    }

    /// <summary>For each row the number of its set of equals, from 0.</summary>
    private static int[] Peers(List<object?[]> ordered, IReadOnlyList<SortKey> order, Frame? outer)
    {
        int[] peers = new int[ordered.Count];
        var frame = new Frame(outer);
        object?[]? last = null;
        for (int i = 0; i < ordered.Count; i++)
        {
            frame.Row = ordered[i];
            var keys = order.Select(key => key.Evaluate(frame)).ToArray();
            peers[i] = last is null ? 0 : peers[i - 1] + (Sorting.Compare(last, keys, order) == 0 ? 0 : 1);
            last = keys;
        }
        return peers;
    }
}

/// <summary>A window function.</summary>
internal sealed record BoundWindow(
    Values.SqlType Type, IReadOnlyList<Func<Frame, object?>> Partition, IReadOnlyList<SortKey> Order, Func<WindowRow, object?> Compute);

/// <summary>A row, in its place in its partition.</summary>
internal readonly record struct WindowRow(List<object?[]> Partition, int[] Peers, int Index, Frame? Outer);
