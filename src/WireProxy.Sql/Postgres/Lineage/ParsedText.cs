using System.Runtime.InteropServices;
using System.Text.Unicode;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>The parse tree of a text. Holds native memory until disposed.</summary>
internal sealed unsafe class ParsedText : IDisposable
{
    static readonly TreeType s_result = ProtoSchema.Type("ParseResult");

    /// <summary>Up to this length no text nests deeply enough to harm the parser's native recursion.</summary>
    const int ShortBytes = 1024;
    const int MaxBytes = 16 << 20;

    byte* _text;
    LibPgQuery.ParseResult _result;

    ParsedText()
    {
    }

    /// <summary>Its limits are reached, or it does not parse: there are no statements.</summary>
    public bool IsBroken { get; private set; }

    public TreeItems Statements => IsBroken ? default : new TreeNode(s_result, _result.Bytes).Items(Tree.ParseStmts);

    public static ParsedText Of(ReadOnlySpan<byte> text)
    {
        var parsed = new ParsedText();
        if (text.Length > MaxBytes || text.Contains((byte)0) || !Utf8.IsValid(text) || (text.Length > ShortBytes && !OperatorRuns.AreShort(text)))
        {
            parsed.IsBroken = true;
            return parsed;
        }
        parsed._text = (byte*)NativeMemory.Alloc((nuint)text.Length + 1);
        text.CopyTo(new(parsed._text, text.Length));
        parsed._text[text.Length] = 0;
        if (text.Length > ShortBytes && IsDeep(parsed._text, text.Length))
        {
            parsed.IsBroken = true;
            return parsed;
        }
        parsed._result = LibPgQuery.Parse(parsed._text);
        parsed.IsBroken = parsed._result.Error is not null
            || new TreeNode(s_result, parsed._result.Bytes).Number(Tree.ParseVersion) / 10_000 != LibPgQuery.Major;
        return parsed;
    }

    static bool IsDeep(byte* text, int length)
    {
        using var scan = new TextScan(text, length);
        return NestingBound.Of(scan.Tokens, PostgresAnalyzer.MaxNesting + 1) > PostgresAnalyzer.MaxNesting;
    }

    public void Dispose()
    {
        if (_result.Data is not null || _result.Error is not null)
            LibPgQuery.FreeParse(_result);
        _result = default;
        NativeMemory.Free(_text);
        _text = null;
    }
}
