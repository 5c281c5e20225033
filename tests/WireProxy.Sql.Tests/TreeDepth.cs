using System.Text;
using WireProxy.Sql.Postgres;

namespace WireProxy.Sql.Tests;

/// <summary>What the parser really makes of a text, to hold <see cref="NestingBound"/> against.</summary>
internal static unsafe class TreeDepth
{
    /// <summary>How many protobuf messages lie in one another at the deepest place; 0 where the text does not parse.</summary>
    public static int Of(string sql)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(sql + "\0"))
        {
            var parsed = LibPgQuery.Parse(text);
            var depth = parsed.Error is null ? Of(ProtoSchema.Type("ParseResult"), parsed.Bytes) : 0;
            LibPgQuery.FreeParse(parsed);
            return depth;
        }
    }

    public static int Bound(string sql, int enough = 1_000_000)
    {
        var utf8 = Encoding.UTF8.GetBytes(sql + "\0");
        fixed (byte* text = utf8)
        {
            using var scan = new TextScan(text, utf8.Length - 1);
            return NestingBound.Of(scan.Tokens, enough);
        }
    }

    static int Of(TreeType type, ReadOnlySpan<byte> bytes)
    {
        var deepest = 0;
        var reader = new ProtoReader(bytes);
        while (reader.Next())
            if (type.Fields[reader.Field]?.Type is { } child)
                deepest = Math.Max(deepest, Of(child, reader.Bytes));
        return deepest + 1;
    }
}
