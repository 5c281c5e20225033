using System.Buffers;

namespace WireProxy.Sql.Postgres;

/// <summary>Refuses texts on which PostgreSQL's lexer needs time that grows with the square of their length: it takes a whole run of
/// operator characters and hands all but one back, at each character of <c>+++++</c> or <c>/*/*/*</c> (scan.l: operator, xcstart).</summary>
internal static class OperatorRuns
{
    // Around 3 ns each: a quarter of a second.
    const long MaxSteps = 64_000_000;
    const int HarmlessLength = 16;

    static readonly SearchValues<byte> s_characters = SearchValues.Create("~!@#^&|`?+-*/%<>="u8);

    /// <summary>Whether the squares of the runs' lengths stay below the limit. Runs inside literals and comments count too.</summary>
    public static bool AreShort(ReadOnlySpan<byte> text)
    {
        long steps = 0;
        while (true)
        {
            var at = text.IndexOfAny(s_characters);
            if (at < 0)
                return true;
            text = text[at..];
            var length = text.IndexOfAnyExcept(s_characters);
            length = length < 0 ? text.Length : length;
            text = text[length..];
            if (length > HarmlessLength)
                steps += (long)length * length;
            if (steps > MaxSteps)
                return false;
        }
    }
}
