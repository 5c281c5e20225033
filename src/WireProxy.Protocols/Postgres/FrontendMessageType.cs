namespace WireProxy.Protocols.Postgres;

/// <summary>
/// First byte of the messages that a client sends after start-up (PostgreSQL documentation, section 54.7 "Message Formats",
/// marked F). SASLInitialResponse, SASLResponse and GSSResponse share the byte of PasswordMessage: which of them it is
/// follows from the Authentication request before it.
/// </summary>
public enum FrontendMessageType : byte
{
    Bind = (byte)'B',
    Close = (byte)'C',
    CopyData = (byte)'d',
    CopyDone = (byte)'c',
    CopyFail = (byte)'f',
    Describe = (byte)'D',
    Execute = (byte)'E',
    Flush = (byte)'H',
    FunctionCall = (byte)'F',
    Parse = (byte)'P',
    PasswordMessage = (byte)'p',
    Query = (byte)'Q',
    Sync = (byte)'S',
    Terminate = (byte)'X',
}
