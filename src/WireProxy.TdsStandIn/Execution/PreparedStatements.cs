using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>What sp_prepare and its kin keep under a handle.</summary>
/// <param name="Parameters">The declaration of its parameters, such as "@p1 int, @p2 nvarchar(10) OUTPUT".</param>
internal sealed record PreparedStatement(string Parameters, string Text)
{
    /// <summary>Opens as a cursor (sp_cursorprepare).</summary>
    public bool IsCursor { get; init; }
}

/// <summary>The prepared statements of a session by their handles.</summary>
internal sealed class PreparedStatements
{
    private readonly Dictionary<int, PreparedStatement> _byHandle = [];
    private readonly HashSet<int> _run = [];
    private int _last;

    public int Add(PreparedStatement statement)
    {
        _byHandle[++_last] = statement;
        return _last;
    }

    /// <exception cref="SqlError">8179.</exception>
    public PreparedStatement Find(int handle) =>
        _byHandle.GetValueOrDefault(handle) ?? throw new SqlError(8179, 16, 2, $"Could not find prepared statement with handle {handle}.");

    /// <exception cref="SqlError">8179.</exception>
    public void Remove(int handle)
    {
        _run.Remove(handle);
        if (!_byHandle.Remove(handle))
            Find(handle);
    }

    /// <summary>The statement ran to its end once: the client has seen its columns.</summary>
    public bool WasRun(int handle) => _run.Contains(handle);

    public void Ran(int handle) => _run.Add(handle);

    public void Clear()
    {
        _byHandle.Clear();
        _run.Clear();
    }
}
