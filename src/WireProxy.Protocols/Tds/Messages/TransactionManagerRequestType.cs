namespace WireProxy.Protocols.Tds.Messages;

/// <summary>What a transaction manager request asks for (MS-TDS 2.2.6.9). 5 and above came with TDS 7.2.</summary>
public enum TransactionManagerRequestType : ushort
{
    GetDtcAddress = 0,
    PropagateTransaction = 1,
    Begin = 5,
    Promote = 6,
    Commit = 7,
    Rollback = 8,
    Save = 9,
}

/// <summary>The isolation level that a transaction manager request asks for (MS-TDS 2.2.6.9).</summary>
public enum TransactionIsolation : byte
{
    /// <summary>The level that the session has.</summary>
    Current = 0,
    ReadUncommitted = 1,
    ReadCommitted = 2,
    RepeatableRead = 3,
    Serializable = 4,
    Snapshot = 5,
}
