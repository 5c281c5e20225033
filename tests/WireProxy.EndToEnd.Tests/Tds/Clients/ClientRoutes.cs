using System.Collections.Concurrent;
using System.Text.Json;
using WireProxy.TdsStandIn;
using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Tds.Clients;

/// <summary>How a gateway in front of the clients' database encrypts, on each of its two legs.</summary>
/// <param name="ClientTls">prefer, require or strict; null: none.</param>
/// <param name="Server">What the server does.</param>
/// <param name="Judges">It has a policy, of which nothing touches what the clients use.</param>
public sealed record ClientRoute(string? ClientTls, TdsEncryption Server, bool Judges)
{
    public static ClientRoute Plain { get; } = new(null, TdsEncryption.None, false);

    public static ClientRoute PlainJudged { get; } = new(null, TdsEncryption.None, true);

    /// <summary>The client encrypts as it likes; the gateway encrypts its login alone.</summary>
    public static ClientRoute PreferToLogin { get; } = new("prefer", TdsEncryption.LoginOnly, true);

    public static ClientRoute PreferToPlain { get; } = new("prefer", TdsEncryption.None, true);

    public static ClientRoute RequireToFull { get; } = new("require", TdsEncryption.Required, true);

    public static ClientRoute PlainToStrict { get; } = new(null, TdsEncryption.Strict, true);

    public static ClientRoute StrictToStrict { get; } = new("strict", TdsEncryption.Strict, false);

    public static ClientRoute StrictToPlain { get; } = new("strict", TdsEncryption.None, true);

    /// <summary>The gateway decides about logins: <see cref="ClientRoutes.User"/> may come, and gets the gateway's own login.</summary>
    public static ClientRoute OwnLogin { get; } = new("require", TdsEncryption.Required, true) { DecidesLogins = true };

    public bool DecidesLogins { get; private init; }

    /// <summary>As <see cref="OwnLogin"/>, for whom the gateway has issued a credential.</summary>
    public static ClientRoute Issued { get; } = OwnLogin with { IsIssued = true };

    public bool IsIssued { get; private init; }

    public override string ToString() => $"{ClientTls ?? "plain"} to {Server}{(Judges ? ", judged" : "")}{(DecidesLogins ? ", with the gateway's login" : "")}{(IsIssued ? ", an issued credential" : "")}";
}

/// <summary>Servers with the clients' database, and a gateway for each route that is asked for. Shared by the fixtures.</summary>
internal static class ClientRoutes
{
    /// <summary>Of the gateway's, not the server's.</summary>
    public const string User = "alice";

    /// <summary>As long as an issued credential's.</summary>
    public const string UserPassword = "0123456789abcdefghijklmnopqrstuv";

    private const string Policy = """
        version: 1
        protect:
          - columns: [dbo.elsewhere.secret]
            mask: redact
        rules:
          - name: no-destruction
            when: { statement: [DROP DATABASE] }
            then: block
        """;

    private static readonly ConcurrentDictionary<TdsEncryption, Lazy<Task<TdsStandInServer>>> Servers = new();
    private static readonly ConcurrentDictionary<ClientRoute, Lazy<Task<GatewayProcess>>> Gateways = new();

    private static readonly ConcurrentDictionary<ClientRoute, int> Consoles = new();

    /// <summary>What a client logs in with, where it is not the server's.</summary>
    public static async Task<(string User, string Password)> LoginOfAsync(ClientRoute route)
    {
        if (!route.IsIssued)
            return (User, UserPassword);
        await Until.TrueAsync(
            async () => (await GatewayAsync(route)).Log.Contains("ConsoleListening", StringComparison.Ordinal), TimeSpan.FromSeconds(30), () => "no console");
        var result = await new ProcessRunner(
            GatewayProcess.Program, "login", "--gateway", $"http://127.0.0.1:{ConsoleOf(route)}", "--listener", "clinic", "--user", User, "--format", "json", "-")
        {
            Input = UserPassword,
        }.RunAsync();
        Assert.That(result.ExitCode, Is.Zero, result.ToString);
        var credential = JsonDocument.Parse(result.Output).RootElement;
        return (credential.GetProperty("username").GetString()!, credential.GetProperty("password").GetString()!);
    }

    private static int ConsoleOf(ClientRoute route) => Consoles.GetOrAdd(route, _ => FreePort.Next());

    public static Task<GatewayProcess> GatewayAsync(ClientRoute route) => Gateways.GetOrAdd(route, given => new(() => StartAsync(given))).Value;

    public static async Task StopAsync()
    {
        foreach (var gateway in Gateways.Values.Where(started => started.Value.IsCompletedSuccessfully))
            await (await gateway.Value).DisposeAsync();
        foreach (var server in Servers.Values.Where(started => started.Value.IsCompletedSuccessfully))
            await (await server.Value).DisposeAsync();
    }

    private static async Task<GatewayProcess> StartAsync(ClientRoute route)
    {
        TdsStandInServer server = await Servers.GetOrAdd(route.Server, encryption => new(() => TdsClinic.StartClientsServerAsync(encryption))).Value;
        return await TdsClinic.StartAsync(server, settings => settings with
        {
            ClientTls = route.ClientTls,
            UpstreamTls = route.Server == TdsEncryption.None ? "disable" : "verify-full",
            UpstreamRoot = route.Server == TdsEncryption.None ? null : TdsClinic.AuthorityFile,
            UpstreamEncryption = route.Server switch { TdsEncryption.LoginOnly => "login", TdsEncryption.Strict => "strict", _ => null },
            Policy = route.Judges ? Policy : null,
            Credentials = route.DecidesLogins ? "{ username: sa, password: { env: CATALOG_PASSWORD } }" : null,
            More = route.DecidesLogins
                ? $"identity: {{ users: [{{ name: {User}, password: {UserPassword} }}] }}\nconsole: {{ address: \"127.0.0.1:{ConsoleOf(route)}\" }}" : null,
        });
    }
}
