namespace WireProxy.Sql.Postgres;

/// <summary>The names of the WITH queries that are in scope.</summary>
internal sealed class CteScope
{
    readonly List<string> _names = [];
    readonly Dictionary<string, int> _counts = [];

    /// <summary>Opens a scope; the mark closes it.</summary>
    public int Enter() => _names.Count;

    public void Add(string? name)
    {
        if (name is null)
            return;
        _names.Add(name);
        _counts[name] = _counts.GetValueOrDefault(name) + 1;
    }

    public bool Contains(string name) => _names.Count > 0 && _counts.GetValueOrDefault(name) > 0;

    public void Leave(int mark)
    {
        for (var i = _names.Count - 1; i >= mark; i--)
            _counts[_names[i]]--;
        _names.RemoveRange(mark, _names.Count - mark);
    }
}
