using System.Globalization;
using System.Text;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Functions;

/// <summary>Functions of text.</summary>
internal static class TextFunctions
{
    private static readonly SqlType Wide = SqlType.NVarChar(4000);
    private static readonly SqlType WideMax = SqlType.NVarChar(SqlType.Max);

    public static void Register(IDictionary<string, ScalarFunction> functions)
    {
        void Text(string name, Func<string, string> compute) =>
            functions[name] = new(1, 1, [Wide], types => Varying(types[0]), (_, a) => compute((string)a[0]!));
        Text("UPPER", text => text.ToUpperInvariant());
        Text("LOWER", text => text.ToLowerInvariant());
        Text("LTRIM", text => text.TrimStart(' '));
        Text("RTRIM", text => text.TrimEnd(' '));
        Text("TRIM", text => text.Trim(' '));
        Text("REVERSE", text => new string([.. text.Reverse()]));
        functions["LEN"] = new(1, 1, [WideMax], types => SqlType.Int, (_, a) => ((string)a[0]!).TrimEnd(' ').Length);
        functions["DATALENGTH"] = new(1, 1, [null], _ => SqlType.Int, (_, _) => null) { ComputeTyped = (_, a, types) => DataLength(a[0]!, types[0]) };
        functions["SUBSTRING"] = new(3, 3, [null, SqlType.Int, SqlType.Int], types => types[0].IsBinary ? types[0] with { Kind = SqlKind.VarBinary } : Varying(types[0]), (_, a) => Substring(a[0]!, (int)a[1]!, (int)a[2]!));
        functions["LEFT"] = new(2, 2, [Wide, SqlType.Int], types => Varying(types[0]), (_, a) => ((string)a[0]!)[..Math.Clamp(Length(a[1], "left"), 0, ((string)a[0]!).Length)]);
        functions["RIGHT"] = new(2, 2, [Wide, SqlType.Int], types => Varying(types[0]), (_, a) => ((string)a[0]!)[^Math.Clamp(Length(a[1], "right"), 0, ((string)a[0]!).Length)..]);
        functions["REPLACE"] = new(3, 3, [Wide], types => types[0].Length == SqlType.Max ? types[0] : types[0].IsWideText ? Wide : SqlType.VarChar(8000),
            (_, a) => ((string)a[1]!).Length == 0 ? a[0] : ((string)a[0]!).Replace((string)a[1]!, (string)a[2]!, StringComparison.OrdinalIgnoreCase));
        functions["REPLICATE"] = new(2, 2, [Wide, SqlType.Int], types => types[0].Length == SqlType.Max ? types[0] : types[0].IsWideText ? Wide : SqlType.VarChar(8000), (_, a) => Replicate((string)a[0]!, (int)a[1]!));
        functions["SPACE"] = new(1, 1, [SqlType.Int], _ => SqlType.VarChar(8000), (_, a) => (int)a[0]! < 0 ? null : new string(' ', (int)a[0]!));
        functions["CHARINDEX"] = new(2, 3, [WideMax, WideMax, SqlType.Int], _ => SqlType.Int, (_, a) => CharIndex((string)a[0]!, (string)a[1]!, a.Length > 2 ? (int)a[2]! : 1));
        functions["PATINDEX"] = new(2, 2, [WideMax], _ => SqlType.Int, (_, a) => PatIndex((string)a[0]!, (string)a[1]!));
        functions["ASCII"] = new(1, 1, [Wide], _ => SqlType.Int, (_, a) => ((string)a[0]!).Length == 0 ? null : (object)(int)((string)a[0]!)[0]);
        functions["UNICODE"] = new(1, 1, [Wide], _ => SqlType.Int, (_, a) => ((string)a[0]!).Length == 0 ? null : (object)(int)((string)a[0]!)[0]);
        functions["CHAR"] = new(1, 1, [SqlType.Int], _ => new SqlType(SqlKind.Char, 1), (_, a) => (int)a[0]! is >= 0 and <= 255 and var code ? ((char)code).ToString() : null);
        functions["NCHAR"] = new(1, 1, [SqlType.Int], _ => new SqlType(SqlKind.NChar, 1), (_, a) => (int)a[0]! is >= 0 and <= 65535 and var code ? ((char)code).ToString() : null);
        functions["STUFF"] = new(4, 4, [Wide, SqlType.Int, SqlType.Int, Wide], types => types[0].IsWideText ? WideMax : SqlType.VarChar(8000), (_, a) => Stuff((string)a[0]!, (int)a[1]!, (int)a[2]!, (string?)a[3])) { TakesNull = false };
        functions["CONCAT"] = new(2, 254, [null], types => Joined(types), (_, _) => null) { TakesNull = true, ComputeTyped = (_, a, types) => string.Concat(a.Select((value, i) => Form(value, types[i]))) };
        functions["CONCAT_WS"] = new(3, 254, [null], types => Joined(types), (_, _) => null)
        {
            TakesNull = true,
            ComputeTyped = (_, a, types) => string.Join(Form(a[0], types[0]), Enumerable.Range(1, a.Length - 1).Where(i => a[i] is not null).Select(i => Form(a[i], types[i]))),
        };
        functions["QUOTENAME"] = new(1, 2, [Wide], _ => SqlType.NVarChar(258), (_, a) => QuoteName((string)a[0]!, a.Length > 1 ? (string)a[1]! : "["));
        functions["STR"] = new(1, 3, [SqlType.Float, SqlType.Int, SqlType.Int], _ => SqlType.VarChar(8000),
            (_, a) => ((double)a[0]!).ToString("F" + (a.Length > 2 ? (int)a[2]! : 0), CultureInfo.InvariantCulture).PadLeft(a.Length > 1 ? (int)a[1]! : 10));
        functions["TRANSLATE"] = new(3, 3, [Wide], types => Varying(types[0]), (_, a) => Translate((string)a[0]!, (string)a[1]!, (string)a[2]!));
        functions["HASHBYTES"] = new(2, 2, [Wide, null], _ => SqlType.VarBinary(8000), (_, _) => null) { ComputeTyped = (_, a, types) => Hash((string)a[0]!, a[1]!, types[1]) };
    }

    private static SqlType Varying(SqlType type) => type.Kind switch
    {
        SqlKind.Char => type with { Kind = SqlKind.VarChar },
        SqlKind.NChar => type with { Kind = SqlKind.NVarChar },
        _ => type,
    };

    private static SqlType Joined(IReadOnlyList<SqlType> types) =>
        types.Any(type => type.Length == SqlType.Max && type.IsText) ? WideMax : types.Any(type => type.IsWideText) ? Wide : SqlType.VarChar(8000);

    private static string Form(object? value, SqlType type) => value is null ? "" : TextForms.Form(value, type, WideMax);

    private static int Length(object? value, string function) => (int)value! >= 0 ? (int)value
        : throw new SqlError(536, 16, 1, $"Invalid length parameter passed to the {function} function.");

    private static object DataLength(object value, SqlType type) => value switch
    {
        SqlVariant variant => DataLength(variant.Value, variant.Type),
        string text => type.IsWideText || type.Kind == SqlKind.Xml ? text.Length * 2 : text.Length,
        byte[] bytes => bytes.Length,
        _ => (int)type.StorageLength,
    };

    private static object Substring(object value, int start, int length)
    {
        if (length < 0)
            throw new SqlError(537, 16, 3, "Invalid length parameter passed to the LEFT or SUBSTRING function.");
        int size = value is byte[] data ? data.Length : ((value as string) ?? throw SqlError.InvalidOperand(SqlType.Int, "substring")).Length;
        int from = Math.Clamp(start - 1, 0, size);
        int to = (int)Math.Clamp((long)start - 1 + length, from, size);
        return value is byte[] bytes ? bytes[from..to] : ((string)value)[from..to];
    }

    private static string? Replicate(string text, int count) => count < 0 ? null
        : new StringBuilder(text.Length * Math.Min(count, 10_000_000)).Insert(0, text, Math.Min(count, 10_000_000)).ToString();

    private static object CharIndex(string sought, string text, int start)
    {
        int from = Math.Clamp(start - 1, 0, text.Length);
        return sought.Length == 0 ? 0 : text.IndexOf(sought, from, StringComparison.OrdinalIgnoreCase) + 1;
    }

    private static object PatIndex(string pattern, string text)
    {
        if (!pattern.StartsWith('%'))
            return LikePattern.Matches(text, pattern) ? 1 : 0;
        var rest = pattern[1..];
        for (int i = 0; i < text.Length; i++)
            if (LikePattern.Matches(text.AsSpan(i), rest))
                return i + 1;
        return 0;
    }

    private static string? Stuff(string text, int start, int length, string? with) =>
        start < 1 || start > text.Length || length < 0 ? null : text[..(start - 1)] + with + text[Math.Min(text.Length, start - 1 + length)..];

    private static string? QuoteName(string name, string quote) => quote switch
    {
        "[" or "]" => "[" + name.Replace("]", "]]", StringComparison.Ordinal) + "]",
        "'" => "'" + name.Replace("'", "''", StringComparison.Ordinal) + "'",
        "\"" => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"",
        _ => null,
    };

    private static string Translate(string text, string from, string to) => from.Length == to.Length
        ? new string([.. text.Select(sign => from.IndexOf(sign, StringComparison.OrdinalIgnoreCase) is >= 0 and var at ? to[at] : sign)])
        : throw new SqlError(9828, 16, 1, "The second and third arguments of the TRANSLATE built-in function must contain an equal number of characters.");

    private static byte[] Hash(string algorithm, object value, SqlType type)
    {
        var bytes = (byte[])Binaries.FromValue(value, type, SqlType.VarBinary(SqlType.Max), null);
        return algorithm.ToUpperInvariant() switch
        {
            "SHA2_256" => System.Security.Cryptography.SHA256.HashData(bytes),
            "SHA2_512" => System.Security.Cryptography.SHA512.HashData(bytes),
            _ => throw SqlError.Unsupported($"the hash {algorithm}"),
        };
    }
}
