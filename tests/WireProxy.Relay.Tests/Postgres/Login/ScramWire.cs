using System.Security.Cryptography;
using System.Text;
using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Postgres.Login;

/// <summary>A client that does SCRAM-SHA-256 by hand (RFC 5802), so that each of its messages can be made wrong.</summary>
internal sealed class ScramWire : IAsyncDisposable
{
    public const string Nonce = "rOprNGfwEbeRWgbNEkqO";

    private ScramWire(WireClient wire) => Wire = wire;

    public WireClient Wire { get; }

    /// <summary>n,, for a client without channel binding.</summary>
    public string Gs2Header { get; init; } = "n,,";

    public string Mechanism { get; init; } = "SCRAM-SHA-256";

    /// <summary>Of the server, once it has come.</summary>
    public string ServerFirst { get; private set; } = "";

    private string FirstBare { get; } = $"n=,r={Nonce}";

    public static async Task<ScramWire> ConnectAsync(int port) => new(await WireClient.ConnectAsync(port));

    public static async Task<ScramWire> ConnectAsync(int port, string mechanism, string gs2Header) =>
        new(await WireClient.ConnectAsync(port)) { Mechanism = mechanism, Gs2Header = gs2Header };

    /// <summary>Startup and the server's offer.</summary>
    public async Task<WireMessage> BeginAsync(string user, string? database = "postgres", int version = WireBuilder.Version30)
    {
        byte[] startup = database is null
            ? WireBuilder.Untyped(WireBuilder.Int32(version), WireBuilder.Text("user"), WireBuilder.Text(user), [0])
            : WireBuilder.Startup(user, database, version);
        await Wire.SendAsync(startup);
        return (await Wire.ReadAsync())!;
    }

    /// <summary>The first message; null where the server refuses it.</summary>
    public async Task<WireMessage> SendFirstAsync()
    {
        byte[] first = Encoding.UTF8.GetBytes(Gs2Header + FirstBare);
        await Wire.SendAsync(WireBuilder.Message('p', WireBuilder.Text(Mechanism), WireBuilder.Int32(first.Length), first));
        WireMessage answer = (await Wire.ReadAsync())!;
        if (answer.Type == 'R')
            ServerFirst = Encoding.UTF8.GetString(answer.Body.AsSpan(4));
        return answer;
    }

    /// <summary>The second message, with the proof that this password gives.</summary>
    public async Task SendProofAsync(string password, string? nonce = null, byte flip = 0)
    {
        string[] parts = ServerFirst.Split(',');
        byte[] salt = Convert.FromBase64String(parts[1][2..]);
        byte[] salted = Rfc2898DeriveBytes.Pbkdf2(
            Encoding.UTF8.GetBytes(password), salt, int.Parse(parts[2][2..]), HashAlgorithmName.SHA256, 32);
        string withoutProof = $"c={Convert.ToBase64String(Encoding.UTF8.GetBytes(Gs2Header))},r={nonce ?? parts[0][2..]}";
        byte[] clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
        byte[] signature = HMACSHA256.HashData(
            SHA256.HashData(clientKey), Encoding.UTF8.GetBytes($"{FirstBare},{ServerFirst},{withoutProof}"));
        byte[] proof = [.. clientKey.Zip(signature, (a, b) => (byte)(a ^ b))];
        proof[0] ^= flip;
        await Wire.SendAsync(WireBuilder.Message('p', Encoding.UTF8.GetBytes($"{withoutProof},p={Convert.ToBase64String(proof)}")));
    }

    public async Task ProveAsync(string password)
    {
        await SendFirstAsync();
        await SendProofAsync(password);
    }

    public ValueTask DisposeAsync() => Wire.DisposeAsync();
}
