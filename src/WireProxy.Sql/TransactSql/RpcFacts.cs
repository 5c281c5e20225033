using System.Collections.Frozen;
using System.Collections.Immutable;

namespace WireProxy.Sql.TransactSql;

/// <summary>What a procedure of the protocol does with the handle of a prepared statement or cursor.</summary>
public enum HandleUse
{
    None,
    /// <summary>It gives one out, through an OUTPUT parameter.</summary>
    Makes,
    /// <summary>It runs what the handle was prepared with.</summary>
    Runs,
    /// <summary>It gives rows of the handle's cursor, or changes rows through it.</summary>
    Fetches,
    /// <summary>It changes how the handle's cursor behaves, or tells about it; no rows.</summary>
    Sets,
    /// <summary>It ends the handle.</summary>
    Ends,
}

/// <summary>One of the procedures that clients call by RPC and that carry statements or handles.</summary>
/// <param name="ProcId">MS-TDS 2.2.6.6's number for it; 0 where it goes by name alone.</param>
/// <param name="Text">Where the statement's text stands; null where it carries none.</param>
/// <param name="Declarations">Where the declarations of the text's parameters stand (<c>@a int, @b int OUTPUT</c>).</param>
/// <param name="FirstArgument">The position of the first value for the text's own parameters; -1 where it takes none.</param>
/// <param name="Handle">What it does with a handle.</param>
/// <param name="HandleAt">Where the handle stands.</param>
/// <param name="RunsText">The text is run, and not only prepared or described.</param>
/// <param name="IsCursor">Rows come by later fetches, with the columns that opening it told.</param>
public sealed record RpcProcedure(
    string Name, int ProcId, ProcedureParameterPlace? Text, ProcedureParameterPlace? Declarations, int FirstArgument,
    HandleUse Handle, ProcedureParameterPlace? HandleAt, bool RunsText, bool IsCursor)
{
    /// <summary>What runs is known only by the text that the handle was made with.</summary>
    public bool NeedsHandle => Handle is HandleUse.Runs or HandleUse.Fetches or HandleUse.Sets or HandleUse.Ends;
}

/// <summary>The procedures of MS-TDS 2.2.6.6 and their kin as a table: which carry text, and where. Sources: MS-TDS 2.2.6.6 for the
/// numbers; "Cursor Stored Procedures (Transact-SQL)", "Prepared statement" procedures and sp_describe_* for the parameters. Calls by
/// position are the rule; names are those that the server accepts for calls by name.</summary>
public static class RpcFacts
{
    public static ImmutableArray<RpcProcedure> Procedures { get; } =
    [
        // Positions:                        text             declarations        first argument
        Cursor("sp_cursor", 1, HandleUse.Fetches, "@cursor"),
        new("sp_cursoropen", 2, At(1, "@stmt"), At(5, "@paramdef"), 6, HandleUse.Makes, At(0, "@cursor"), true, true),
        new("sp_cursorprepare", 3, At(2, "@stmt"), At(1, "@params"), -1, HandleUse.Makes, At(0, "@prepared_handle"), false, true),
        new("sp_cursorexecute", 4, null, null, 5, HandleUse.Runs, At(0, "@prepared_handle"), false, true),
        new("sp_cursorprepexec", 5, At(3, "@stmt"), At(2, "@params"), 7, HandleUse.Makes, At(0, "@prepared_handle"), true, true),
        Cursor("sp_cursorunprepare", 6, HandleUse.Ends, "@prepared_handle"),
        Cursor("sp_cursorfetch", 7, HandleUse.Fetches, "@cursor"),
        Cursor("sp_cursoroption", 8, HandleUse.Sets, "@cursor"),
        Cursor("sp_cursorclose", 9, HandleUse.Ends, "@cursor"),
        new("sp_executesql", 10, At(0, "@stmt"), At(1, "@params"), 2, HandleUse.None, null, true, false),
        new("sp_prepare", 11, At(2, "@stmt"), At(1, "@params"), -1, HandleUse.Makes, At(0, "@handle"), false, false),
        new("sp_execute", 12, null, null, 1, HandleUse.Runs, At(0, "@handle"), false, false),
        new("sp_prepexec", 13, At(2, "@stmt"), At(1, "@params"), 3, HandleUse.Makes, At(0, "@handle"), true, false),
        // The text is a call of a procedure: {call p(?)} or p.
        new("sp_prepexecrpc", 14, At(1, "@rpccall"), null, 2, HandleUse.Makes, At(0, "@handle"), true, false),
        new("sp_unprepare", 15, null, null, -1, HandleUse.Ends, At(0, "@handle"), false, false),
        new("sp_describe_first_result_set", 0, At(0, "@tsql"), At(1, "@params"), -1, HandleUse.None, null, false, false),
        new("sp_describe_undeclared_parameters", 0, At(0, "@tsql"), At(1, "@params"), -1, HandleUse.None, null, false, false),
        new("sp_describe_parameter_encryption", 0, At(0, "@tsql"), At(1, "@params"), -1, HandleUse.None, null, false, false),
        new("sp_cursorlist", 0, null, null, -1, HandleUse.None, null, false, false),
    ];

    static readonly FrozenDictionary<string, RpcProcedure> s_byName =
        Procedures.ToFrozenDictionary(row => row.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>The procedure of that number (PROCID), or null.</summary>
    public static RpcProcedure? Find(int procId)
    {
        foreach (var row in Procedures)
            if (procId > 0 && row.ProcId == procId)
                return row;
        return null;
    }

    /// <summary>The procedure of that name, however it is qualified and quoted: <c>sp_executesql</c>, <c>[sys].[sp_executesql]</c>,
    /// <c>master..sp_executesql;1</c>. The server finds procedures that begin with sp_ under every schema and database, so that only the
    /// last part decides. Null for every other procedure.</summary>
    public static RpcProcedure? Find(ReadOnlySpan<char> name) => s_byName.GetValueOrDefault(LastPart(name));

    /// <summary>The last part of a name of up to four parts, without brackets, quotes and a group number.</summary>
    public static string LastPart(ReadOnlySpan<char> name)
    {
        var start = 0;
        for (var i = 0; i < name.Length; i++)
        {
            if (name[i] == '.')
                start = i + 1;
            else if (name[i] is '[' or '"' && Closer(name, i) is var end and >= 0)
                i = end;
        }
        var part = name[start..].Trim();
        if (part.Length > 0 && part[0] is '[' or '"' && Closer(part, 0) is var close and > 0)
            return part[1..close].ToString().Replace(part[0] == '[' ? "]]" : "\"\"", part[0] == '[' ? "]" : "\"", StringComparison.Ordinal);
        return part[..^GroupNumber(part).Length].Trim().ToString();
    }

    /// <summary>The group number that a procedure's name may end in, with its semicolon: <c>;2</c>. Empty where there is none.</summary>
    internal static ReadOnlySpan<char> GroupNumber(ReadOnlySpan<char> name)
    {
        var at = name.LastIndexOf(';');
        return at < 0 || at == name.Length - 1 || name[(at + 1)..].IndexOfAnyExceptInRange('0', '9') >= 0 ? [] : name[at..];
    }

    /// <summary>Where the quoted part that begins at <paramref name="open"/> ends; -1 where it does not.</summary>
    static int Closer(ReadOnlySpan<char> name, int open)
    {
        var closer = name[open] == '[' ? ']' : '"';
        for (var i = open + 1; i < name.Length; i++)
        {
            if (name[i] != closer)
                continue;
            if (i + 1 == name.Length || name[i + 1] != closer)
                return i;
            i++;
        }
        return -1;
    }

    static ProcedureParameterPlace At(int position, string name) => new(position, name);

    static RpcProcedure Cursor(string name, int procId, HandleUse use, string handle) =>
        new(name, procId, null, null, -1, use, At(0, handle), false, true);
}
