using Microsoft.Extensions.Logging;

namespace WireProxy.HttpConsole;

/// <summary>Everything the console logs. No token, password, purpose or header: names, numbers and fixed words.</summary>
internal sealed partial class ConsoleLog(ILogger logger)
{
    [LoggerMessage(101, LogLevel.Information, "The console accepts {Scheme} on {Address}")]
    public partial void ConsoleListening(string scheme, string address);

    [LoggerMessage(102, LogLevel.Information, "Credential {Credential} was issued for listener {Listener}, for {Seconds} s")]
    public partial void CredentialIssued(string credential, string listener, double seconds);

    [LoggerMessage(103, LogLevel.Information, "Credential {Credential} was revoked")]
    public partial void CredentialRevoked(string credential);

    [LoggerMessage(104, LogLevel.Warning, "The console refused a login: {Reason}")]
    public partial void ConsoleLoginRefused(string reason);

    [LoggerMessage(105, LogLevel.Error, "The console could not record what it did: the journal cannot be written")]
    public partial void ConsoleNotRecorded();

    [LoggerMessage(106, LogLevel.Error, "The console failed at a request")]
    public partial void ConsoleFailed(Exception exception);
}
