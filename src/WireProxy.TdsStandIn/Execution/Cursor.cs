using WireProxy.TdsStandIn.Binding;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>A cursor: the rows as they were when it was opened. Whatever kind was asked for, it is STATIC and read only.</summary>
internal sealed class Cursor(Func<BoundQuery> bind)
{
    private List<object?[]>? _rows;

    public IReadOnlyList<ResultColumn> Columns { get; private set; } = [];

    public bool IsOpen => _rows is not null;

    public int Count => _rows?.Count ?? 0;

    /// <summary>From 1; 0 before the first row, <see cref="Count"/> + 1 behind the last.</summary>
    public int Position { get; private set; }

    public void Open()
    {
        var query = bind();
        Columns = query.Columns;
        _rows = [.. query.Rows(null)];
        Position = 0;
    }

    /// <summary>Places, from 1, of the rows that <see cref="Take"/> gave last.</summary>
    public int FirstFetched { get; private set; }

    /// <inheritdoc cref="FirstFetched"/>
    public int LastFetched { get; private set; }

    /// <summary>Lets <see cref="Take"/> begin at a row; the place may lie before the first or behind the last one.</summary>
    public void MoveBefore(int first) => LastFetched = Math.Clamp(first - 1, -1, Count);

    public IReadOnlyList<object?[]> Take(int rows)
    {
        int first = LastFetched;
        var taken = first < 0 ? [] : _rows!.Skip(first).Take(rows).ToList();
        FirstFetched = Math.Max(0, first) + (first < 0 ? 0 : 1);
        LastFetched = first < 0 ? 0 : taken.Count == 0 && rows > 0 ? Count : first + taken.Count;
        Position = FirstFetched;
        return taken;
    }

    public void Close() => _rows = null;

    /// <summary>Goes to a row; null where there is none.</summary>
    public object?[]? MoveTo(long position)
    {
        Position = (int)Math.Clamp(position, 0, Count + 1L);
        return Position >= 1 && Position <= Count ? _rows![Position - 1] : null;
    }
}
