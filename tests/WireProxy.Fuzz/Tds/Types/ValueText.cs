using System.Globalization;
using WireProxy.Fuzz.Tds.Requests;
using WireProxy.Fuzz.Tds.Tokens;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Fuzz.Tds.Types;

/// <summary>Decodes types and values and tells them in the notation of the vectors.</summary>
public static class ValueText
{
    private const string Moment = "yyyy-MM-dd'T'HH:mm:ss.fffffff";

    /// <summary>Reads a type and a value, or a whole table, and nothing behind them.</summary>
    public static string Describe(ReadOnlySpan<byte> bytes, ValueVector like)
    {
        var reader = new WireReader(bytes);
        if (like.IsTable)
        {
            var table = TvpValue.Read(ref reader, like.Version);
            reader.End();
            return Describe(table);
        }
        var type = TypeInfo.Read(ref reader, like.Version, like.Place);
        var value = TypedValue.Read(type, like.Form, ref reader);
        reader.End();
        return $"type={TypeText.Describe(type, like.Place, like.Version >= TdsVersion.V71)} value={Describe(value.ToObject(type))}";
    }

    public static string Describe(object? value) => value switch
    {
        null => "null",
        bool truth => truth ? "true" : "false",
        string text => RequestText.Text(text),
        byte[] bytes => $"0x{Convert.ToHexStringLower(bytes)}",
        float[] numbers => RequestText.List(numbers.Select(number => Describe(number))),
        DateTime moment => moment.ToString(Moment, CultureInfo.InvariantCulture),
        DateTimeOffset moment => moment.ToString(Moment + "zzz", CultureInfo.InvariantCulture),
        DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        TimeOnly time => time.ToString("HH:mm:ss.fffffff", CultureInfo.InvariantCulture),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static string Describe(TvpValue table)
    {
        var type = table.Type;
        var rows = new List<string>();
        foreach (var row in table)
        {
            var cells = new List<string>();
            foreach (var cell in row)
                cells.Add(Describe(cell.Value.ToObject(table.Layout[cell.Column])));
            rows.Add(RequestText.List(cells));
        }
        string columns = type.IsNull ? "null" : RequestText.List(type.Columns.Select(column =>
            $"{{user_type={column.UserType} flags={column.Flags} type={TypeText.Describe(column.Type, TypePlace.Parameter)}"
            + $" name={RequestText.Text(column.Name)}}}"));
        string order = type.OrderUnique.IsDefault ? "none"
            : RequestText.List(type.OrderUnique.Select(item => $"{{column={item.Column} flags={item.Flags}}}"));
        string ordering = type.Ordering.IsDefault ? "none" : RequestText.List(type.Ordering.Select(number => $"{number}"));
        return $"database={RequestText.Text(type.DatabaseName)} schema={RequestText.Text(type.OwningSchema)}"
            + $" name={RequestText.Text(type.TypeName)} columns={columns} order={order} ordering={ordering}"
            + $" rows={RequestText.List(rows)}";
    }
}
