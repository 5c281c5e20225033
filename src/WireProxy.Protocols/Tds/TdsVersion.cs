using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds;

/// <summary>
/// The versions of TDS between which the layout of messages differs, in the order in which they came (MS-TDS 1.7). Compare
/// with <c>&gt;=</c>: a newer version has what an older one introduced.
/// </summary>
public enum TdsVersion : byte
{
    /// <summary>SQL Server 7.0.</summary>
    V70,

    /// <summary>SQL Server 2000: collations.</summary>
    V71,

    /// <summary>SQL Server 2000 SP1: table names in parts in TABNAME.</summary>
    V71Revision1,

    /// <summary>SQL Server 2005: values of partly known length, XML, UDT, MARS, 64-bit row counts, ALL_HEADERS.</summary>
    V72,

    /// <summary>SQL Server 2008: date and time types, table valued parameters.</summary>
    V73A,

    /// <summary>SQL Server 2008 R2: NBCROW.</summary>
    V73B,

    /// <summary>SQL Server 2012 and later: feature extensions.</summary>
    V74,

    /// <summary>TDS over TLS from the first byte; the messages are those of 7.4.</summary>
    V80,
}

/// <summary>The numbers that stand for a version in LOGIN7 and LOGINACK (MS-TDS appendix A, notes 17 and 69).</summary>
public static class TdsVersionCode
{
    /// <summary>The version that a LOGIN7 states in its little-endian field, such as 0x74000004.</summary>
    /// <exception cref="ProtocolException">No version of TDS 7 or 8 has this number.</exception>
    public static TdsVersion FromLogin(uint code) => code switch
    {
        0x08000000 => TdsVersion.V80,
        >= 0x74000000 and < 0x75000000 => TdsVersion.V74,
        >= 0x730B0000 and < 0x74000000 => TdsVersion.V73B,
        >= 0x73000000 and < 0x730B0000 => TdsVersion.V73A,
        >= 0x72000000 and < 0x73000000 => TdsVersion.V72,
        > 0x71000000 and < 0x72000000 => TdsVersion.V71Revision1,
        0x71000000 => TdsVersion.V71,
        >= 0x70000000 and < 0x71000000 => TdsVersion.V70,
        _ => throw new ProtocolException("The TDS version is none of 7.0 to 8.0."),
    };

    /// <summary>The version that a LOGINACK states in its big-endian field: as in LOGIN7, but for 7.0 and 7.1.</summary>
    /// <exception cref="ProtocolException">No version of TDS 7 or 8 has this number.</exception>
    public static TdsVersion FromLoginAck(uint code) => code switch
    {
        0x07000000 => TdsVersion.V70,
        0x07010000 => TdsVersion.V71,
        _ => FromLogin(code),
    };

    /// <summary>The number for LOGIN7.</summary>
    public static uint ForLogin(TdsVersion version) => version switch
    {
        TdsVersion.V70 => 0x70000000,
        TdsVersion.V71 => 0x71000000,
        TdsVersion.V71Revision1 => 0x71000001,
        TdsVersion.V72 => 0x72090002,
        TdsVersion.V73A => 0x730A0003,
        TdsVersion.V73B => 0x730B0003,
        TdsVersion.V74 => 0x74000004,
        TdsVersion.V80 => 0x08000000,
        _ => throw new ArgumentOutOfRangeException(nameof(version)),
    };

    /// <summary>The number for LOGINACK.</summary>
    public static uint ForLoginAck(TdsVersion version) => version switch
    {
        TdsVersion.V70 => 0x07000000,
        TdsVersion.V71 => 0x07010000,
        _ => ForLogin(version),
    };
}
