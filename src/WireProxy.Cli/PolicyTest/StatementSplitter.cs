namespace WireProxy.Cli.PolicyTest;

/// <param name="Line">Of its first character, from 1.</param>
internal readonly record struct ScriptStatement(string Text, int Line);

/// <summary>Cuts a script where psql would send it: at semicolons outside quotes, comments and parentheses. It decides nothing about
/// a statement; that is the parser's work. Without it one mistyped statement would hide the verdicts on all others.</summary>
internal sealed class StatementSplitter(string script)
{
    private int _at;
    private int _line = 1;

    public static IReadOnlyList<ScriptStatement> Split(string script) => [.. new StatementSplitter(script).Statements()];

    private IEnumerable<ScriptStatement> Statements()
    {
        while (true)
        {
            SkipBlank();
            if (_at >= script.Length)
                yield break;
            var (start, line, depth) = (_at, _line, 0);
            while (_at < script.Length && (script[_at] != ';' || depth > 0))
            {
                depth += script[_at] switch { '(' => 1, ')' when depth > 0 => -1, _ => 0 };
                Step();
            }
            if (script[start.._at].Trim() is { Length: > 0 } text)
                yield return new ScriptStatement(text, line);
            Advance(1);
        }
    }

    private void SkipBlank()
    {
        while (_at < script.Length && (char.IsWhiteSpace(script[_at]) || Starts("--") || Starts("/*")))
            Step();
    }

    /// <summary>One character, or a whole quotation or comment.</summary>
    private void Step()
    {
        if (Starts("--"))
            AdvanceTo("\n", 2);
        else if (Starts("/*"))
            SkipComment();
        else if (script[_at] is '\'' or '"')
            SkipQuoted(script[_at], escapes: script[_at] == '\'' && IsEscapeString());
        else if (script[_at] == '$' && DollarTag() is { } tag)
            AdvanceTo(tag, tag.Length);
        else
            Advance(1);
    }

    /// <summary>Comments nest in SQL.</summary>
    private void SkipComment()
    {
        var depth = 0;
        do
        {
            depth += Starts("/*") ? 1 : Starts("*/") ? -1 : 0;
            Advance(Starts("/*") || Starts("*/") ? 2 : 1);
        }
        while (depth > 0 && _at < script.Length);
    }

    private void SkipQuoted(char quote, bool escapes)
    {
        Advance(1);
        while (_at < script.Length && script[_at] != quote)
            Advance(escapes && script[_at] == '\\' ? 2 : 1);
        // A doubled quote goes on as the next quotation, which comes to the same.
        Advance(1);
    }

    /// <summary>E'...' knows backslashes; other strings do not (standard_conforming_strings).</summary>
    private bool IsEscapeString() =>
        _at > 0 && script[_at - 1] is 'E' or 'e' && (_at == 1 || !IsWord(script[_at - 2]));

    private string? DollarTag()
    {
        if (_at > 0 && IsWord(script[_at - 1]))
            return null;
        var end = _at + 1;
        while (end < script.Length && IsWord(script[end]) && !(end == _at + 1 && char.IsDigit(script[end])))
            end++;
        return end < script.Length && script[end] == '$' ? script[_at..(end + 1)] : null;
    }

    private static bool IsWord(char character) => char.IsLetterOrDigit(character) || character == '_';

    private bool Starts(string text) => string.CompareOrdinal(script, _at, text, 0, text.Length) == 0;

    private void AdvanceTo(string end, int from)
    {
        var found = _at + from > script.Length ? -1 : script.IndexOf(end, _at + from, StringComparison.Ordinal);
        Advance(found < 0 ? script.Length - _at : found + end.Length - _at);
    }

    private void Advance(int count)
    {
        var end = Math.Min(_at + count, script.Length);
        for (; _at < end; _at++)
            _line += script[_at] == '\n' ? 1 : 0;
    }
}
