using System.Globalization;
using System.Text;

namespace WireProxy.Cli.Output;

/// <summary>Recorded text on its way to a terminal. A recording holds whatever a client or a server sent, and that must not
/// move the auditor's cursor, hide a line or change the window's title.</summary>
internal static class Printable
{
    /// <summary>On one line: control characters, line ends and what reverses the direction of text appear as escapes.</summary>
    public static string Line(string text) => Escape(text, keepLines: false);

    /// <summary>As <see cref="Line"/>, but line ends and tabs stay.</summary>
    public static string Lines(string text) => Escape(text, keepLines: true);

    private static string Escape(string text, bool keepLines)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return text;
        var result = new StringBuilder(text.Length + 8);
        foreach (var character in text)
        {
            if (!IsDangerous(character) || (keepLines && (character is '\n' or '\t')))
                result.Append(character);
            else
                result.Append(character switch
                {
                    '\n' => "\\n",
                    '\r' => "\\r",
                    '\t' => "\\t",
                    < '\u0100' => string.Create(CultureInfo.InvariantCulture, $"\\x{(int)character:x2}"),
                    _ => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
                });
        }
        return result.ToString();
    }

    private static bool IsDangerous(char character) =>
        char.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator;

    /// <summary>Columns of a terminal that a text takes: wide East Asian characters take two, combining ones none.</summary>
    public static int Width(string text)
    {
        var width = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark)
                continue;
            width += IsWide(rune.Value) ? 2 : 1;
        }
        return width;
    }

    // The blocks of Unicode's EastAsianWidth.txt that are wide throughout; near enough for a table.
    private static bool IsWide(int value) => value is
        (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0xA4CF) or (>= 0xAC00 and <= 0xD7A3) or (>= 0xF900 and <= 0xFAFF)
        or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60) or (>= 0xFFE0 and <= 0xFFE6) or (>= 0x1F300 and <= 0x1FAFF)
        or (>= 0x20000 and <= 0x3FFFD);
}
