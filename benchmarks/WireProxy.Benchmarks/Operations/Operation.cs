namespace WireProxy.Benchmarks.Operations;

/// <summary>One thing that is measured: its time by BenchmarkDotNet, its allocations against <c>allocations.json</c> by the tests.</summary>
/// <param name="Name">The key in <c>allocations.json</c>.</param>
/// <param name="Run">Does it once, synchronously on the calling thread.</param>
public sealed record Operation(string Name, Action Run)
{
    public override string ToString() => Name;
}

/// <summary>All operations, with what they need (a journal in a temporary directory, a session's socket).</summary>
public sealed class OperationSet : IDisposable
{
    private readonly JournalOperations _journal = new();
    private readonly SessionOperations _sessions;
    private readonly TdsOperations _tds;

    public OperationSet()
    {
        _sessions = new SessionOperations(_journal.Journal);
        _tds = new TdsOperations(_journal.Journal);
        All =
        [
            .. FramingOperations.All(), .. FactsOperations.All(), .. AnalysisOperations.All(), .. MaskingOperations.All(), .. _journal.All(), .. _sessions.All(), .. _tds.All(),
        ];
    }

    public IReadOnlyList<Operation> All { get; }

    public void Dispose()
    {
        _tds.Dispose();
        _sessions.Dispose();
        _journal.Dispose();
    }
}
