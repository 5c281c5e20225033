using System.Text;

namespace WireProxy.Cli.Output;

/// <summary>A list for people: a heading, and columns as wide as they need to be.</summary>
internal sealed class Grid(params string[] headings)
{
    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells) => _rows.Add([.. cells.Select(Printable.Line)]);

    public void Write(TextWriter output)
    {
        var widths = headings.Select((heading, column) =>
            _rows.Select(row => Printable.Width(row[column])).Append(heading.Length).Max()).ToArray();
        output.WriteLine(Render([.. headings.Select(heading => heading.ToUpperInvariant())], widths));
        foreach (var row in _rows)
            output.WriteLine(Render(row, widths));
    }

    private static string Render(string[] cells, int[] widths)
    {
        var line = new StringBuilder();
        for (var column = 0; column < cells.Length; column++)
            line.Append(cells[column]).Append(' ', widths[column] - Printable.Width(cells[column]) + 3);
        return line.ToString().TrimEnd();
    }
}
