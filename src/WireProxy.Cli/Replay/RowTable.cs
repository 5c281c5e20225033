using System.Text;
using WireProxy.Cli.Output;

namespace WireProxy.Cli.Replay;

/// <summary>Rows as psql shows them. Printed in portions, so that a long result needs no more memory than a portion; a later
/// portion's columns may be wider than an earlier one's.</summary>
internal sealed class RowTable(TextWriter output, string indent, IReadOnlyList<ReplayColumn> columns)
{
    private const int Portion = 1000;
    private const int LongestCell = 1000;

    private readonly List<string[]> _rows = [];
    private readonly int[] _widths = [.. columns.Select(column => Printable.Width(Printable.Line(column.Name)))];
    private bool _headed;

    /// <summary>Rows given so far.</summary>
    public long Count { get; private set; }

    public void Add(IReadOnlyList<string?> values)
    {
        var cells = new string[columns.Count];
        for (var index = 0; index < cells.Length; index++)
        {
            cells[index] = index < values.Count ? Cell(values[index]) : "";
            _widths[index] = Math.Max(_widths[index], Printable.Width(cells[index]));
        }
        _rows.Add(cells);
        Count++;
        if (_rows.Count == Portion)
            Flush();
    }

    /// <summary>Prints what has come since the last time.</summary>
    public void Flush()
    {
        if (!_headed)
        {
            _headed = true;
            output.WriteLine(indent + Join(" | ", index => Centre(Printable.Line(columns[index].Name), _widths[index])));
            output.WriteLine(indent + "-" + Join("-+-", index => new string('-', _widths[index])).TrimStart(' ') + "-");
        }
        foreach (var row in _rows)
            output.WriteLine(indent + Join(" | ", index => Align(row[index], index)).TrimEnd());
        _rows.Clear();
    }

    private string Join(string separator, Func<int, string> cell) =>
        (separator[0] == '-' ? "" : " ") + string.Join(separator, Enumerable.Range(0, columns.Count).Select(cell));

    private static string Cell(string? value)
    {
        if (value is null)
            return "NULL";
        return value.Length <= LongestCell
            ? Printable.Line(value)
            : $"{Printable.Line(value[..LongestCell])}... ({value.Length} characters; --format json shows them)";
    }

    private static string Centre(string text, int width)
    {
        var space = width - Printable.Width(text);
        return new StringBuilder().Append(' ', space / 2).Append(text).Append(' ', space - space / 2).ToString();
    }

    private string Align(string text, int index)
    {
        var space = new string(' ', _widths[index] - Printable.Width(text));
        return columns[index].IsNumber ? space + text : text + space;
    }
}
