using Microsoft.Extensions.Logging;
using WireProxy.Access;
using WireProxy.Cli.Commands;

namespace WireProxy.Cli.Serving;

/// <summary>Begins to decide about logins.</summary>
internal static partial class Logins
{
    /// <summary>Null where nobody is known.</summary>
    /// <exception cref="UsageException">Passwords cannot be read, or the configuration cannot be used.</exception>
    public static async Task<LoginAuthority?> StartAsync(IdentityOptions? identity, ILogger log)
    {
        if (identity is null)
            return null;
        try
        {
            return await LoginAuthority.StartAsync(identity, notice => IdentityNotice(log, notice));
        }
        catch (Exception exception) when (exception is SecretUnavailableException or ArgumentException or FormatException)
        {
            throw new UsageException($"nobody could log in: {exception.Message}");
        }
    }

    [LoggerMessage(201, LogLevel.Warning, "Identities: {Notice}")]
    private static partial void IdentityNotice(ILogger log, string notice);
}
