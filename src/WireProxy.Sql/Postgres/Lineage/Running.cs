namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>The views and functions whose definitions are being read, outermost first.</summary>
internal sealed class Running
{
    readonly List<ulong> _objects = [];
    /// <summary>The outermost one that something inside met again. What lies between saw only a part of it, and is not to be kept.</summary>
    int _cut = int.MaxValue;
    readonly HashSet<int> _met = [];

    public readonly record struct Mark(int Place, int Met)
    {
        public bool IsRecursion => Met >= 0;
    }

    public Mark Enter(ulong id)
    {
        var met = _objects.LastIndexOf(id);
        if (met >= 0)
        {
            _cut = Math.Min(_cut, met);
            _met.Add(met);
        }
        _objects.Add(id);
        return new(_objects.Count - 1, met);
    }

    /// <summary>Something inside met it again.</summary>
    public bool WasMet(Mark mark) => _met.Contains(mark.Place);

    /// <returns>Whether what was found is whole, so that it may be kept.</returns>
    public bool Leave(Mark mark)
    {
        _objects.RemoveAt(_objects.Count - 1);
        _met.Remove(mark.Place);
        if (mark.IsRecursion || _cut < mark.Place)
            return false;
        _cut = int.MaxValue;
        return true;
    }
}
