using WireProxy.TdsStandIn.Execution;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Protocol;

/// <summary>The cursors that a session opened with sp_cursoropen, by their handles.</summary>
internal sealed class ApiCursors
{
    /// <summary>SQL Server's handles look like this, and clients do not care.</summary>
    private const int FirstHandle = 180_150_003;
    private const int HandleStep = 2;

    private readonly Dictionary<int, Cursor> _byHandle = [];
    private int _next = FirstHandle;

    public int Add(Cursor cursor)
    {
        int handle = _next;
        _next += HandleStep;
        _byHandle[handle] = cursor;
        return handle;
    }

    /// <exception cref="SqlError">16909.</exception>
    public Cursor Find(int handle) => _byHandle.GetValueOrDefault(handle)
        ?? throw new SqlError(16909, 16, 1, $"sp_cursor: The cursor identifier value provided ({handle:x}) is not valid.");

    /// <exception cref="SqlError">16909.</exception>
    public void Remove(int handle)
    {
        Find(handle);
        _byHandle.Remove(handle);
    }

    public void Clear() => _byHandle.Clear();
}
