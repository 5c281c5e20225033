namespace WireProxy.TdsStandIn.Storage;

/// <summary>How to take changes back, the last one first.</summary>
internal sealed class UndoLog
{
    private readonly List<Action> _steps = [];

    /// <summary>A place to come back to.</summary>
    public int Mark => _steps.Count;

    public void Add(Action step) => _steps.Add(step);

    public void RollBack(int mark = 0)
    {
        for (int i = _steps.Count - 1; i >= mark; i--)
            _steps[i]();
        _steps.RemoveRange(mark, _steps.Count - mark);
    }

    public void Forget() => _steps.Clear();
}
