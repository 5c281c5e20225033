using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Web;
using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Identity;

/// <summary>A real OpenID Connect provider: npm's <c>oidc-provider</c>, run by <c>provider/server.mjs</c>.</summary>
internal sealed class IdentityProvider : IDisposable
{
    private static readonly Lazy<Task<string>> Program = new(InstallAsync);

    private readonly Process _process;
    private readonly HttpClient _http = new();

    private IdentityProvider(Process process, int port)
    {
        _process = process;
        Issuer = $"http://127.0.0.1:{port}";
    }

    public string Issuer { get; }

    /// <exception cref="UnavailableException">Node.js, npm or its registry is not there.</exception>
    public static async Task<IdentityProvider> StartAsync()
    {
        var program = await Program.Value;
        var port = FreePort.Next();
        var start = new ProcessStartInfo("sh", ["-c", "exec node \"$0\" \"$1\" > \"$0.log\" 2>&1 < /dev/null", program, $"{port}"]);
        var process = Process.Start(start) ?? throw new UnavailableException("node did not start");
        Reaper.NoteProcess(process.Id);
        var provider = new IdentityProvider(process, port);
        await Until.TrueAsync(provider.AnswersAsync, TimeSpan.FromSeconds(60), () => $"the provider does not listen:\n{File.ReadAllText(program + ".log")}");
        return provider;
    }

    /// <summary>A token of a program, by its own credentials.</summary>
    /// <param name="algorithm">RS256 or ES256.</param>
    public Task<string> ProgramTokenAsync(string algorithm = "ES256", int seconds = 300, string audience = "wireproxy") => TokenAsync("nightly-report:nightly",
        ("grant_type", "client_credentials"), ("scope", "database"), ("resource", Resource(algorithm, seconds, audience)));

    /// <summary>A token of a person, who logs in at the provider's pages; a program acts for them.</summary>
    public async Task<string> PersonTokenAsync(string name, string algorithm = "RS256", int seconds = 300)
    {
        var resource = Resource(algorithm, seconds, "wireproxy");
        var callback = $"{Issuer}/callback";
        using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() });
        var next = new Uri($"{Issuer}/auth?client_id=workbench&response_type=code&scope=openid%20database"
            + $"&redirect_uri={Uri.EscapeDataString(callback)}&resource={Uri.EscapeDataString(resource)}");
        while (!next.AbsoluteUri.StartsWith(callback, StringComparison.Ordinal))
            next = await StepAsync(browser, next, name);
        var code = HttpUtility.ParseQueryString(next.Query)["code"] ?? throw new InvalidOperationException($"no code in {next}");
        return await TokenAsync("workbench:workbench",
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", callback), ("resource", resource));
    }

    /// <summary>New keys; <paramref name="keepsOld"/>: the old public ones are still told.</summary>
    public async Task RotateKeysAsync(bool keepsOld)
    {
        using var response = await _http.PostAsync(new Uri($"{Issuer}/rotate{(keepsOld ? "?keep" : "")}"), null);
        response.EnsureSuccessStatusCode();
    }

    public void Dispose()
    {
        _http.Dispose();
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private static string Resource(string algorithm, int seconds, string audience) => $"urn:wireproxy:{algorithm}:{seconds}:{audience}";

    /// <summary>Opens a page, follows it, or fills in its form: first the login, then the consent.</summary>
    private static async Task<Uri> StepAsync(HttpClient browser, Uri page, string name)
    {
        using var shown = await browser.GetAsync(page);
        if (shown.Headers.Location is { } onward)
            return new Uri(page, onward);
        var prompt = (await shown.Content.ReadAsStringAsync()).Contains("name=\"login\"", StringComparison.Ordinal) ? "login" : "consent";
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["prompt"] = prompt, ["login"] = name, ["password"] = "any" });
        using var sent = await browser.PostAsync(page, form);
        return new Uri(page, sent.Headers.Location ?? throw new InvalidOperationException($"{page}: {(int)sent.StatusCode}"));
    }

    private async Task<string> TokenAsync(string client, params (string Name, string Value)[] form)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Issuer}/token")
        {
            Content = new FormUrlEncodedContent(form.Select(pair => new KeyValuePair<string, string>(pair.Name, pair.Value))),
        };
        request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(client)));
        using var response = await _http.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        Assert.That(response.IsSuccessStatusCode, $"the provider gives no token: {body}");
        return JsonDocument.Parse(body).RootElement.GetProperty("access_token").GetString()!;
    }

    private async Task<bool> AnswersAsync()
    {
        if (_process.HasExited)
            throw new InvalidOperationException($"node ended with {_process.ExitCode}");
        try
        {
            using var response = await _http.GetAsync(new Uri($"{Issuer}/.well-known/openid-configuration"));
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>The packages of the lock file, once for a test run.</summary>
    /// <returns>The program.</returns>
    private static async Task<string> InstallAsync()
    {
        var directory = Path.Combine(AppContext.BaseDirectory, "Identity", "provider");
        try
        {
            // Scripts of packages do not run; where there is no registry that is soon known.
            string[] arguments =
                ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries", "1", "--fetch-retry-maxtimeout", "2000", "--prefix", directory];
            var installed = await new ProcessRunner("npm", arguments) { Timeout = TimeSpan.FromMinutes(4) }.FetchAsync();
            if (installed.ExitCode == 0)
                return Path.Combine(directory, "server.mjs");
            var why = installed.Error.Split('\n').FirstOrDefault(line => line.StartsWith("npm error", StringComparison.Ordinal));
            throw new UnavailableException($"npm cannot install oidc-provider here: {why}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new UnavailableException("npm is not installed");
        }
    }
}
