using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Relay.Tds.Masking;

namespace WireProxy.Relay.Tds;

/// <summary>A COLMETADATA that came before in the answer to the same text, and what becomes of it.</summary>
/// <param name="Token">As the server sent it: all of the token, with the DATACLASSIFICATION behind it, where there was one.</param>
/// <param name="Index">How many result sets of the answer came before.</param>
/// <param name="Rows">Null where nothing of it is masked.</param>
/// <param name="Described">What the client is told instead.</param>
internal sealed record KnownDescription(
    byte[] Token, TokenFormat Format, int Index, ColMetadata Columns, TdsRowMask<ColMetadata>? Rows, byte[] Described);

/// <summary>The descriptions that came in answers to one text; sessions share them. A plan has one or two of them, and no more than a few
/// are kept. Safe for use by many threads; a race loses an entry.</summary>
internal sealed class KnownDescriptions
{
    private const int Most = 4;
    private const int LongestKept = 16 * 1024;

    private volatile KnownDescription[] _known = [];

    /// <param name="bytes">Begin with a COLMETADATA, which says itself where it ends: where they begin with the bytes of a known one
    /// that is laid out by the same format, they begin with that one.</param>
    public KnownDescription? Find(ReadOnlySpan<byte> bytes, TokenFormat format, int index)
    {
        foreach (KnownDescription known in _known)
        {
            if (known.Index == index && bytes.StartsWith(known.Token) && known.Format == format)
                return known;
        }
        return null;
    }

    public void Add(KnownDescription description)
    {
        KnownDescription[] known = _known;
        if (known.Length >= Most || description.Token.Length > LongestKept)
            return;
        // The layout is worked out when it is first asked for, which must not be by two threads at once.
        _ = description.Columns.Layout;
        _known = [.. known, description];
    }
}
