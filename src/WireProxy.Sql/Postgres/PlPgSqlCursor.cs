using System.Text;

namespace WireProxy.Sql.Postgres;

/// <summary>Goes through the tokens of a PL/pgSQL body. PL/pgSQL's scanner is the SQL lexer with other keywords (pl_scanner.c), so
/// keywords are told by their text; quoted names and literals begin with a quote and never equal one.</summary>
internal sealed class PlPgSqlCursor(byte[] text, IReadOnlyList<(int Start, int End, int Kind)> tokens)
{
    readonly byte[] _text = text;
    readonly IReadOnlyList<(int Start, int End, int Kind)> _tokens = tokens;
    int _at;

    public int Position => _at;

    public bool AtEnd => _at >= _tokens.Count;

    /// <summary>A single character's code, or a value of the enum Token; 0 at the end.</summary>
    public int Kind => Peek(0);

    public int Peek(int ahead) => _at + ahead < _tokens.Count ? _tokens[_at + ahead].Kind : 0;

    public bool IsLiteral => Kind == Token.Literal || Kind == Token.UnicodeLiteral;

    public void Skip(int count = 1)
    {
        if (_at + count > _tokens.Count)
            throw new PlPgSqlUnknownException();
        _at += count;
    }

    public bool Is(ReadOnlySpan<byte> word, int ahead = 0) =>
        _at + ahead < _tokens.Count && Ascii.EqualsIgnoreCase(TextAt(_at + ahead), word);

    /// <summary>Whether the token is a name or a keyword.</summary>
    public bool IsWord(int ahead = 0)
    {
        if (_at + ahead >= _tokens.Count)
            return false;
        var first = TextAt(_at + ahead)[0];
        return first is (byte)'"' or (byte)'_' or >= 0x80 || char.IsAsciiLetter((char)first);
    }

    /// <summary>Takes the word if it is next.</summary>
    public bool Take(ReadOnlySpan<byte> word)
    {
        if (!Is(word))
            return false;
        _at++;
        return true;
    }

    public bool Take(int kind)
    {
        if (Kind != kind)
            return false;
        _at++;
        return true;
    }

    public void Expect(ReadOnlySpan<byte> word)
    {
        if (!Take(word))
            throw new PlPgSqlUnknownException();
    }

    public void Expect(int kind)
    {
        if (!Take(kind))
            throw new PlPgSqlUnknownException();
    }

    /// <summary>Takes a name or a keyword used as one.</summary>
    public void ExpectName()
    {
        if (!IsWord())
            throw new PlPgSqlUnknownException();
        _at++;
    }

    /// <summary>Takes tokens up to one that ends the construct outside all brackets, and leaves that one, as read_sql_construct does
    /// (pl_gram.y).</summary>
    public PlPgSqlRange Until(Func<PlPgSqlCursor, bool> ends)
    {
        var (from, depth) = (_at, 0);
        while (depth > 0 || !ends(this))
        {
            if (AtEnd)
                throw new PlPgSqlUnknownException();
            depth += Kind is '(' or '[' ? 1 : Kind is ')' or ']' ? -1 : 0;
            if (depth < 0)
                throw new PlPgSqlUnknownException();
            _at++;
        }
        return new(from, _at);
    }

    public PlPgSqlRange UntilSemicolon() => Until(c => c.Kind == ';');

    /// <summary>The text of some tokens, with what stands between them.</summary>
    public ReadOnlySpan<byte> Text(PlPgSqlRange range) =>
        range.IsEmpty ? default : _text.AsSpan(_tokens[range.From].Start.._tokens[range.To - 1].End);

    public int KindAt(int index) => _tokens[index].Kind;

    public bool IsAt(int index, ReadOnlySpan<byte> word) => Ascii.EqualsIgnoreCase(TextAt(index), word);

    public void MoveTo(int index) => _at = index;

    ReadOnlySpan<byte> TextAt(int index) => _text.AsSpan(_tokens[index].Start.._tokens[index].End);
}

/// <summary>Tokens from one index up to another, which is left out.</summary>
internal readonly record struct PlPgSqlRange(int From, int To)
{
    public bool IsEmpty => From >= To;
}

/// <summary>The body is not PL/pgSQL as it is known here.</summary>
internal sealed class PlPgSqlUnknownException : Exception;
