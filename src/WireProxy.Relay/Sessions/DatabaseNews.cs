using WireProxy.Policy;
using WireProxy.Sql;

namespace WireProxy.Relay.Sessions;

/// <summary>What all catalogs of one database share: how often and in what it has changed.</summary>
internal sealed class DatabaseNews
{
    /// <summary>How many changes are remembered; who has missed more must look at everything.</summary>
    private const int Remembered = 64;

    private readonly Lock _lock = new();
    private readonly (int Generation, CatalogChange Change, object? Owner)[] _changes = new (int, CatalogChange, object?)[Remembered];
    private int _next;
    private int _forgotten;
    private int _generation = 1;
    private int _public = 1;
    private int _everybodys = 1;

    /// <summary>Columns that the policy has named, under whatever name they go now.</summary>
    public ProtectedIdentities Identities { get; } = new();

    public ChangeGuard Guard { get; } = new();

    /// <summary>Grows when the catalog may have changed.</summary>
    public int Generation => Volatile.Read(ref _generation);

    /// <summary>The last generation that concerned others than who made the change.</summary>
    public int PublicGeneration => Volatile.Read(ref _public);

    /// <summary>The last generation that concerned everybody.</summary>
    public int EverybodysGeneration => Volatile.Read(ref _everybodys);

    /// <param name="owner">Who has made the change, and knows of it by other means.</param>
    public int Invalidate(CatalogChange change, object? owner)
    {
        lock (_lock)
        {
            int generation = _generation + 1;
            if (change.News != ChangeReach.Nobody)
            {
                ref (int Generation, CatalogChange, object?) place = ref _changes[_next++ % Remembered];
                _forgotten = place.Generation;
                place = (generation, change, owner);
                Volatile.Write(ref _public, generation);
            }
            if (change.News == ChangeReach.Everybody)
                Volatile.Write(ref _everybodys, generation);
            Volatile.Write(ref _generation, generation);
            return generation;
        }
    }

    /// <summary>Something that others have changed since then concerns a statement that uses these names.</summary>
    public bool Concerns(NameUse use, int since, object owner)
    {
        if (PublicGeneration <= since)
            return false;
        lock (_lock)
        {
            for (int i = _next - 1; i >= 0 && i >= _next - Remembered; i--)
            {
                (int generation, CatalogChange change, object? by) = _changes[i % Remembered];
                if (generation <= since)
                    return false;
                if (!ReferenceEquals(by, owner) && change.IsNewsFor(use))
                    return true;
            }
            // What came before those that are remembered may be news, too.
            return _forgotten > since;
        }
    }
}
