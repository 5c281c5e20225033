namespace WireProxy.Protocols.Tds.Messages;

/// <summary>The options of PRELOGIN (MS-TDS 2.2.6.5, PL_OPTION_TOKEN).</summary>
public enum PreLoginOptionType : byte
{
    Version = 0,
    Encryption = 1,
    Instance = 2,
    ThreadId = 3,
    Mars = 4,
    TraceId = 5,
    FederatedAuthenticationRequired = 6,
    Nonce = 7,
    /// <summary>Ends the list of options; has no place and no data.</summary>
    Terminator = 0xFF,
}

/// <summary>
/// What client and server say of encryption in PRELOGIN (MS-TDS 2.2.6.5). In TDS 8.0 it is ignored: the connection is
/// encrypted from its first byte.
/// </summary>
public static class PreLoginEncryption
{
    /// <summary>Encryption is available but off: only the login is encrypted.</summary>
    public const byte Off = 0;
    /// <summary>Encryption is available and on.</summary>
    public const byte On = 1;
    /// <summary>Encryption is not available.</summary>
    public const byte NotSupported = 2;
    /// <summary>Encryption is required.</summary>
    public const byte Required = 3;
    /// <summary>A bit beside the values above: reserved.</summary>
    public const byte ReservedBit = 0x20;
    /// <summary>A bit beside the values above: the client wants to log in by its certificate.</summary>
    public const byte ClientCertificateBit = 0x80;
}
