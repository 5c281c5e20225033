namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>Flags of a column and of a return value (MS-TDS 2.2.7.4). Reserved bits are kept as they come.</summary>
[Flags]
public enum ColumnFlags : ushort
{
    None = 0,
    Nullable = 0x0001,
    CaseSensitive = 0x0002,
    ReadWrite = 0x0004,
    UpdateableUnknown = 0x0008,
    Identity = 0x0010,
    Computed = 0x0020,
    FixedLengthClrType = 0x0100,
    SparseColumnSet = 0x0400,

    /// <summary>The value is encrypted by the client's own keys: crypto metadata follows the type.</summary>
    Encrypted = 0x0800,
    Hidden = 0x2000,
    Key = 0x4000,
    NullableUnknown = 0x8000,
}
