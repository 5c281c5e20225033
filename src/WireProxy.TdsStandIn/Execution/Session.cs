using WireProxy.TdsStandIn.Storage;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>What a connection has on the server.</summary>
internal sealed class Session(Instance instance, Database database, string loginName)
{
    public Instance Instance { get; } = instance;

    public SessionEnvironment Environment { get; set; } = new(database);

    public Database Database
    {
        get => Environment.Database;
        set => Environment.Database = value;
    }

    public string FirstDatabase { get; } = database.Name;

    public string LoginName { get; } = loginName;

    /// <summary>Everybody is the owner: the stand-in has no permissions.</summary>
    public string UserName { get; } = Storage.Database.DefaultSchema;

    public string HostName { get; init; } = "";

    public string ApplicationName { get; init; } = "";

    public int Spid { get; init; }

    public int LocalPort { get; init; }

    public bool IsEncrypted { get; init; }

    public SessionOptions Options => Environment.Options;

    public Transaction? Transaction { get; set; }

    public Dictionary<string, Table> TempTables { get; } = new(StringComparer.OrdinalIgnoreCase);

    public Dictionary<string, Procedure> TempProcedures { get; } = new(StringComparer.OrdinalIgnoreCase);

    public Dictionary<string, Cursor> Cursors { get; } = new(StringComparer.OrdinalIgnoreCase);

    public PreparedStatements Prepared { get; } = new();

    /// <summary>Where the rows of the next bulk load go.</summary>
    public BulkTarget? BulkTarget
    {
        get => Environment.BulkTarget;
        set => Environment.BulkTarget = value;
    }

    public long RowCount
    {
        get => Environment.RowCount;
        set => Environment.RowCount = value;
    }

    public int LastError
    {
        get => Environment.LastError;
        set => Environment.LastError = value;
    }

    public long? LastIdentity
    {
        get => Environment.LastIdentity;
        set => Environment.LastIdentity = value;
    }

    public int FetchStatus
    {
        get => Environment.FetchStatus;
        set => Environment.FetchStatus = value;
    }

    public int CursorRows
    {
        get => Environment.CursorRows;
        set => Environment.CursorRows = value;
    }

    /// <summary>TRY blocks that are being run, in every module: an error goes to the innermost one.</summary>
    public int TryDepth
    {
        get => Environment.TryDepth;
        set => Environment.TryDepth = value;
    }

    /// <summary>What sp_reset_connection does: a pooled connection begins anew.</summary>
    /// <param name="keepsTransaction">RESETCONNECTIONSKIPTRAN.</param>
    public void Reset(Database first, bool keepsTransaction)
    {
        if (!keepsTransaction)
        {
            Transaction?.Undo.RollBack();
            Transaction = null;
        }
        Environment = new SessionEnvironment(first);
        TempTables.Clear();
        TempProcedures.Clear();
        Cursors.Clear();
        Prepared.Clear();
    }

    /// <summary>The connection is gone: what it did not commit is taken back.</summary>
    public void End()
    {
        Transaction?.Undo.RollBack();
        Transaction = null;
    }
}

/// <summary>A transaction that BEGIN TRANSACTION began, and those nested in it by number only.</summary>
internal sealed class Transaction(ulong id)
{
    private static long s_lastId = 100;

    public ulong Descriptor { get; } = id;

    public long Id => (long)Descriptor;

    /// <summary>@@TRANCOUNT.</summary>
    public int Depth { get; set; } = 1;

    public UndoLog Undo { get; } = new();

    public Dictionary<string, int> Savepoints { get; } = new(StringComparer.OrdinalIgnoreCase);

    public string Name { get; init; } = "";

    /// <summary>Nothing but ROLLBACK is possible any more.</summary>
    public bool IsDoomed { get; set; }

    public static Transaction Begin(string name) => new((ulong)Interlocked.Increment(ref s_lastId)) { Name = name };
}
