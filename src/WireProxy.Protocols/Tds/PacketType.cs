namespace WireProxy.Protocols.Tds;

/// <summary>What a packet carries (MS-TDS 2.2.3.1.1). A receiver ends the connection at any other value.</summary>
public enum PacketType : byte
{
    SqlBatch = 1,
    /// <summary>The login of clients before SQL Server 7.0; MS-TDS does not describe it.</summary>
    PreTds7Login = 2,
    Rpc = 3,
    /// <summary>All that a server sends: the answer to PRELOGIN too.</summary>
    TabularResult = 4,
    /// <summary>Has no data.</summary>
    Attention = 6,
    BulkLoad = 7,
    FederatedAuthenticationToken = 8,
    TransactionManagerRequest = 14,
    Login7 = 16,
    Sspi = 17,
    /// <summary>PRELOGIN, and the records of the TLS handshake in TDS 7.x (MS-TDS 2.2.6.5).</summary>
    PreLogin = 18,
}
