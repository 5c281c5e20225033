using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Storage;

namespace WireProxy.TdsStandIn.Protocol;

/// <summary>TABNAME and COLINFO of a cursor's rows; the last column is ROWSTAT, which the client did not ask for.</summary>
internal static class CursorOrigins
{
    public static void Write(WireWriter tokens, IReadOnlyList<ResultColumn> columns, TokenFormat format)
    {
        var tables = columns.Where(IsPlain).Select(column => column.Origin!.Table).Distinct().ToList();
        if (tables.Count is 0 or > byte.MaxValue || columns.Count > byte.MaxValue)
            return;
        new TabName([.. tables.Select(table => NameOf(table, format))]).Encode(tokens, format);
        new ColInfo([.. columns.Select((column, i) => PropertyOf(column, i, i == columns.Count - 1, tables))]).Encode(tokens);
    }

    private static ColumnProperty PropertyOf(ResultColumn column, int place, bool isRowStat, List<Table> tables)
    {
        if (!IsPlain(column))
            return new ColumnProperty((byte)(place + 1), 0, ColumnStatus.Expression | (isRowStat ? ColumnStatus.Hidden : 0), null);
        var origin = column.Origin!;
        bool isKey = origin.Table.Keys.Find(key => key.Kind == UniqueKind.PrimaryKey)?.Columns.Contains(origin.Table.Ordinal(origin.Column.Name)) == true;
        bool renamed = !string.Equals(column.Name, origin.Column.Name, StringComparison.Ordinal);
        var status = (isKey ? ColumnStatus.Key : 0) | (renamed ? ColumnStatus.DifferentName : 0);
        return new ColumnProperty((byte)(place + 1), (byte)(tables.IndexOf(origin.Table) + 1), status, renamed ? origin.Column.Name : null);
    }

    private static bool IsPlain(ResultColumn column) => column.Origin is not null && !column.IsExpression;

    /// <summary>In parts since TDS 7.1 revision 1, before that in one.</summary>
    private static ValueList<string> NameOf(Table table, TokenFormat format) => format.Version >= TdsVersion.V71Revision1
        ? [table.Database.Name, table.SchemaName, table.Name] : [$"{table.Database.Name}.{table.SchemaName}.{table.Name}"];
}
