using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Functions;

/// <summary>Functions with OVER: ROW_NUMBER, RANK, DENSE_RANK, NTILE, LAG, LEAD, FIRST_VALUE, LAST_VALUE and the aggregates.</summary>
internal static class WindowFunctions
{
    public static BoundExpression Bind(FunctionCall call, ExpressionBinder binder)
    {
        var windows = binder.Windows ?? throw new SqlError(4108, 15, 1, "Windowed functions can only appear in the SELECT or ORDER BY clauses.");
        var over = call.OverClause;
        var (type, compute) = Function(call, binder);
        IReadOnlyList<SortKey> order = over.OrderByClause is null ? [] : [.. over.OrderByClause.OrderByElements.Select(
            element => new SortKey(OrderValue(element.Expression, binder), element.SortOrder == SortOrder.Descending))];
        return windows.Add(new BoundWindow(type, [.. over.Partitions.Select(item => binder.Scalar(item).Evaluate)], order, compute));
    }

    /// <summary>ORDER BY (SELECT NULL) is the idiom for no order.</summary>
    private static Func<Frame, object?> OrderValue(ScalarExpression expression, ExpressionBinder binder) => binder.Scalar(expression).Evaluate;

    private static (SqlType Type, Func<WindowRow, object?> Compute) Function(FunctionCall call, ExpressionBinder binder)
    {
        var name = call.FunctionName.Value.ToUpperInvariant();
        switch (name)
        {
            case "ROW_NUMBER":
                return (SqlType.BigInt, row => row.Index + 1L);
            case "RANK":
                return (SqlType.BigInt, row => Array.IndexOf(row.Peers, row.Peers[row.Index]) + 1L);
            case "DENSE_RANK":
                return (SqlType.BigInt, row => row.Peers[row.Index] + 1L);
            case "NTILE":
                var tiles = binder.Scalar(call.Parameters[0], SqlType.BigInt).Evaluate;
                return (SqlType.BigInt, row => Tile(row, (long)(tiles(FrameOf(row, row.Index)) ?? 1L)));
            case "LAG" or "LEAD":
                return Neighbour(call, binder, name == "LAG" ? -1 : 1);
            case "FIRST_VALUE":
                var first = binder.Scalar(call.Parameters[0]);
                return (first.Type, row => first.Evaluate(FrameOf(row, 0)));
            case "LAST_VALUE":
                var last = binder.Scalar(call.Parameters[0]);
                return (last.Type, row => last.Evaluate(FrameOf(row, FrameEnd(row, call.OverClause) - 1)));
            default:
                return AggregateFunctions.IsAggregate(call) ? Aggregate(call, binder) : throw SqlError.Unsupported($"the window function {name}");
        }
    }

    private static (SqlType Type, Func<WindowRow, object?> Compute) Aggregate(FunctionCall call, ExpressionBinder binder)
    {
        var aggregate = AggregateFunctions.Bind(call, binder);
        var over = call.OverClause;
        return (aggregate.Type, row => aggregate.Evaluate(row.Partition.GetRange(FrameStart(row, over), Math.Max(0, FrameEnd(row, over) - FrameStart(row, over))), row.Outer));
    }

    private static (SqlType Type, Func<WindowRow, object?> Compute) Neighbour(FunctionCall call, ExpressionBinder binder, int direction)
    {
        var value = binder.Scalar(call.Parameters[0]);
        var offset = call.Parameters.Count > 1 ? binder.Scalar(call.Parameters[1], SqlType.Int).Evaluate : _ => 1;
        var otherwise = call.Parameters.Count > 2 ? binder.Scalar(call.Parameters[2], value.Type).Evaluate : _ => null;
        return (value.Type, row =>
        {
            var frame = FrameOf(row, row.Index);
            int at = row.Index + (direction * (int)(offset(frame) ?? 1));
            return at >= 0 && at < row.Partition.Count ? value.Evaluate(FrameOf(row, at)) : otherwise(frame);
        }
        );
    }

    private static Frame FrameOf(WindowRow row, int index) => new(row.Outer) { Row = row.Partition[index] };

    private static object Tile(WindowRow row, long tiles)
    {
        long size = row.Partition.Count / tiles, larger = row.Partition.Count % tiles;
        long inLarger = larger * (size + 1);
        return row.Index < inLarger ? (row.Index / (size + 1)) + 1 : larger + ((row.Index - inLarger) / Math.Max(1, size)) + 1;
    }

    private static int FrameStart(WindowRow row, OverClause over) => over.WindowFrameClause is not { } frame ? 0 : frame.Top.WindowDelimiterType switch
    {
        WindowDelimiterType.UnboundedPreceding => 0,
        WindowDelimiterType.CurrentRow => frame.WindowFrameType == WindowFrameType.Rows ? row.Index : Array.IndexOf(row.Peers, row.Peers[row.Index]),
        WindowDelimiterType.ValuePreceding => Math.Max(0, row.Index - Offset(frame.Top)),
        WindowDelimiterType.ValueFollowing => Math.Min(row.Partition.Count, row.Index + Offset(frame.Top)),
        _ => throw SqlError.Unsupported("this window frame"),
    };

    /// <summary>One past the last row. Without a frame clause: to the last equal of the row where there is an order, else to the end.</summary>
    private static int FrameEnd(WindowRow row, OverClause over)
    {
        var bottom = over.WindowFrameClause?.Bottom;
        bool rows = over.WindowFrameClause?.WindowFrameType == WindowFrameType.Rows;
        return bottom?.WindowDelimiterType switch
        {
            null when over.WindowFrameClause is null && over.OrderByClause is null => row.Partition.Count,
            WindowDelimiterType.UnboundedFollowing => row.Partition.Count,
            WindowDelimiterType.ValueFollowing => Math.Min(row.Partition.Count, row.Index + Offset(bottom) + 1),
            WindowDelimiterType.ValuePreceding => Math.Max(0, row.Index - Offset(bottom) + 1),
            _ => rows ? row.Index + 1 : Array.LastIndexOf(row.Peers, row.Peers[row.Index]) + 1,
        };
    }

    private static int Offset(WindowDelimiter delimiter) => delimiter.OffsetValue is IntegerLiteral literal
        ? int.Parse(literal.Value, System.Globalization.CultureInfo.InvariantCulture) : throw SqlError.Unsupported("a window frame without a constant");
}
