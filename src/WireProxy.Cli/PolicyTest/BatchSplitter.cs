namespace WireProxy.Cli.PolicyTest;

/// <summary>Cuts a script where sqlcmd would send it: at lines that hold GO alone, or GO and a count, outside quotations and comments.</summary>
internal sealed class BatchSplitter(string script)
{
    private int _at;
    private int _line = 1;

    public static IReadOnlyList<ScriptStatement> Split(string script) => [.. new BatchSplitter(script).Batches()];

    private IEnumerable<ScriptStatement> Batches()
    {
        while (_at < script.Length)
        {
            var (start, line) = (_at, _line);
            while (_at < script.Length && !IsGo())
                StepLine();
            if (Cut(start, _at, line) is { } batch)
                yield return batch;
            if (_at < script.Length)
                Advance(LineEnd() - _at);
        }
    }

    /// <summary>The batch without blank lines around it; its first line is the first that is not blank.</summary>
    private ScriptStatement? Cut(int start, int end, int line)
    {
        while (start < end && char.IsWhiteSpace(script[start]))
            line += script[start++] == '\n' ? 1 : 0;
        return start < end ? new ScriptStatement(script[start..end].TrimEnd(), line) : null;
    }

    /// <summary>Here a line begins, outside of quotations and comments: does it end the batch?</summary>
    private bool IsGo()
    {
        var words = script[_at..LineEnd()].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return words is [var go, ..] && go.Equals("GO", StringComparison.OrdinalIgnoreCase)
            && (words.Length == 1 || words[1].StartsWith("--", StringComparison.Ordinal) || (words.Length == 2 && words[1].All(char.IsAsciiDigit)));
    }

    /// <summary>To the beginning of the next line that is outside of quotations and comments.</summary>
    private void StepLine()
    {
        while (_at < script.Length)
        {
            switch (script[_at])
            {
                case '\n':
                    Advance(1);
                    return;
                case '\'':
                case '"':
                    SkipTo(script[_at], 1);
                    break;
                case '[':
                    SkipTo(']', 1);
                    break;
                case '-' when Starts("--"):
                    Advance(LineEnd() - _at);
                    break;
                case '/' when Starts("/*"):
                    SkipComment();
                    break;
                default:
                    Advance(1);
                    break;
            }
        }
    }

    /// <summary>Comments nest in T-SQL.</summary>
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

    /// <summary>A doubled quote goes on as the next quotation, which comes to the same.</summary>
    private void SkipTo(char end, int from)
    {
        var found = _at + from > script.Length ? -1 : script.IndexOf(end, _at + from);
        Advance(found < 0 ? script.Length - _at : found + 1 - _at);
    }

    private int LineEnd() => script.IndexOf('\n', _at) is >= 0 and var end ? end : script.Length;

    private bool Starts(string text) => string.CompareOrdinal(script, _at, text, 0, text.Length) == 0;

    private void Advance(int count)
    {
        var end = Math.Min(_at + count, script.Length);
        for (; _at < end; _at++)
            _line += script[_at] == '\n' ? 1 : 0;
    }
}
