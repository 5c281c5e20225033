using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Sql.TransactSql;

namespace WireProxy.Relay.Tds;

/// <summary>The handles of prepared statements and cursors that the server has given out on this connection. The response side adds, the
/// request side asks; the two never run at once, because a request waits for the answer before it.</summary>
internal sealed class Handles
{
    /// <summary>A client with more has lost count; the oldest are then unknown, and are refused.</summary>
    private const int Most = 10_000;

    private Dictionary<int, PreparedText>? _statements;
    private Dictionary<int, CursorNote>? _cursors;
    private readonly Lock _lock = new();

    public PreparedText? Statement(int? handle)
    {
        lock (_lock)
            return handle is { } known ? _statements?.GetValueOrDefault(known) : null;
    }

    public CursorNote? Cursor(int? handle)
    {
        lock (_lock)
            return handle is { } known ? _cursors?.GetValueOrDefault(known) : null;
    }

    public void AddStatement(int handle, PreparedText text)
    {
        lock (_lock)
        {
            _statements ??= [];
            if (_statements.Count >= Most)
                _statements.Clear();
            _statements[handle] = text;
        }
    }

    public void AddCursor(int handle, PreparedText text, ColMetadata? columns)
    {
        lock (_lock)
        {
            _cursors ??= [];
            if (_cursors.Count >= Most)
                _cursors.Clear();
            _cursors[handle] = new CursorNote(text) { Columns = columns };
        }
    }

    public void End(RpcProcedure procedure, int? handle)
    {
        lock (_lock)
        {
            if (handle is not { } known)
                return;
            if (procedure.Name == "sp_cursorclose")
                _cursors?.Remove(known);
            else
                _statements?.Remove(known);
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            _statements = null;
            _cursors = null;
        }
    }
}
