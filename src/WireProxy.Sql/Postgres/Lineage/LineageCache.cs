using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>Remembers the lineage of texts for one catalog and search path. A hit takes no lock and allocates nothing; the whole text is
/// compared. Bounded in texts and bytes; what was not asked for lately goes first.</summary>
/// <remarks>Two generations: when the young one is full it becomes the old one, and what the old one still holds is forgotten unless it was asked
/// for meanwhile. A session asks <see cref="For"/> again when its catalog or its path has changed.</remarks>
public sealed class LineageCache
{
    /// <summary>Search paths of one catalog whose texts are remembered: a client may think up any number.</summary>
    const int MaxPaths = 32;
    const int MaxTexts = 8_192;
    const long MaxBytes = 8 << 20;
    const int MaxTextBytes = 32 << 10;

    readonly CatalogSnapshot _catalog;
    readonly SearchPath _path;
    readonly Lock _lock = new();
    Generation _young = new(), _old = new();

    LineageCache(CatalogSnapshot catalog, SearchPath path) => (_catalog, _path) = (catalog, path);

    /// <summary>The cache of a catalog and path, shared by all sessions; it lives as long as the catalog.</summary>
    public static LineageCache For(CatalogSnapshot catalog, SearchPath path)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(path);
        var caches = SnapshotLineage.Of(catalog).Caches;
        if (caches.TryGetValue(path, out var known))
            return known;
        if (caches.Count >= MaxPaths)
            caches.Clear(); // Who holds one keeps it.
        return caches.GetOrAdd(path, p => new(catalog, p));
    }

    /// <summary>The lineage of exactly this text, from memory or worked out now.</summary>
    /// <param name="text">In UTF-8, as for <see cref="PostgresLineage.Resolve"/>.</param>
    public TextLineage Resolve(ReadOnlySpan<byte> text)
    {
        if (TryGet(text) is { } known)
            return known;
        var lineage = PostgresLineage.Resolve(text, _catalog, _path);
        if (text.Length <= MaxTextBytes)
            Keep(text.ToArray(), lineage);
        return lineage;
    }

    /// <summary>The lineage of exactly this text where it is remembered, else null.</summary>
    public TextLineage? TryGet(ReadOnlySpan<byte> text)
    {
        if (Volatile.Read(ref _young).ByText.TryGetValue(text, out var found))
            return found;
        if (!Volatile.Read(ref _old).ByText.TryGetValue(text, out found))
            return null;
        Keep(text.ToArray(), found);
        return found;
    }

    void Keep(byte[] text, TextLineage lineage)
    {
        lock (_lock)
        {
            if (_young.Count >= MaxTexts / 2 || _young.Bytes >= MaxBytes / 2)
            {
                Volatile.Write(ref _old, _young);
                Volatile.Write(ref _young, new());
            }
            _young.Add(text, lineage);
        }
    }

    sealed class Generation
    {
        readonly ConcurrentDictionary<byte[], TextLineage> _texts = new(new ByText());

        public Generation() => ByText = _texts.GetAlternateLookup<ReadOnlySpan<byte>>();

        public ConcurrentDictionary<byte[], TextLineage>.AlternateLookup<ReadOnlySpan<byte>> ByText { get; }
        public int Count { get; private set; }
        public long Bytes { get; private set; }

        /// <summary>In bytes; a rough figure, for the limit.</summary>
        static long Weight(TextLineage lineage)
        {
            long weight = 512;
            foreach (var s in lineage.Statements)
                weight += 256 + (64L * (s.Columns.Length + s.Functions.Length + s.Writes.Length)) + (16L * s.Touched.Length);
            return weight;
        }

        public void Add(byte[] text, TextLineage lineage)
        {
            if (!_texts.TryAdd(text, lineage))
                return;
            Count++;
            Bytes += text.Length + Weight(lineage);
        }
    }

    sealed class ByText : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        /// <summary>Seeded by the process, so that nobody can make texts that collide.</summary>
        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
