namespace WireProxy.Protocols.Postgres;

/// <summary>The backend's transaction state in ReadyForQuery.</summary>
public enum TransactionStatus : byte
{
    Idle = (byte)'I',
    InTransaction = (byte)'T',
    Failed = (byte)'E',
}
