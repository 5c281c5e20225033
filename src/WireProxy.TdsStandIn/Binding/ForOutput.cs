using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Xml;
using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Binding;

/// <summary>FOR XML (RAW, PATH with plain names) and FOR JSON PATH: the whole result as one text.</summary>
internal static class ForOutput
{
    private const string XmlColumn = "XML_F52E2B61-18A1-11d1-B105-00805F49916B";
    private const string JsonColumn = "JSON_F52E2B61-18A1-11d1-B105-00805F49916B";

    public static BoundQuery Bind(BoundQuery query, ForClause clause) => clause switch
    {
        XmlForClause xml => Xml(query, xml),
        JsonForClause json => Json(query, json),
        _ => throw SqlError.Unsupported("FOR BROWSE and FOR UPDATE"),
    };

    private static BoundQuery Xml(BoundQuery query, XmlForClause clause)
    {
        string element = "row";
        string? root = null;
        bool attributes = false, typed = false;
        foreach (var option in clause.Options)
        {
            switch (option.OptionKind)
            {
                case XmlForClauseOptions.Path:
                    element = option.Value?.Value ?? "row";
                    break;
                case XmlForClauseOptions.Raw:
                    (element, attributes) = (option.Value?.Value ?? "row", true);
                    break;
                case XmlForClauseOptions.Elements:
                    attributes = false;
                    break;
                case XmlForClauseOptions.Root:
                    root = option.Value?.Value ?? "root";
                    break;
                case XmlForClauseOptions.Type:
                    typed = true;
                    break;
                default:
                    throw SqlError.Unsupported($"FOR XML {option.OptionKind}");
            }
        }
        var type = typed ? SqlType.Xml : SqlType.NVarChar(SqlType.Max);
        bool byAttribute = attributes;
        return new BoundQuery([new ResultColumn(typed ? "" : XmlColumn, type, true, IsExpression: true)], outer =>
        {
            var text = new StringBuilder();
            foreach (var row in query.Rows(outer))
                AppendXml(text, query.Columns, row, element, byAttribute);
            return text.Length == 0 ? [] : [[root is null ? text.ToString() : $"<{root}>{text}</{root}>"]];
        });
    }

    private static void AppendXml(StringBuilder text, IReadOnlyList<ResultColumn> columns, object?[] row, string element, bool byAttribute)
    {
        var inAttributes = columns.Select(column => byAttribute || column.Name.StartsWith('@')).ToArray();
        if (element.Length > 0)
            text.Append('<').Append(XmlConvert.EncodeLocalName(element));
        for (int i = 0; i < row.Length; i++)
            if (inAttributes[i] && row[i] is { } value)
                text.Append(' ').Append(XmlConvert.EncodeLocalName(columns[i].Name.TrimStart('@'))).Append("=\"").Append(Escaped(value, columns[i].Type)).Append('"');
        bool empty = element.Length > 0 && Enumerable.Range(0, row.Length).All(i => inAttributes[i] || row[i] is null);
        if (empty)
        {
            text.Append("/>");
            return;
        }
        if (element.Length > 0)
            text.Append('>');
        for (int i = 0; i < row.Length; i++)
            AppendElement(text, columns[i], inAttributes[i] ? null : row[i]);
        if (element.Length > 0)
            text.Append("</").Append(XmlConvert.EncodeLocalName(element)).Append('>');
    }

    private static void AppendElement(StringBuilder text, ResultColumn column, object? value)
    {
        if (value is null)
            return;
        if (column.Name.Contains('/', StringComparison.Ordinal))
            throw SqlError.Unsupported("paths of more than one step in FOR XML PATH");
        var content = column.Type.Kind == SqlKind.Xml ? (string)value : Escaped(value, column.Type);
        var name = column.Name is "*" or "text()" or "data()" or "node()" ? "" : XmlConvert.EncodeLocalName(column.Name);
        text.Append(name.Length == 0 ? content : $"<{name}>{content}</{name}>");
    }

    private static string Escaped(object value, SqlType type)
    {
        var text = value is byte[] bytes ? Convert.ToBase64String(bytes) : TextForms.Form(value, type, SqlType.NVarChar(SqlType.Max), type.IsDateOrTime ? 126 : null);
        return text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace(">", "&gt;", StringComparison.Ordinal).Replace("\"", "&quot;", StringComparison.Ordinal);
    }

    private static BoundQuery Json(BoundQuery query, JsonForClause clause)
    {
        bool nulls = false, wrapped = true;
        string? root = null;
        foreach (var option in clause.Options)
        {
            switch (option.OptionKind)
            {
                case JsonForClauseOptions.Path:
                    break;
                case JsonForClauseOptions.Root:
                    root = option.Value?.Value ?? "root";
                    break;
                case JsonForClauseOptions.IncludeNullValues:
                    nulls = true;
                    break;
                case JsonForClauseOptions.WithoutArrayWrapper:
                    wrapped = false;
                    break;
                default:
                    throw SqlError.Unsupported($"FOR JSON {option.OptionKind}");
            }
        }
        if (query.Columns.Any(column => column.Name.Length == 0))
            throw new SqlError(13605, 16, 1, "Column expressions and data sources without names or aliases cannot be formatted as JSON text using FOR JSON clause. Add alias to the unnamed column or table.");
        return new BoundQuery([new ResultColumn(JsonColumn, SqlType.NVarChar(SqlType.Max), true, IsExpression: true)], outer =>
        {
            var objects = query.Rows(outer).Select(row => JsonText.OfRow(query.Columns, row, nulls)).ToList();
            if (objects.Count == 0)
                return [];
            var text = string.Join(',', objects);
            text = wrapped ? $"[{text}]" : text;
            return [[root is null ? text : $"{{\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(root)}\":{text}}}"]];
        });
    }
}

/// <summary>A row as a JSON object; dots in a name make objects inside it.</summary>
internal static class JsonText
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string OfRow(IReadOnlyList<ResultColumn> columns, object?[] row, bool nulls)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Options))
            WriteObject(writer, [.. columns.Select((column, i) => (Path: column.Name, column.Type, Value: row[i])).Where(item => nulls || item.Value is not null)]);
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void WriteObject(Utf8JsonWriter writer, List<(string Path, SqlType Type, object? Value)> items)
    {
        writer.WriteStartObject();
        foreach (var group in items.GroupBy(item => item.Path.Split('.', 2)[0]))
        {
            writer.WritePropertyName(group.Key);
            if (group.First().Path.Contains('.', StringComparison.Ordinal))
                WriteObject(writer, [.. group.Select(item => (item.Path.Split('.', 2)[1], item.Type, item.Value))]);
            else
                WriteValue(writer, group.First().Type, group.First().Value);
        }
        writer.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter writer, SqlType type, object? value)
    {
        if (value is null)
            writer.WriteNullValue();
        else if (value is bool flag)
            writer.WriteBooleanValue(flag);
        else if (type.IsNumber)
            writer.WriteRawValue(TextForms.Form(value, type, SqlType.NVarChar(SqlType.Max), type.IsFloat ? 3 : 126));
        else
            writer.WriteStringValue(value is byte[] bytes ? Convert.ToBase64String(bytes)
                : TextForms.Form(value, type, SqlType.NVarChar(SqlType.Max), type.IsDateOrTime ? 126 : null));
    }
}
