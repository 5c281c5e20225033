namespace WireProxy.Protocols.Tds.Messages;

/// <summary>The procedures that an RPC can name by a number (MS-TDS 2.2.6.6, ProcID). Any of them can be named by name too.</summary>
public enum ProcedureId : ushort
{
    Cursor = 1,
    CursorOpen = 2,
    CursorPrepare = 3,
    CursorExecute = 4,
    CursorPrepExec = 5,
    CursorUnprepare = 6,
    CursorFetch = 7,
    CursorOption = 8,
    CursorClose = 9,
    ExecuteSql = 10,
    Prepare = 11,
    Execute = 12,
    PrepExec = 13,
    PrepExecRpc = 14,
    Unprepare = 15,
}

/// <summary>The names of the procedures with a number.</summary>
public static class ProcedureIds
{
    private static readonly string[] Names =
    [
        "", "sp_cursor", "sp_cursoropen", "sp_cursorprepare", "sp_cursorexecute", "sp_cursorprepexec", "sp_cursorunprepare",
        "sp_cursorfetch", "sp_cursoroption", "sp_cursorclose", "sp_executesql", "sp_prepare", "sp_execute", "sp_prepexec",
        "sp_prepexecrpc", "sp_unprepare",
    ];

    /// <summary>The procedure's name in lower case, or null for a number that none has.</summary>
    public static string? Name(this ProcedureId id) =>
        id is >= ProcedureId.Cursor and <= ProcedureId.Unprepare ? Names[(int)id] : null;

    /// <summary>The number of the procedure of this name, without owner and brackets and in any case; null if it has none.</summary>
    public static ProcedureId? Find(ReadOnlySpan<char> name)
    {
        for (int i = 1; i < Names.Length; i++)
        {
            if (name.Equals(Names[i], StringComparison.OrdinalIgnoreCase))
                return (ProcedureId)i;
        }
        return null;
    }
}
