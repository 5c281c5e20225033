using System.Collections.Concurrent;
using System.Net;
using System.Text;
using WireProxy.TestKit;

namespace WireProxy.Access.Tests.Oidc;

/// <summary>A provider's HTTP server on loopback: answers what a test puts there, and counts.</summary>
internal sealed class KeyServer : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Task _serving;

    public KeyServer()
    {
        Url = $"http://127.0.0.1:{FreePort.Next()}";
        _listener.Prefixes.Add(Url + "/");
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>Without a slash at its end.</summary>
    public string Url { get; }

    /// <summary>By path; what is not there is 404.</summary>
    public ConcurrentDictionary<string, (int Status, string Body)> Pages { get; } = new();

    /// <summary>Method, path and query of each request, and its headers that matter.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public int Count(string path) => Requests.Count(request => request.StartsWith($"GET {path}", StringComparison.Ordinal));

    public void PublishKeys(params TokenForge[] keys) => Pages["/jwks"] = (200, TokenForge.KeySet(keys));

    public void PublishDiscovery(string? issuer = null, string? jwksUri = null) => Pages["/.well-known/openid-configuration"] =
        (200, $$"""{"issuer":"{{issuer ?? Url}}","jwks_uri":"{{jwksUri ?? Url + "/jwks"}}","response_types_supported":["code"]}""");

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
                Answer(await _listener.GetContextAsync());
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    private void Answer(HttpListenerContext context)
    {
        try
        {
            Say(context);
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException or IOException)
        {
            // The client did not wait for it; the next one is served.
        }
    }

    private void Say(HttpListenerContext context)
    {
        Requests.Enqueue($"{context.Request.HttpMethod} {context.Request.RawUrl} {context.Request.Headers["Authorization"]}{context.Request.Headers["Metadata"]}"
            + context.Request.Headers["X-IDENTITY-HEADER"]);
        (int status, string body) = Pages.GetValueOrDefault(context.Request.Url!.AbsolutePath, (404, ""));
        context.Response.StatusCode = status;
        if (status is 301 or 302)
            context.Response.RedirectLocation = body;
        context.Response.ContentType = "application/json";
        context.Response.Close(Encoding.UTF8.GetBytes(body), willBlock: false);
    }
}
