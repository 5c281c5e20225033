using WireProxy.Protocols.Tds.Types;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Execution;
using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Protocol;

/// <summary>Table valued arguments.</summary>
internal static class TableArguments
{
    /// <exception cref="SqlError">2715: there is no such type; or a row breaks its rules.</exception>
    public static Table Read(in TvpValue value, Session session)
    {
        var info = value.Type;
        var schema = info.OwningSchema.Length == 0 ? Database.DefaultSchema : info.OwningSchema;
        if (!session.Database.TryFind<TableType>(schema, info.TypeName, out var type))
            throw new SqlError(2715, 16, 3, $"Column, parameter, or variable: Cannot find data type {info.TypeName}.");
        var context = new BindContext(session, new Module("", 0, false));
        var table = new TableBuilder(context).Variable(info.TypeName, type.Definition);
        var writer = new TableWriter(table, context);
        int[] columns = [.. Places(info)];
        foreach (var row in value)
        {
            var values = new object?[table.Columns.Count];
            bool[] given = new bool[values.Length];
            foreach (var cell in row)
            {
                int at = columns[cell.Column];
                var wire = value.Layout[cell.Column];
                var from = TypeMap.FromWire(wire);
                values[at] = writer.Store(at, cell.IsNull ? null : ValueMap.Read(cell.Value, wire, from), from);
                given[at] = true;
            }
            table.Insert(writer.Complete(values, given), new UndoLog());
        }
        return table;
    }

    /// <summary>The column of each cell: those with a default have none, and the order may be another.</summary>
    private static IEnumerable<int> Places(TvpTypeInfo info)
    {
        var all = info.Ordering.IsDefault ? Enumerable.Range(0, info.Columns.Length) : info.Ordering.Select(number => number - 1);
        return all.Where(place => !info.Columns[place].IsDefault);
    }
}
