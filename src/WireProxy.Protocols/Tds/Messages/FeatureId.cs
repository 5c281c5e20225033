namespace WireProxy.Protocols.Tds.Messages;

/// <summary>
/// The features that a client asks for in LOGIN7 and a server grants in FEATUREEXTACK (MS-TDS 2.2.6.4, FeatureId). A number
/// without a name is kept as it is.
/// </summary>
public enum FeatureId : byte
{
    SessionRecovery = 0x01,
    FederatedAuthentication = 0x02,
    ColumnEncryption = 0x04,
    GlobalTransactions = 0x05,
    AzureSqlSupport = 0x08,
    DataClassification = 0x09,
    Utf8Support = 0x0A,
    AzureSqlDnsCaching = 0x0B,
    JsonSupport = 0x0D,
    VectorSupport = 0x0E,
    EnhancedRoutingSupport = 0x0F,
    /// <summary>What Microsoft.Data.SqlClient 6.1 and later says of itself; MS-TDS v39 does not have it.</summary>
    UserAgent = 0x10,
    /// <summary>Ends the list of features; has no data.</summary>
    Terminator = 0xFF,
}
