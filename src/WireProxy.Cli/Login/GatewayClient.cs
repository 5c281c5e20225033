using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using WireProxy.Access;
using WireProxy.Cli.Commands;

namespace WireProxy.Cli.Login;

/// <summary>The gateway's console, seen from a shell.</summary>
internal sealed class GatewayClient : IDisposable
{
    private const int LargestAnswer = 4 << 20;

    private readonly HttpClient _http;

    /// <param name="authority">PEM file of the authorities that the console's certificate may come from; null: the system's.</param>
    /// <exception cref="UsageException">The URL would carry a proof in the clear, or the file cannot be used.</exception>
    public GatewayClient(string gateway, string? authority, Secret proof, string? user)
    {
        if (!Uri.TryCreate(gateway.TrimEnd('/') + "/", UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new UsageException($"--gateway takes the console's URL, such as https://gateway.example.org:8080, not '{gateway}'");
        if (url.Scheme == Uri.UriSchemeHttp && !IsThisMachine(url.Host))
            throw new UsageException("a token is not sent over http:// to another machine: use https://");
        // Of a proxy in the environment, or of a redirection, nobody has said that it may see the proof.
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(10) };
        if (authority is not null)
            handler.SslOptions.CertificateChainPolicy = TrustOnly(authority);
        _http = new HttpClient(handler) { BaseAddress = url, MaxResponseContentBufferSize = LargestAnswer, Timeout = TimeSpan.FromSeconds(30) };
        var text = Encoding.UTF8.GetString(proof.Utf8);
        // A header would break at it, and the framework's message is not for people.
        if (user is null && text.AsSpan().ContainsAnyExceptInRange('!', '~'))
            throw new UsageException("that is no token: it holds a space, a line end or a character outside of ASCII");
        _http.DefaultRequestHeaders.Authorization = user is null
            ? new AuthenticationHeaderValue("Bearer", text)
            : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{text}")));
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("wireproxy-login");
    }

    /// <summary>Asks for a credential.</summary>
    /// <exception cref="RefusedException">The gateway gives none.</exception>
    /// <exception cref="UsageException">The gateway cannot be reached.</exception>
    public async Task<JsonElement> IssueAsync(string listener, string? lifetime, string? purpose, CancellationToken cancellationToken)
    {
        var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("listener", listener);
            if (lifetime is not null)
                json.WriteString("lifetime", lifetime);
            if (purpose is not null)
                json.WriteString("purpose", purpose);
            json.WriteEndObject();
        }
        var content = new ByteArrayContent(body.ToArray());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return await SendAsync(HttpMethod.Post, "v1/credentials", content, cancellationToken);
    }

    /// <summary>The live ones that the caller may see.</summary>
    /// <inheritdoc cref="IssueAsync" path="/exception"/>
    public async Task<IReadOnlyList<JsonElement>> ListAsync(CancellationToken cancellationToken)
    {
        var answer = await SendAsync(HttpMethod.Get, "v1/credentials", null, cancellationToken);
        return [.. answer.GetProperty("credentials").EnumerateArray()];
    }

    /// <inheritdoc cref="IssueAsync" path="/exception"/>
    public Task RevokeAsync(string id, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, $"v1/credentials/{Uri.EscapeDataString(id)}", null, cancellationToken);

    public void Dispose() => _http.Dispose();

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        try
        {
            using var response = await _http.SendAsync(request, cancellationToken);
            var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            if (!response.IsSuccessStatusCode)
                throw Refusal(response, bytes);
            return bytes.Length == 0 ? default : Parse(bytes);
        }
        catch (HttpRequestException exception)
        {
            var hint = exception.InnerException is AuthenticationException ? " --cacert names the authority of its certificate." : "";
            throw new UsageException($"{_http.BaseAddress} cannot be reached: {(exception.InnerException ?? exception).Message}{hint}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new UsageException($"{_http.BaseAddress} did not answer in time");
        }
        catch (JsonException)
        {
            throw new UsageException($"{_http.BaseAddress} answered something that is no gateway's; --gateway takes the console's URL");
        }
    }

    private static RefusedException Refusal(HttpResponseMessage response, byte[] body)
    {
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
            return new RefusedException($"{(int)response.StatusCode} {response.ReasonPhrase}", null);
        var problem = Parse(body);
        return new RefusedException(
            problem.TryGetProperty("detail", out var detail) ? detail.ToString() : response.ReasonPhrase ?? "refused",
            problem.TryGetProperty("hint", out var hint) ? hint.ToString() : null);
    }

    private static JsonElement Parse(byte[] body)
    {
        using var document = JsonDocument.Parse(body);
        return document.RootElement.Clone();
    }

    private static bool IsThisMachine(string host) =>
        host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static X509ChainPolicy TrustOnly(string file)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            throw new UsageException($"--cacert: {exception.Message}");
        }
        return policy.CustomTrustStore.Count > 0 ? policy : throw new UsageException($"--cacert: {file} holds no certificate in PEM form");
    }
}

/// <summary>The gateway understood and said no.</summary>
internal sealed class RefusedException(string message, string? hint) : Exception(message)
{
    public string? Hint => hint;
}
