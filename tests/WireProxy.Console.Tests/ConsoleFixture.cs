using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using WireProxy.Access;
using WireProxy.Capture;
using WireProxy.HttpConsole;
using WireProxy.TestKit;

namespace WireProxy.Console.Tests;

/// <summary>A console on loopback with a provider, a local user and a journal; each test has its own.</summary>
internal abstract class ConsoleFixture
{
    protected const string AlicePassword = "alice's own password";

    private TemporaryDirectory _directory = null!;
    private TestProvider _provider = null!;
    private HttpClient _client = null!;

    protected LoginAuthority Logins { get; private set; } = null!;

    protected ConsoleServer Server { get; private set; } = null!;

    protected Journal Journal { get; private set; } = null!;

    protected CapturedLog Log { get; } = new();

    protected string JournalDirectory => _directory["journal"];

    [SetUp]
    public async Task StartConsole()
    {
        _directory = new TemporaryDirectory();
        _provider = new TestProvider(_directory["jwks.json"]);
        Logins = await LoginAuthority.StartAsync(new IdentityOptions
        {
            Users = [new LocalUser("alice", new LiteralSecret(AlicePassword), ["analysts"])],
            Oidc = [new OidcProviderOptions(TestProvider.Issuer, [TestProvider.Audience]) { Keys = new KeyLocation.LocalFile(_directory["jwks.json"]) }],
            Credentials = new IssuedCredentialOptions { PerIdentity = 3 },
            FailureLimits = new FailureLimits { PerName = 4 },
        });
        // Small segments: a directory that is gone is noticed when the next one begins.
        Journal = Journal.Open(new JournalOptions { Directory = JournalDirectory, SegmentBytes = 1 << 10 }, TimeProvider.System);
        Server = await ConsoleServer.StartAsync(Options(_directory), new ConsoleServices(Log, TimeProvider.System)
        {
            Logins = Logins,
            Credentials = Logins.Credentials,
            Listeners = Listeners,
            Journal = Journal,
            StrictJournal = true,
            PolicyHash = "abc",
        });
        _client = new HttpClient(Handler()) { BaseAddress = new Uri($"{Scheme}://127.0.0.1:{Server.Address.Port}") };
    }

    [TearDown]
    public async Task StopConsole()
    {
        _client.Dispose();
        await Server.DisposeAsync();
        await Journal.DisposeAsync();
        await Logins.DisposeAsync();
        _provider.Dispose();
        _directory.Dispose();
    }

    protected virtual string Scheme => "http";

    protected virtual ConsoleOptions Options(TemporaryDirectory directory) =>
        new(new IPEndPoint(IPAddress.Loopback, FreePort.Next())) { Administrators = ["admins"] };

    protected virtual HttpMessageHandler Handler() => new SocketsHttpHandler();

    private static ImmutableArray<ConsoleListener> Listeners =>
    [
        new("clinic", "postgres", new IPEndPoint(IPAddress.Any, 6432), "require", "clinic", TakesCredentials: true),
        new("sql", "tds", new IPEndPoint(IPAddress.Loopback, 1433), "off", null, TakesCredentials: true),
        new("relayed", "postgres", new IPEndPoint(IPAddress.Loopback, 6433), "off", null, TakesCredentials: false),
    ];

    protected AuthenticationHeaderValue Bearer(string subject, params string[] groups) => new("Bearer", _provider.Token(subject, groups));

    protected static AuthenticationHeaderValue Basic(string name, string password) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{password}")));

    protected async Task<Answer> SendAsync(HttpMethod method, string path, AuthenticationHeaderValue? who, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.Authorization = who;
        using HttpResponseMessage response = await _client.SendAsync(request);
        byte[] body = await response.Content.ReadAsByteArrayAsync();
        return new Answer(
            response.StatusCode, response.Content.Headers.ContentType?.MediaType, body.Length == 0 ? default : JsonDocument.Parse(body).RootElement,
            response.Headers.Concat(response.Content.Headers).ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase));
    }

    protected Task<Answer> IssueAsync(AuthenticationHeaderValue who, object request) =>
        SendAsync(HttpMethod.Post, "/v1/credentials", who, JsonContent.Create(request));

    protected Task<Answer> ListAsync(AuthenticationHeaderValue who) => SendAsync(HttpMethod.Get, "/v1/credentials", who);

    protected Task<Answer> RevokeAsync(AuthenticationHeaderValue who, string id) => SendAsync(HttpMethod.Delete, $"/v1/credentials/{id}", who);

    /// <summary>Logs in as a client of a listener would that sends its password inside TLS.</summary>
    protected ValueTask<LoginOutcome> LogInAsync(string listener, string name, string password) =>
        Logins.VerifyPasswordAsync(new LoginAttempt(listener, name, IPAddress.Loopback, IsEncrypted: true), password, CancellationToken.None);
}

/// <summary>What the console answered.</summary>
internal sealed record Answer(HttpStatusCode Status, string? ContentType, JsonElement Body, IReadOnlyDictionary<string, string> Headers)
{
    public string Text(string name) => Body.GetProperty(name).ToString();

    /// <summary>For an assertion's message.</summary>
    public override string ToString() => $"{(int)Status} {Body}";
}

/// <summary>Keeps every line that is logged.</summary>
internal sealed class CapturedLog : ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public string Text => string.Join('\n', _lines);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue($"{logLevel}: {formatter(state, exception)} {exception}");
}
