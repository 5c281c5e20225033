namespace WireProxy.Access;

/// <summary>Leaky buckets by key. Not thread-safe.</summary>
/// <param name="perMinute">What a bucket holds, and what leaks out of it in a minute.</param>
/// <param name="capacity">Buckets at most.</param>
internal sealed class FailureTable(int perMinute, int capacity)
{
    private readonly Dictionary<string, LinkedListNode<Bucket>> _buckets = new(StringComparer.Ordinal);
    /// <summary>The one that failed longest ago is first.</summary>
    private readonly LinkedList<Bucket> _order = new();

    public int Count => _buckets.Count;

    public bool HasRoom(string key, long now, TimeProvider clock) =>
        !_buckets.TryGetValue(key, out LinkedListNode<Bucket>? node) || Level(node.Value, now, clock) + 1 <= perMinute;

    public void Add(string key, long now, TimeProvider clock)
    {
        if (_buckets.TryGetValue(key, out LinkedListNode<Bucket>? node))
        {
            node.Value = node.Value with { Level = Math.Min(Level(node.Value, now, clock) + 1, perMinute), At = now };
            _order.Remove(node);
            _order.AddLast(node);
            return;
        }
        if (_buckets.Count >= capacity)
        {
            _buckets.Remove(_order.First!.Value.Key);
            _order.RemoveFirst();
        }
        _buckets.Add(key, _order.AddLast(new Bucket(key, 1, now)));
    }

    private double Level(Bucket bucket, long now, TimeProvider clock) =>
        Math.Max(0, bucket.Level - clock.GetElapsedTime(bucket.At, now).TotalMinutes * perMinute);

    private readonly record struct Bucket(string Key, double Level, long At);
}
