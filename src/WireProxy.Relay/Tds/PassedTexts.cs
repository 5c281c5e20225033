using System.Collections.Immutable;
using WireProxy.Policy;

namespace WireProxy.Relay.Tds;

/// <summary>A text that was judged, let through, and left nothing behind that what follows would be judged by.</summary>
/// <param name="work">What the response side does; shared, so it holds nothing of one session's.</param>
/// <param name="decisions">What the journal gets.</param>
internal sealed class PassedText(TextKey key, int hash, CompiledPolicy policy, Subject subject, TdsWork work, ImmutableArray<byte[]> decisions)
{
    private readonly TextCarrier _carrier = key.Carrier;
    private readonly byte[] _text = key.Text.ToArray();
    private readonly byte[] _declarations = key.Declarations.ToArray();

    public TdsWork Work => work;

    public ImmutableArray<byte[]> Decisions => decisions;

    /// <summary>The whole text is compared, and all that a verdict depends on beside the catalog.</summary>
    public bool Is(in TextKey other, int otherHash, CompiledPolicy otherPolicy, Subject otherSubject) =>
        hash == otherHash && _carrier == other.Carrier && ReferenceEquals(policy, otherPolicy) && other.Text.SequenceEqual(_text) &&
        other.Declarations.SequenceEqual(_declarations) && subject == otherSubject;
}

/// <summary>
/// Verdicts for the texts that come again and again: such a request costs a look-up. Holds for one listener and one snapshot of the catalog,
/// and for sessions whose earlier batches left nothing behind (no temporary table, no changed shape of result sets). Bounded; takes no
/// lock, and loses an entry rather than wait.
/// </summary>
internal sealed class PassedTexts
{
    private const int Ways = 4;
    private const int Sets = 1024;

    /// <summary>Bytes of a text and its declarations together: with all places taken, 16 MiB.</summary>
    private const int LongestKept = 4096;

    private readonly PassedText?[] _slots = new PassedText?[Ways * Sets];
    // A text is kept when it comes for the second time: most of those with literals never do.
    private readonly int[] _seen = new int[Ways * Sets];
    private uint _hand;

    public PassedText? Find(in TextKey key, CompiledPolicy policy, Subject subject)
    {
        if (key.Text.Length + key.Declarations.Length > LongestKept)
            return null;
        int hash = Hash(key);
        int set = (hash & (Sets - 1)) * Ways;
        for (int i = set; i < set + Ways; i++)
        {
            PassedText? known = Volatile.Read(ref _slots[i]);
            if (known is not null && known.Is(key, hash, policy, subject))
                return known;
        }
        return null;
    }

    public void Add(in TextKey key, CompiledPolicy policy, Subject subject, TdsWork work, ImmutableArray<byte[]> decisions)
    {
        if (key.Text.Length + key.Declarations.Length > LongestKept)
            return;
        int hash = Hash(key);
        ref int seen = ref _seen[hash & (_seen.Length - 1)];
        if (seen != hash)
        {
            seen = hash;
            return;
        }
        int set = (hash & (Sets - 1)) * Ways;
        int place = set + (int)(Interlocked.Increment(ref _hand) % Ways);
        for (int i = set; i < set + Ways; i++)
        {
            if (_slots[i] is { } other && !other.Is(key, hash, policy, subject))
                continue;
            place = i;
            break;
        }
        Volatile.Write(ref _slots[place], new PassedText(key, hash, policy, subject, work, decisions));
    }

    /// <summary>Of the text alone, and different from process to process.</summary>
    private static int Hash(in TextKey key) =>
        string.GetHashCode(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, char>(key.Text));
}
