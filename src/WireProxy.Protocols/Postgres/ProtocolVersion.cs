namespace WireProxy.Protocols.Postgres;

/// <summary>A protocol version; on the wire the major number is in the upper 16 bits, the minor in the lower.</summary>
public readonly record struct ProtocolVersion(ushort Major, ushort Minor)
{
    /// <summary>PostgreSQL 7.4 and later.</summary>
    public static readonly ProtocolVersion V30 = new(3, 0);

    /// <summary>PostgreSQL 18 and later: cancel keys of more than 4 bytes.</summary>
    public static readonly ProtocolVersion V32 = new(3, 2);

    public int Code => (Major << 16) | Minor;

    public static ProtocolVersion FromCode(int code) => new((ushort)((uint)code >> 16), (ushort)code);

    public override string ToString() => $"{Major}.{Minor}";
}
