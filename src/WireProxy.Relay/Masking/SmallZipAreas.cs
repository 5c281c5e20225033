namespace WireProxy.Relay.Masking;

/// <summary>The first three digits of postal codes under which fewer than 20,000 people live: they become 000, as the Safe Harbor
/// method asks (45 CFR 164.514(b)(2)(i)(B)).</summary>
internal static class SmallZipAreas
{
    private const int PrefixLength = 3;

    /// <summary>By the census of 2000, as the guidance of the U.S. Department of Health and Human Services lists them.</summary>
    private static readonly int[] _prefixes =
        [036, 059, 063, 102, 203, 556, 692, 790, 821, 823, 830, 831, 878, 879, 884, 890, 893];

    private static readonly bool[] _isSmall = [.. Enumerable.Range(0, 1000).Select(prefix => _prefixes.Contains(prefix))];

    /// <summary>The three digits that may be shown of a postal code that begins with these ASCII digits.</summary>
    public static ReadOnlySpan<byte> Shown(ReadOnlySpan<byte> zip)
    {
        int prefix = ((zip[0] - '0') * 100) + ((zip[1] - '0') * 10) + (zip[2] - '0');
        return _isSmall[prefix] ? "000"u8 : zip[..PrefixLength];
    }
}
