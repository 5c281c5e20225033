using WireProxy.Fuzz.Tds.Requests;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Tds.Types;

namespace WireProxy.Fuzz.Tds.Tokens;

/// <summary>Tells types, cells and the parts of columns in the notation of the vectors.</summary>
public static class TypeText
{
    public static string Describe(in TypeInfo type, TypePlace place = TypePlace.Result, bool hasCollation = true)
    {
        string text = $"{{0x{(byte)type.Type:x2}";
        if (type.Layout != ValueLayout.Fixed && !DataTypes.HasTimeScale(type.Type)
            && type.Type is not (DataType.DateN or DataType.Udt or DataType.Xml or DataType.Json))
            text += $" length={type.MaxLength}";
        if (DataTypes.IsDecimal(type.Type))
            text += $" precision={type.Precision}";
        if (DataTypes.IsDecimal(type.Type) || DataTypes.HasTimeScale(type.Type) || type.Type == DataType.Vector)
            text += $" scale={type.Scale}";
        if (DataTypes.HasCollation(type.Type) && hasCollation)
            text += $" collation={Hex(type.Collation)}";
        if (type.Udt is { } udt)
        {
            text += place == TypePlace.Result ? $" size={udt.MaxByteSize}" : "";
            text += $" database={RequestText.Text(udt.DatabaseName)} schema={RequestText.Text(udt.SchemaName)}";
            text += $" name={RequestText.Text(udt.TypeName)}";
            text += place == TypePlace.Result ? $" assembly={RequestText.Text(udt.AssemblyQualifiedName)}" : "";
        }
        if (type.XmlSchema is { } schema)
            text += $" database={RequestText.Text(schema.DatabaseName)} schema={RequestText.Text(schema.OwningSchema)}"
                + $" collection={RequestText.Text(schema.Collection)}";
        return text + "}";
    }

    public static string Describe(TypedValue value) => value.IsNull ? "null" : RequestText.Bytes(value.Data);

    public static string Describe(RowCells cells)
    {
        var items = new List<string>();
        foreach (var cell in cells)
            items.Add(cell.IsLeftOut && !cells.Bitmap.IsEmpty && RowLayout.IsNullBit(cells.Bitmap, cell.Column)
                ? "absent" : Describe(cell.Value));
        return $"cells={RequestText.List(items)}";
    }

    public static string Describe(CryptoMetadata crypto, TokenFormat format, bool hasOrdinal) =>
        $"{{{(hasOrdinal ? $"ordinal={crypto.Ordinal} " : "")}user_type={crypto.UserType}"
        + $" type={Describe(crypto.BaseType)} algorithm={crypto.Algorithm}"
        + (crypto.AlgorithmName is { } name ? $" algorithm_name={RequestText.Text(name)}" : "")
        + $" algorithm_type={crypto.AlgorithmType} normalization={crypto.NormalizationVersion}}}";

    public static string Names(ValueList<string> names) => RequestText.List(names.Select(RequestText.Text));

    private static string Hex(Collation collation)
    {
        byte[] bytes = [.. BitConverter.GetBytes(collation.Info), collation.SortId];
        return Convert.ToHexStringLower(bytes);
    }
}
