namespace WireProxy.Protocols.Tds.Messages;

/// <summary>The headers of <see cref="AllHeaders"/> (MS-TDS 2.2.5.3).</summary>
public enum RequestHeaderType : ushort
{
    QueryNotifications = 1,
    TransactionDescriptor = 2,
    TraceActivity = 3,
}
