using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace WireProxy.Access;

/// <summary>Fetches a provider's keys over HTTPS: the discovery document first, where the configuration names no URL of the keys.</summary>
internal sealed class KeyFetcher : IDisposable
{
    private const int MostBytes = 1024 * 1024;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly string _issuer;
    private readonly KeyLocation.Remote _location;
    private readonly Uri _start;
    private readonly HttpClient _client;

    /// <exception cref="ArgumentException">A URL is neither HTTPS nor on loopback, or the root certificates cannot be read.</exception>
    public KeyFetcher(string issuer, KeyLocation.Remote location)
    {
        _issuer = issuer;
        _location = location;
        _start = location.Url ?? DiscoveryUrl(issuer);
        CheckUrl(_start);
        // A redirection could lead anywhere, such as to a plain address inside the network.
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = Timeout, UseProxy = _start.Scheme == "https" };
        if (location.RootCertificate is { } file) handler.SslOptions.CertificateChainPolicy = TrustOnly(file);
        _client = new HttpClient(handler) { Timeout = Timeout, MaxResponseContentBufferSize = MostBytes };
    }

    public string Name => _issuer;

    /// <exception cref="HttpRequestException">The server cannot be reached or refuses.</exception>
    /// <exception cref="FormatException">It answers something else than it should.</exception>
    public async Task<VerificationKeys> FetchAsync(CancellationToken cancellationToken)
    {
        Uri url = _location.Url is null ? await DiscoverAsync(cancellationToken) : _start;
        return VerificationKeys.Parse(await GetAsync(url, cancellationToken));
    }

    public void Dispose() => _client.Dispose();

    /// <summary>HTTPS, or HTTP to this machine itself, which tests and sidecars use.</summary>
    /// <exception cref="ArgumentException">It is another.</exception>
    internal static void CheckUrl(Uri url)
    {
        bool isPrivate = url is { IsAbsoluteUri: true, Scheme: "http" }
            && (url.Host == "localhost" || (IPAddress.TryParse(url.Host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address)));
        if (!isPrivate && url is not { IsAbsoluteUri: true, Scheme: "https" })
            throw new ArgumentException($"Keys are fetched over HTTPS, or HTTP from loopback, and not from {url}.", nameof(url));
    }

    /// <summary>OpenID Connect Discovery 1.0, section 4.1.</summary>
    private static Uri DiscoveryUrl(string issuer) =>
        Uri.TryCreate(issuer.TrimEnd('/') + "/.well-known/openid-configuration", UriKind.Absolute, out Uri? url) ? url
        : throw new ArgumentException($"The issuer {issuer} is not a URL: say where its keys are.", nameof(issuer));

    private async Task<Uri> DiscoverAsync(CancellationToken cancellationToken)
    {
        byte[] json = await GetAsync(_start, cancellationToken);
        try
        {
            using JsonDocument document = StrictJson.ParseObject(json);
            // Section 4.3: it must be the same. Else one provider's server could speak for another.
            if (Member(document.RootElement, "issuer") is var issuer && issuer != _issuer)
                throw new FormatException(issuer?.TrimEnd('/') == _issuer.TrimEnd('/')
                    ? "The discovery document writes the issuer with another end: a slash counts." : "The discovery document is another issuer's.");
            if (!Uri.TryCreate(Member(document.RootElement, "jwks_uri"), UriKind.Absolute, out Uri? keys))
                throw new FormatException("The discovery document has no jwks_uri.");
            CheckUrl(keys);
            // Nobody but ourselves sends us to a server of this machine.
            return keys.Scheme == "https" || _start.Scheme == "http" ? keys : throw new FormatException("The discovery document's jwks_uri is not HTTPS.");
        }
        catch (ArgumentException exception)
        {
            throw new FormatException(exception.Message, exception);
        }
    }

    private async Task<byte[]> GetAsync(Uri url, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (_location.BearerToken is { } source)
        {
            using Secret token = await source.ReadAsync(cancellationToken);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Encoding.UTF8.GetString(token.Utf8));
        }
        using HttpResponseMessage response = await _client.SendAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.OK) throw new HttpRequestException($"{url} answers {(int)response.StatusCode}.");
        return await response.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    private static string? Member(JsonElement document, string name) =>
        document.TryGetProperty(name, out JsonElement value) && ClaimValue.TryString(value, out string? text) ? text : null;

    private static X509ChainPolicy TrustOnly(string file)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            throw new ArgumentException($"The root certificates {file} cannot be read: {exception.Message}", nameof(file), exception);
        }
        return policy.CustomTrustStore.Count > 0 ? policy : throw new ArgumentException($"There is no certificate in {file}.", nameof(file));
    }
}
