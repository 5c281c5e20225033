using WireProxy.Access;
using WireProxy.Relay;

namespace WireProxy.Cli.Configuration;

/// <summary>
/// Whether the gateway's own credentials would be told to others than the database. SQL Server's login holds a password that is obfuscated and
/// not encrypted (MS-TDS 2.2.6.4), and PostgreSQL takes a token as a password in the clear: nothing hides them but the connection.
/// </summary>
internal static class UpstreamSecrecy
{
    /// <param name="section">Of <c>upstream</c>.</param>
    public static void Check(Section section, WireProtocol protocol, UpstreamOptions upstream)
    {
        if (upstream.IsThisMachine)
            return;
        UpstreamLogin[] logins = [.. Logins(upstream)];
        if (upstream.CleartextCredentials && logins.Any(login => login.Password is not null))
            section.Warning("cleartext_credentials", $"whoever is on the way to {upstream.Host} can read the gateway's password or token");
        var tells = logins.Any(login => login.SendsToken || (protocol == WireProtocol.Tds && login.Password is not null));
        if (!tells || upstream.CleartextCredentials)
            return;
        var key = upstream.Credentials is null ? "catalog" : "credentials";
        if (upstream.Tls.Mode == UpstreamTlsMode.Disable)
            section.Error(key, $"would pass unencrypted to {upstream.Host}, and the login hides nothing: encrypt with 'tls', or set 'cleartext_credentials: true'");
        else if (protocol == WireProtocol.Tds && upstream.Tls.Encryption == TdsEncryption.Login && logins.Any(login => login.SendsToken))
            section.Error(key, "a token is longer than what 'tls: { encryption: login }' encrypts: use full or strict");
        else if (upstream.Tls.Mode != UpstreamTlsMode.VerifyFull)
            section.Warning(key, "the password or token is told to whoever answers, because only 'tls: { mode: verify-full }' checks who the server is");
    }

    private static IEnumerable<UpstreamLogin> Logins(UpstreamOptions upstream)
    {
        IEnumerable<UpstreamLogin?> all = [upstream.Catalog, upstream.Credentials?.Default, .. upstream.Credentials?.ByGroup.Select(group => group.Login) ?? []];
        return all.OfType<UpstreamLogin>();
    }
}
