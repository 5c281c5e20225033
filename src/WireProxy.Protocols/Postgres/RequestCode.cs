namespace WireProxy.Protocols.Postgres;

/// <summary>
/// The first number of a startup packet that is no StartupMessage. They stand where a protocol version would stand: 1234 in
/// the upper 16 bits and a number in the lower that no version will have.
/// </summary>
public enum RequestCode
{
    CancelRequest = 80877102,
    SslRequest = 80877103,
    GssEncRequest = 80877104,
}
