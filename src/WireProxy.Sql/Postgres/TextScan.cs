namespace WireProxy.Sql.Postgres;

/// <summary>The tokens of a text as PostgreSQL's lexer cuts it (pg_query_scan). Holds native memory until disposed.</summary>
internal sealed unsafe class TextScan : IDisposable
{
    readonly int _length;
    LibPgQuery.ParseResult _result;
    List<(int Start, int End, int Kind)>? _list;

    /// <param name="text">NUL-terminated UTF-8.</param>
    /// <param name="length">Its length in bytes, without the NUL.</param>
    public TextScan(byte* text, int length)
    {
        _length = length;
        _result = LibPgQuery.Scan(text);
        IsWhole = _result.Error is null;
    }

    /// <summary>False where the lexer met an error (an unterminated literal); then there are no tokens.</summary>
    public bool IsWhole { get; }

    public TokenReader Tokens => new(IsWhole ? _result.Bytes : default);

    /// <summary>The same tokens to go about in. libpg_query gives no end for U&amp;'...' and U&amp;"..."; here they end where the next token
    /// begins.</summary>
    public IReadOnlyList<(int Start, int End, int Kind)> List
    {
        get
        {
            if (_list is not null)
                return _list;
            _list = [];
            var tokens = Tokens;
            var isOpen = false;
            while (tokens.NextOrComment())
            {
                if (isOpen)
                    _list[^1] = _list[^1] with { End = tokens.Start };
                isOpen = tokens.Kind == Token.UnicodeLiteral || tokens.Kind == Token.UnicodeName;
                if (!tokens.IsComment)
                    _list.Add((tokens.Start, tokens.End, tokens.Kind));
            }
            if (isOpen)
                _list[^1] = _list[^1] with { End = _length };
            return _list;
        }
    }

    /// <summary>The index of the first token at or after an offset.</summary>
    public int IndexAt(int offset)
    {
        var list = List;
        var (low, high) = (0, list.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (list[middle].Start < offset)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    public void Dispose()
    {
        LibPgQuery.FreeScan(_result);
        _result = default;
    }
}

/// <summary>Enumerates ScanResult.tokens. Offsets are UTF-8 bytes.</summary>
internal ref struct TokenReader(ReadOnlySpan<byte> scan)
{
    static readonly int s_tokens = ProtoSchema.Field("ScanResult", "tokens");
    static readonly int s_start = ProtoSchema.Field("ScanToken", "start");
    static readonly int s_end = ProtoSchema.Field("ScanToken", "end");
    static readonly int s_token = ProtoSchema.Field("ScanToken", "token");

    ProtoReader _reader = new(scan);

    public int Start { get; private set; }
    public int End { get; private set; }
    /// <summary>A value of the enum Token.</summary>
    public int Kind { get; private set; }

    public readonly bool IsComment => Kind == Token.SqlComment || Kind == Token.CComment;

    public bool Next()
    {
        while (NextOrComment())
            if (!IsComment)
                return true;
        return false;
    }

    public bool NextOrComment()
    {
        while (_reader.Next())
        {
            if (_reader.Field != s_tokens)
                continue;
            Start = End = Kind = 0;
            var token = new ProtoReader(_reader.Bytes);
            while (token.Next())
            {
                if (token.Field == s_start)
                    Start = (int)token.Number;
                else if (token.Field == s_end)
                    End = (int)token.Number;
                else if (token.Field == s_token)
                    Kind = (int)token.Number;
            }
            return true;
        }
        return false;
    }
}
