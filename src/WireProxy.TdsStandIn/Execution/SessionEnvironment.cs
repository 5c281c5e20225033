using WireProxy.TdsStandIn.Storage;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>What a request works in. Requests that run beside each other (MARS) have one each.</summary>
internal sealed class SessionEnvironment(Database database)
{
    public Database Database { get; set; } = database;

    public SessionOptions Options { get; init; } = new();

    /// <summary>Where the rows of the next bulk load go.</summary>
    public BulkTarget? BulkTarget { get; set; }

    public long RowCount { get; set; }

    public int LastError { get; set; }

    public long? LastIdentity { get; set; }

    public int FetchStatus { get; set; }

    public int CursorRows { get; set; }

    /// <summary>TRY blocks that are being run, in every module: an error goes to the innermost one.</summary>
    public int TryDepth { get; set; }

    public SessionEnvironment Copy() => new(Database)
    {
        Options = Options.Copy(),
        BulkTarget = BulkTarget,
        RowCount = RowCount,
        LastError = LastError,
        LastIdentity = LastIdentity,
        FetchStatus = FetchStatus,
        CursorRows = CursorRows,
    };
}
