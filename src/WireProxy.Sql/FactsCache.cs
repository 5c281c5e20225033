using System.Numerics;
using System.Runtime.InteropServices;

namespace WireProxy.Sql;

/// <summary>Remembers the facts of texts. A hit takes no lock and allocates nothing; the whole text is compared, so that two texts
/// with one hash never share facts. Bounded in entries and in bytes; what was not asked for lately goes first.</summary>
/// <remarks>Set-associative: a text has eight places, chosen by a hash that differs from process to process. So a lookup never
/// looks at more than eight entries, whatever texts an adversary makes up.</remarks>
public sealed class FactsCache
{
    const int Ways = 8;
    // What the facts of a text and the entry itself weigh, over the text; a rough figure from a heap snapshot.
    const int EntryOverhead = 1024;

    readonly Entry?[] _slots;
    readonly int _setMask;
    readonly ulong _seed = (ulong)Random.Shared.NextInt64();
    readonly long _maxBytes;
    readonly Lock _lock = new();
    long _bytes;
    int _hand;
    int _count;

    /// <param name="maxEntries">How many texts at most; rounded up to a power of two, at least 8.</param>
    /// <param name="maxBytes">How many bytes at most, texts and facts together.</param>
    /// <param name="maxTextBytes">Texts longer than this are not kept: they are bulk data, and seldom come twice.</param>
    public FactsCache(int maxEntries = 16_384, long maxBytes = 32 << 20, int maxTextBytes = 32 << 10)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxEntries);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(maxTextBytes);
        var slots = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(maxEntries, Ways));
        _slots = new Entry?[slots];
        _setMask = (slots / Ways) - 1;
        _maxBytes = maxBytes;
        MaxTextBytes = maxTextBytes;
    }

    /// <summary>The longest text that is kept, in bytes.</summary>
    public int MaxTextBytes { get; }

    /// <summary>How many texts are kept now.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>What they weigh, in bytes: the texts and an estimate of their facts.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>The facts of exactly this text, or null.</summary>
    public AnalyzedText? TryGet(ReadOnlySpan<byte> text)
    {
        if (text.Length > MaxTextBytes)
            return null;
        var hash = Hash(text);
        var set = (int)(hash & (uint)_setMask) * Ways;
        for (var i = set; i < set + Ways; i++)
        {
            var entry = Volatile.Read(ref _slots[i]);
            if (entry is null || entry.Hash != hash || !text.SequenceEqual(entry.Text))
                continue;
            if (!entry.IsRecent)
                entry.IsRecent = true;
            return entry.Facts;
        }
        return null;
    }

    /// <summary>Keeps the facts of a text, in place of what was kept for it.</summary>
    public void Add(ReadOnlySpan<byte> text, AnalyzedText facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        if (text.Length > MaxTextBytes || Weight(text.Length, facts) > _maxBytes)
            return;
        var entry = new Entry(Hash(text), text.ToArray(), facts, Weight(text.Length, facts));
        lock (_lock)
        {
            Put(Place(entry), entry);
            while (_bytes > _maxBytes)
                EvictNext(entry);
        }
    }

    internal Func<ulong, ulong>? HashForTests { get; init; }

    /// <summary>The slot of the same text, or a free one of its set, or that of the first entry not asked for since the last look.</summary>
    int Place(Entry entry)
    {
        var set = (int)(entry.Hash & (uint)_setMask) * Ways;
        var free = -1;
        for (var i = set; i < set + Ways; i++)
        {
            var other = _slots[i];
            if (other is null)
                free = free < 0 ? i : free;
            else if (other.Hash == entry.Hash && other.Text.AsSpan().SequenceEqual(entry.Text))
                return i;
        }
        if (free >= 0)
            return free;
        for (var turn = 0; ; turn++)
        {
            var i = set + ((_hand + turn) & (Ways - 1));
            if (_slots[i]!.IsRecent && turn < Ways)
                _slots[i]!.IsRecent = false;
            else
            {
                _hand = (i - set + 1) & (_slots.Length - 1);
                return i;
            }
        }
    }

    void EvictNext(Entry keep)
    {
        for (var turn = 0; turn <= 2 * _slots.Length; turn++)
        {
            _hand = (_hand + 1) & (_slots.Length - 1);
            var entry = _slots[_hand];
            if (entry is null || ReferenceEquals(entry, keep))
                continue;
            if (entry.IsRecent)
            {
                entry.IsRecent = false;
                continue;
            }
            Put(_hand, null);
            return;
        }
    }

    void Put(int slot, Entry? entry)
    {
        if (_slots[slot] is { } old)
        {
            _bytes -= old.Weight;
            _count--;
        }
        if (entry is not null)
        {
            _bytes += entry.Weight;
            _count++;
        }
        Volatile.Write(ref _slots[slot], entry);
    }

    ulong Hash(ReadOnlySpan<byte> text)
    {
        const ulong Prime = 0x9E3779B97F4A7C15;
        var hash = _seed ^ ((ulong)text.Length * Prime);
        var words = MemoryMarshal.Cast<byte, ulong>(text);
        foreach (var word in words)
            hash = Mix(hash ^ word, Prime);
        ulong rest = 0;
        foreach (var b in text[(words.Length * 8)..])
            rest = (rest << 8) | b;
        hash = Mix(hash ^ rest, 0xD6E8FEB86659FD93);
        return HashForTests is null ? hash : HashForTests(hash);
    }

    static ulong Mix(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return high ^ low;
    }

    static long Weight(int textLength, AnalyzedText facts)
    {
        long weight = EntryOverhead + textLength;
        foreach (var s in facts.Statements)
            weight += 256 + (96L * (s.Relations.Length + s.Columns.Length + s.Functions.Length + s.InnerCommands.Length));
        return weight;
    }

    sealed class Entry(ulong hash, byte[] text, AnalyzedText facts, long weight)
    {
        public readonly ulong Hash = hash;
        public readonly byte[] Text = text;
        public readonly AnalyzedText Facts = facts;
        public readonly long Weight = weight;
        public bool IsRecent;
    }
}
