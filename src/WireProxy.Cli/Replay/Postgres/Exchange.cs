namespace WireProxy.Cli.Replay.Postgres;

/// <summary>What a client asked for that the server answers in order.</summary>
internal enum RequestKind
{
    /// <summary>A Query message; ended by ReadyForQuery.</summary>
    Simple,
    Parse,
    Bind,
    Describe,
    Execute,
    Close,
    /// <summary>Ended by ReadyForQuery.</summary>
    Sync,
    /// <summary>Ended by ReadyForQuery.</summary>
    FunctionCall,
}

/// <summary>A prepared statement of the session.</summary>
internal sealed class Prepared(string text, uint[] parameterTypes)
{
    public string Text { get; } = text;
    public uint[] ParameterTypes { get; set; } = parameterTypes;
    /// <summary>From the answer to a Describe; null while nobody asked.</summary>
    public IReadOnlyList<ReplayColumn>? Columns { get; set; }
}

/// <summary>A portal: a prepared statement with its parameters.</summary>
internal sealed class Portal(Prepared statement, IReadOnlyList<string?> parameters, Func<int, short> resultFormat)
{
    private IReadOnlyList<ReplayColumn>? _columns;

    public Prepared Statement { get; } = statement;
    public IReadOnlyList<string?> Parameters { get; } = parameters;

    /// <summary>The columns with the formats that the Bind asked for; the Describe of a statement does not know them.</summary>
    public IReadOnlyList<ReplayColumn>? Columns
    {
        get => _columns ??= Statement.Columns?.Select((column, index) => column with { Format = resultFormat(index) }).ToList();
        set => _columns = value;
    }

    /// <summary>Columns for a row whose description never passed.</summary>
    public IReadOnlyList<ReplayColumn> Unnamed(int count) =>
        [.. Enumerable.Range(0, count).Select(index => new ReplayColumn($"column{index + 1}", 0, resultFormat(index)))];
}

/// <param name="Statement">For Parse and the Describe of a statement.</param>
/// <param name="Portal">For Execute and the Describe of a portal.</param>
internal sealed record Request(RequestKind Kind, Prepared? Statement = null, Portal? Portal = null, short ResultFormat = 0)
{
    /// <summary>Whether rows of it have been announced.</summary>
    public bool RowsBegun { get; set; }

    public bool EndsWithReady => Kind is RequestKind.Simple or RequestKind.Sync or RequestKind.FunctionCall;
}

/// <summary>What links the two directions of a session: names the client gave, and requests that wait for their answer.</summary>
internal sealed class Exchange
{
    private readonly Queue<Request> _waiting = new();

    public Dictionary<string, Prepared> Statements { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, Portal> Portals { get; } = new(StringComparer.Ordinal);

    public Request? Current => _waiting.TryPeek(out var request) ? request : null;

    public void Ask(Request request) => _waiting.Enqueue(request);

    /// <summary>The answer to a request of this kind is complete.</summary>
    public void Answered(RequestKind kind)
    {
        if (Current?.Kind == kind)
            _waiting.Dequeue();
    }

    /// <summary>After an error in the extended protocol the server passes over everything up to the Sync.</summary>
    public void SkipToSync()
    {
        while (Current is { EndsWithReady: false })
            _waiting.Dequeue();
    }

    /// <summary>ReadyForQuery: whatever went before is answered, so that one lost answer cannot spoil the rest.</summary>
    public void Ready()
    {
        SkipToSync();
        _waiting.TryDequeue(out _);
    }
}
