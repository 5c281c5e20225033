namespace WireProxy.Protocols.Tds.Messages;

/// <summary>OptionFlags of a call (MS-TDS 2.2.6.6); the other bits are reserved.</summary>
[Flags]
public enum RpcOptions : ushort
{
    None = 0,
    WithRecompile = 0x01,
    /// <summary>The server may leave the columns out of the answer: the client knows them from before.</summary>
    NoMetaData = 0x02,
    ReuseMetaData = 0x04,
}

/// <summary>StatusFlags of a parameter (MS-TDS 2.2.6.6); the other bits are reserved.</summary>
[Flags]
public enum RpcParameterStatus : byte
{
    None = 0,
    /// <summary>An OUTPUT parameter: its value comes back in RETURNVALUE.</summary>
    ByReference = 0x01,
    /// <summary>The procedure's default is asked for; the value that follows does not count.</summary>
    DefaultValue = 0x02,
    /// <summary>The value is encrypted by the client; what it was stands behind it.</summary>
    Encrypted = 0x08,
}

/// <summary>What stands behind a call (MS-TDS 2.2.6.6, BatchFlag and NoExecFlag).</summary>
public enum RpcSeparator : byte
{
    /// <summary>Nothing: the message ends.</summary>
    None = 0,
    /// <summary>Another call, in TDS 7.1 and before.</summary>
    Batch71 = 0x80,
    /// <summary>The call is not to be run; another one follows.</summary>
    NoExec = 0xFE,
    /// <summary>Another call follows.</summary>
    Batch = 0xFF,
}
