using WireProxy.Protocols.Tds.Tokens;

namespace WireProxy.Cli.Replay.Tds;

/// <summary>Columns and rows of TDS as a replay shows them.</summary>
internal static class RowEvents
{
    public static IReadOnlyList<ReplayColumn> Columns(ColMetadata columns) =>
        [.. columns.Columns.Select(column => new ReplayColumn(
            column.Name, 0, 0, TdsTypeName.Of(column.Type), TdsTypeName.IsNumber(column.Type.Type)))];

    /// <exception cref="Protocols.Wire.ProtocolException">The cells are not as the columns say.</exception>
    public static IReadOnlyList<string?> Values(in RowHeader row, ReadOnlySpan<byte> bytes)
    {
        var values = new List<string?>(row.Layout.Count);
        foreach (var cell in TokenReader.Cells(row, bytes, bytes.Length))
            values.Add(cell.IsNull ? null : TdsValueText.Of(row.Layout[cell.Column], cell.Value));
        return values;
    }
}
