using System.Text;

namespace WireProxy.Access.Tests.Scram;

public sealed class ScramExchangeTests
{
    private static readonly byte[] EndPoint = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    // RFC 7677, section 3.
    private const string ClientFirst = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    private const string ServerFirst = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    private const string ClientFinal =
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    private const string ServerFinal = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    [Test]
    public void The_server_says_what_the_RFC_says()
    {
        ScramVerifier verifier = ScramKeys.Verifier("pencil"u8, Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096);
        var server = new ScramServer(verifier, default, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");

        Assert.That(Text(server.Begin("SCRAM-SHA-256", Bytes(ClientFirst))), Is.EqualTo(ServerFirst));
        Assert.That(server.Finish(Bytes(ClientFinal), out byte[] serverFinal), Is.True);
        Assert.That(Text(serverFinal), Is.EqualTo(ServerFinal));
    }

    [Test]
    public void The_client_says_what_the_RFC_says()
    {
        using var password = new Secret("pencil"u8);
        var client = new ScramClient(["SCRAM-SHA-256"], default, password, null, "rOprNGfwEbeRWgbNEkqO") { UserName = "user" };

        Assert.That(Text(client.Begin()), Is.EqualTo(ClientFirst));
        Assert.That(Text(client.Continue(Bytes(ServerFirst))), Is.EqualTo(ClientFinal));
        Assert.That(() => client.Finish(Bytes(ServerFinal)), Throws.Nothing);
    }

    // Made by PostgreSQL 15: CREATE ROLE ... PASSWORD, of which pg_authid keeps SCRAM-SHA-256$ITERATIONS:SALT$STORED:SERVER.
    [TestCase("pencil", "90M2Guc4JIsIRRM0ifF7/g==",
        "nxSfmfuIb+xFOHCRdZVFgiK4n3BEoWfNkyyUoW1b70U=", "KMUne9mR4udYOdZV7h/TWyu11hqED2y3A6UZDVkpk30=")]
    [TestCase("\uFB01ne \u00FC \u2168\u03A9\uD55C", "YtvZEOvLOt15QkCiEZC3Ww==",
        "wwFcOuKuVEvkI3rldjgK/X5qul39LHPFmGlFtGwBssM=", "SE0zXvvuC5YH6ipYNKQ7/Ryvq6zH+pYsrWMAj7rvpXc=")]
    [TestCase("\uFB01", "sSuw062Jx7d8bf0pwu3w4w==",
        "k3/Lk5URSol+mmvW5OogmlFJuFOXiFjc4bWz/mENQRI=", "583jg3rUwTYo0KlN3dBMx5z5HBHYvVptHmJTNtNNN0k=")]
    [TestCase("x\u00AD\u1EF5\u0327\u0301\uFB03", "dVhprZPD5KJZekn+iHEh+w==",
        "sBPcWQM5nBF6r2FMVegaNQCSbi4VnTb0oCMlaXEOx/o=", "Rpe6WcTthbelojSuaKCT+KtBUbB0Y+0bM8qqoMcCWug=")]
    public void A_verifier_is_the_one_that_PostgreSQL_makes(string password, string salt, string storedKey, string serverKey)
    {
        ScramVerifier verifier = ScramKeys.Verifier(Bytes(password), Convert.FromBase64String(salt), 4096);
        Assert.That(Convert.ToBase64String(verifier.StoredKey.AsSpan()), Is.EqualTo(storedKey));
        Assert.That(Convert.ToBase64String(verifier.ServerKey.AsSpan()), Is.EqualTo(serverKey));
    }

    [TestCase(false, false, "SCRAM-SHA-256", "n,,")]
    [TestCase(true, false, "SCRAM-SHA-256", "y,,")]
    [TestCase(true, true, "SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,")]
    [TestCase(false, true, "SCRAM-SHA-256", "n,,")]
    public void The_client_binds_the_channel_where_it_can_and_says_so_where_the_server_cannot(
        bool clientCan, bool serverOffers, string mechanism, string header)
    {
        using var password = new Secret("pencil"u8);
        string[] offered = serverOffers ? ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"] : ["SCRAM-SHA-256"];
        var client = new ScramClient(offered, clientCan ? EndPoint : default(ReadOnlyMemory<byte>), password);
        Assert.That(client.Mechanism, Is.EqualTo(mechanism));
        Assert.That(Text(client.Begin()), Does.StartWith(header));
    }

    [Test]
    public void Both_sides_understand_each_other_with_and_without_a_bound_channel([Values] bool isBound)
    {
        byte[] endPoint = isBound ? EndPoint : [];
        using var password = new Secret("correct horse"u8);
        var server = new ScramServer(Verifier("correct horse"), endPoint);
        var client = new ScramClient(server.Mechanisms, endPoint, password);

        Assert.That(server.Finish(client.Continue(server.Begin(client.Mechanism, client.Begin())), out byte[] final), Is.True);
        Assert.That(() => client.Finish(final), Throws.Nothing);
        Assert.That(client.Mechanism.EndsWith("-PLUS", StringComparison.Ordinal), Is.EqualTo(isBound));
    }

    [Test]
    public void A_wrong_password_proves_nothing_and_gets_no_signature()
    {
        using var password = new Secret("battery staple"u8);
        var server = new ScramServer(Verifier("correct horse"));
        var client = new ScramClient(server.Mechanisms, default, password);
        Assert.That(server.Finish(client.Continue(server.Begin(client.Mechanism, client.Begin())), out byte[] final), Is.False);
        Assert.That(final, Is.Empty);
    }

    [Test]
    public void Keys_of_an_upstream_are_derived_once_for_each_password_and_salt()
    {
        using var cache = new ScramKeyCache(capacity: 2);
        using var password = new Secret("correct horse"u8);
        using var other = new Secret("battery staple"u8);
        ScramVerifier verifier = Verifier("correct horse");

        Assert.That(LogIn(verifier, password, cache), Is.True);
        Assert.That(LogIn(verifier, password, cache), Is.True);
        Assert.That(cache.Derivations, Is.EqualTo(1));
        Assert.That(LogIn(verifier, other, cache), Is.False);
        Assert.That(LogIn(Verifier("correct horse", salt: 2), password, cache), Is.True);
        Assert.That(cache.Derivations, Is.EqualTo(3));
        // The first is the oldest of three and had to go.
        Assert.That(LogIn(verifier, password, cache), Is.True);
        Assert.That(cache.Derivations, Is.EqualTo(4));
    }

    private static bool LogIn(ScramVerifier verifier, Secret password, ScramKeyCache cache)
    {
        var server = new ScramServer(verifier);
        var client = new ScramClient(server.Mechanisms, default, password, cache);
        return server.Finish(client.Continue(server.Begin(client.Mechanism, client.Begin())), out _);
    }

    private static ScramVerifier Verifier(string password, byte salt = 1) =>
        ScramKeys.Verifier(Bytes(password), [.. Enumerable.Repeat(salt, 16)], 4096);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
