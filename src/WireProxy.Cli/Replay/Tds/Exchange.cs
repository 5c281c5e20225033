using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Sql.TransactSql;

namespace WireProxy.Cli.Replay.Tds;

/// <summary>A cursor of the server's.</summary>
internal sealed record Cursor(string? Text, ColMetadata? Columns);

/// <summary>A call that waits for its answer.</summary>
/// <param name="Text">What the handles that it makes stand for.</param>
/// <param name="Cursor">What it fetches from.</param>
internal sealed record PendingCall(RpcProcedure? Procedure, string? Text, Cursor? Cursor);

/// <summary>What links the two directions of a session: what was agreed on, handles, and the calls that wait for their answer.</summary>
internal sealed class Exchange
{
    private readonly Dictionary<long, string> _statements = [];
    private readonly Dictionary<long, Cursor> _cursors = [];
    private readonly Queue<PendingCall> _calls = new();
    private int _handles;

    /// <summary>Null while it is not known.</summary>
    public TokenFormat? Format { get; set; }

    /// <summary>The call that the server answers now.</summary>
    public PendingCall? Current => _calls.TryPeek(out var call) ? call : null;

    /// <summary>What was agreed on or, where nobody says it, what a request's own form shows.</summary>
    /// <param name="request">The payload of a batch, a call or a request to the transaction manager.</param>
    public TokenFormat FormatFor(ReadOnlySpan<byte> request) =>
        Format ??= new TokenFormat(BeginsWithHeaders(request) ? TdsVersion.V74 : TdsVersion.V71Revision1);

    public string? Statement(long? handle) => handle is { } known ? _statements.GetValueOrDefault(known) : null;

    public Cursor? Cursor(long? handle) => handle is { } known ? _cursors.GetValueOrDefault(known) : null;

    /// <summary>A request begins: without MARS all before it are answered.</summary>
    public void Begin()
    {
        _calls.Clear();
        _handles = 0;
    }

    public void Ask(PendingCall call) => _calls.Enqueue(call);

    /// <summary>DONEPROC: the call is answered.</summary>
    public void Answered()
    {
        _calls.TryDequeue(out _);
        _handles = 0;
    }

    /// <summary>A whole number came back from the call under way: the first ones may be handles.</summary>
    public void Returned(long value, ColMetadata? columns)
    {
        if (Current is not { Procedure: { } procedure } call)
            return;
        var makes = procedure.Handle == HandleUse.Makes || procedure.Name == "sp_cursorexecute";
        var makesStatement = makes && (!procedure.IsCursor || procedure.Name is "sp_cursorprepare" or "sp_cursorprepexec");
        var makesCursor = makes && procedure.IsCursor && procedure.Name != "sp_cursorprepare";
        var index = _handles++;
        if (makesStatement && index == 0)
            _statements[value] = call.Text ?? "";
        else if (makesCursor && index == (makesStatement ? 1 : 0))
            _cursors[value] = new Cursor(call.Text, columns);
    }

    /// <summary>The session is like new.</summary>
    public void Reset()
    {
        _statements.Clear();
        _cursors.Clear();
    }

    /// <summary>ALL_HEADERS (MS-TDS 2.2.5.3), which a request has since TDS 7.2: its length, then a header with a length and a type of
    /// 1 to 3. A text or a procedure's name of the versions before does not look so.</summary>
    private static bool BeginsWithHeaders(ReadOnlySpan<byte> request)
    {
        if (request.Length < 10)
            return request is [4, 0, 0, 0, ..];
        var total = BitConverter.ToUInt32(request);
        return total == 4 || (total <= request.Length && BitConverter.ToUInt32(request[4..]) <= total - 4 && request[8] is >= 1 and <= 3 && request[9] == 0);
    }
}
