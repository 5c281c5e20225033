using System.Numerics;
using System.Security.Cryptography;

namespace WireProxy.Capture.Format;

/// <summary>
/// The root of RFC 6962 section 2.1 over leaf hashes given one by one. A record's hash already is a leaf hash
/// (SHA-256 of 0x00, the hash before and the record), so only inner nodes (0x01, left, right) are hashed here.
/// </summary>
internal sealed class MerkleTree
{
    public const int HashBytes = 32;
    private const byte NodePrefix = 0x01;

    // One complete subtree per set bit of the leaf count, the largest first.
    private readonly byte[] _subtrees = new byte[64 * HashBytes];
    private int _depth;

    public long Leaves { get; private set; }

    public void Add(ReadOnlySpan<byte> leaf)
    {
        leaf.CopyTo(_subtrees.AsSpan(_depth++ * HashBytes));
        for (int merges = BitOperations.TrailingZeroCount(++Leaves); merges > 0; merges--)
        {
            _depth--;
            Join(_subtrees.AsSpan((_depth - 1) * HashBytes, 2 * HashBytes), _subtrees.AsSpan((_depth - 1) * HashBytes));
        }
    }

    /// <summary>The root over what was added so far; SHA-256 of nothing for an empty tree.</summary>
    public byte[] Root()
    {
        if (_depth == 0)
            return SHA256.HashData([]);
        Span<byte> pair = stackalloc byte[2 * HashBytes];
        Subtree(_depth - 1).CopyTo(pair[HashBytes..]);
        for (int i = _depth - 2; i >= 0; i--)
        {
            Subtree(i).CopyTo(pair);
            Join(pair, pair[HashBytes..]);
        }
        return pair[HashBytes..].ToArray();
    }

    private Span<byte> Subtree(int index) => _subtrees.AsSpan(index * HashBytes, HashBytes);

    private static void Join(ReadOnlySpan<byte> pair, Span<byte> node)
    {
        Span<byte> input = stackalloc byte[1 + 2 * HashBytes];
        input[0] = NodePrefix;
        pair.CopyTo(input[1..]);
        Sha256.Hash(input, node);
    }
}
