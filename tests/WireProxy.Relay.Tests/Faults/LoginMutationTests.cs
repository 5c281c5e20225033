using System.Net.Sockets;
using System.Text;
using WireProxy.Access;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Tests.Tds.Login;
using WireProxy.TestKit;
using WireProxy.TestKit.Tds;

namespace WireProxy.Relay.Tests.Faults;

/// <summary>Logins with a few bytes changed, cut or doubled: each is refused or taken in words, none surprises the gateway.</summary>
internal sealed class LoginMutationTests : TdsLoginFixture
{
    private const int Rounds = 400;

    [Test]
    public async Task Of_PostgreSQL([Values(1, 2, 3)] int seed)
    {
        await using LoginAuthority logins = await LogInsAsync();
        // It is never reached: nobody can prove anything.
        LocalGateway gateway = StartGateway(logins, ByPassword, change: listener => listener with { Protocol = WireProtocol.Postgres });
        var random = new Random(seed);
        byte[] scram = Encoding.ASCII.GetBytes("n,,n=,r=rOprNGfwEbeRWgbNEkqO");
        byte[][] login =
        [
            WireBuilder.Startup(seed == 1 ? "alice" : "token", "clinic"),
            seed == 1 ? WireBuilder.Message('p', WireBuilder.Text("SCRAM-SHA-256"), WireBuilder.Int32(scram.Length), scram) : WireBuilder.Password("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln"),
            WireBuilder.Message('p', Encoding.ASCII.GetBytes("c=biws,r=rOprNGfwEbeRWgbNEkqOx,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=")),
        ];
        for (int round = 0; round < Rounds; round++)
            await SayAsync(gateway, login, random);

        AssertNothingSurprised(gateway);
    }

    [Test]
    public async Task Of_SQL_Server([Values(1, 2, 3)] int seed)
    {
        await using LoginAuthority logins = await LogInsAsync();
        LocalGateway gateway = StartGateway(logins, ByPassword);
        var random = new Random(seed);
        TdsLogin with = seed switch
        {
            1 => GoodLogin with { Password = "a guess" },
            2 => Federated(SecurityToken("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln")),
            _ => Federated(new FederatedAuthenticationFeature(FederatedAuthenticationLibrary.Adal, true, default, new ByteString([1]))),
        };
        byte[][] login =
        [
            Packet(PacketType.PreLogin, TdsClient.PreLoginPayload(with)), Packet(PacketType.Login7, TdsClient.LoginPayload(with)),
            Packet(PacketType.FederatedAuthenticationToken, [8, 0, 0, 0, 4, 0, 0, 0, (byte)'x', 0, (byte)'y', 0]),
        ];
        for (int round = 0; round < Rounds; round++)
            await SayAsync(gateway, login, random);

        AssertNothingSurprised(gateway);
    }

    private static async Task<LoginAuthority> LogInsAsync() => await LoginAuthority.StartAsync(new IdentityOptions
    {
        Users = [new LocalUser("alice", new LiteralSecret("alices-own-password"), [])],
        Oidc = [new OidcProviderOptions("https://login.example.org", ["wireproxy"]) { Keys = new KeyLocation.LocalFile("no-such-file") }],
        FailureLimits = new FailureLimits { PerName = 100_000, PerAddress = 100_000 },
    });

    /// <summary>Says all of it, each part after an answer to the one before, as far as the gateway hears it.</summary>
    private static async Task SayAsync(LocalGateway gateway, byte[][] parts, Random random)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync("127.0.0.1", gateway.Port);
        int changed = random.Next(parts.Length);
        byte[] buffer = new byte[4096];
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        try
        {
            for (int i = 0; i < parts.Length; i++)
            {
                await socket.SendAsync(i == changed ? Mutated(parts[i], random) : parts[i], patience.Token);
                // What was cut short waits for more, which does not come.
                if (i == changed)
                    break;
                if (await socket.ReceiveAsync(buffer, patience.Token) == 0)
                    return;
            }
            socket.Shutdown(SocketShutdown.Send);
            while (await socket.ReceiveAsync(buffer, patience.Token) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // It has had enough.
        }
    }

    private static byte[] Mutated(byte[] bytes, Random random)
    {
        List<byte> changed = [.. bytes];
        for (int count = random.Next(1, 4); count > 0; count--)
        {
            int at = random.Next(changed.Count);
            switch (random.Next(5))
            {
                case 0: changed[at] = (byte)random.Next(256); break;
                case 1: changed[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: changed[at] = random.Next(2) == 0 ? (byte)0 : (byte)0xFF; break;
                case 3: changed.RemoveRange(at, Math.Min(random.Next(1, 9), changed.Count - at)); break;
                default: changed.InsertRange(at, changed.GetRange(at, Math.Min(random.Next(1, 9), changed.Count - at))); break;
            }
            if (changed.Count == 0)
                changed.Add(0);
        }
        return [.. changed];
    }

    private static byte[] Packet(PacketType type, byte[] payload)
    {
        int length = payload.Length + PacketHeader.Size;
        return [(byte)type, 1, (byte)(length >> 8), (byte)length, 0, 0, 1, 0, .. payload];
    }

    private void AssertNothingSurprised(LocalGateway gateway)
    {
        Assert.That(() => gateway.SessionCount, Is.Zero.After(60_000, 50), "sessions are left");
        Assert.That(Log.Text.Split('\n').Where(line => line.StartsWith("Error", StringComparison.Ordinal) || line.Contains("internal error", StringComparison.Ordinal)), Is.Empty);
        Assert.That(Log.Text, Does.Contain("ended at"), "they were heard");
    }
}
