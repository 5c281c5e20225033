using System.Text;

namespace WireProxy.Sql.Tests;

/// <summary>Texts that are mostly one piece over and over.</summary>
internal static class Repeated
{
    /// <summary>Head, piece times count, tail, and what closes every bracket, CASE and ATOMIC that is still open.</summary>
    public static string Close(string head, string repeated, string tail, int count)
    {
        var text = Open(head, repeated, tail, count);
        var closers = new Stack<string>();
        foreach (var word in text.Split(' '))
        {
            foreach (var c in word)
            {
                if (c is '(' or '[')
                    closers.Push(c == '(' ? ")" : "]");
                else if (c is ')' or ']')
                    closers.Pop();
            }
            if (word is "CASE" && text[^1] == '1')
                closers.Push(text.Contains("CASE WHEN a.end", StringComparison.Ordinal) ? " THEN 1 END" : " END");
            else if (word is "ATOMIC")
                closers.Push("; END");
        }
        var closed = new StringBuilder(text);
        if (text.StartsWith("SELECT CASE ", StringComparison.Ordinal) && closers.Count == 0)
            closed.Append(" END");
        return closed.AppendJoin("", closers).ToString();
    }

    public static string Open(string head, string repeated, string tail, int count) =>
        new StringBuilder(head).Insert(head.Length, repeated, count).Append(tail).ToString();

    public static string Of(string piece, int count) => new StringBuilder().Insert(0, piece, count).ToString();
}
