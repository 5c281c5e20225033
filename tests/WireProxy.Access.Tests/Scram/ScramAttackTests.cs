using System.Text;

namespace WireProxy.Access.Tests.Scram;

public sealed class ScramAttackTests
{
    private const string Nonce = "abcdefgh";
    private static readonly byte[] EndPoint = [1, 2, 3];
    private static readonly ScramVerifier Verifier = ScramKeys.Verifier("pencil"u8, new byte[16], 4096);

    [TestCase("y,,n=,r=abc", "a downgrade from -PLUS was tried")]
    [TestCase("p=tls-server-end-point,,n=,r=abc", "a channel was bound without -PLUS")]
    [TestCase("n,a=admin,n=,r=abc", "an authorization identity is not supported")]
    [TestCase("n,,m=x,n=,r=abc", "a mandatory extension is not supported")]
    [TestCase("n,,n=,r=abc,m=x", "a mandatory extension is not supported")]
    [TestCase("n,,n=,r=", "the nonce is not printable")]
    [TestCase("n,,n=,r=a b", "the nonce is not printable")]
    [TestCase("n,,n=", "the nonce is missing")]
    [TestCase("n,,r=abc", "the user name is missing")]
    [TestCase("n,,n=,r=abc,", "an attribute is malformed")]
    [TestCase("n,,n=,r=abc,1=x", "an attribute is malformed")]
    [TestCase("x,,n=,r=abc", "the channel binding flag is unknown")]
    [TestCase("n", "the GS2 header is malformed")]
    [TestCase("", "the channel binding flag is missing")]
    public void What_a_client_must_not_begin_with_is_refused(string clientFirst, string reason)
    {
        var server = new ScramServer(Verifier, EndPoint);
        Assert.That(() => server.Begin("SCRAM-SHA-256", Bytes(clientFirst)), Throws.TypeOf<ScramException>().With.Message.EqualTo(reason));
    }

    [TestCase("n,,n=,r=abc", "-PLUS was chosen without binding the channel")]
    [TestCase("y,,n=,r=abc", "-PLUS was chosen without binding the channel")]
    [TestCase("p=tls-unique,,n=,r=abc", "the kind of channel binding is not supported")]
    public void Plus_without_its_binding_is_refused(string clientFirst, string reason)
    {
        var server = new ScramServer(Verifier, EndPoint);
        Assert.That(() => server.Begin("SCRAM-SHA-256-PLUS", Bytes(clientFirst)), Throws.TypeOf<ScramException>().With.Message.EqualTo(reason));
    }

    [TestCase("SCRAM-SHA-256-PLUS"), TestCase("SCRAM-SHA-1"), TestCase("PLAIN")]
    public void A_mechanism_that_was_not_offered_is_refused(string mechanism) =>
        Assert.That(() => new ScramServer(Verifier).Begin(mechanism, "n,,n=,r=abc"u8), Throws.TypeOf<ScramException>());

    [Test]
    public void A_client_that_could_bind_may_say_so_where_plus_was_not_offered() =>
        Assert.That(() => new ScramServer(Verifier).Begin("SCRAM-SHA-256", "y,,n=,r=abc"u8), Throws.Nothing);

    [Test]
    public void A_proof_for_another_exchange_is_refused_by_its_nonce()
    {
        using var password = new Secret("pencil"u8);
        var first = new ScramServer(Verifier);
        var client = new ScramClient(first.Mechanisms, default, password);
        byte[] begun = client.Begin();
        byte[] recorded = client.Continue(first.Begin(client.Mechanism, begun));
        Assert.That(first.Finish(recorded, out _), Is.True);

        var second = new ScramServer(Verifier);
        second.Begin(client.Mechanism, begun);
        Assert.That(() => second.Finish(recorded, out _), Throws.TypeOf<ScramException>().With.Message.Contains("nonce"));
    }

    [Test]
    public void A_login_that_somebody_passes_on_is_refused_by_its_channel()
    {
        using var password = new Secret("pencil"u8);
        var server = new ScramServer(Verifier, EndPoint);
        // The client talks to somebody with another certificate.
        var client = new ScramClient(server.Mechanisms, new byte[] { 9, 9, 9 }, password);
        byte[] final = client.Continue(server.Begin(client.Mechanism, client.Begin()));
        Assert.That(() => server.Finish(final, out _), Throws.TypeOf<ScramException>().With.Message.Contains("channel binding"));
    }

    [TestCase("c=biws,r=NONCE", "the proof is missing")]
    [TestCase("c=biws,r=NONCE,p=", "the proof has a wrong length")]
    [TestCase("c=biws,r=NONCE,p=AAAA", "the proof has a wrong length")]
    [TestCase("c=biws,r=NONCE,p=AA AA", "the proof is not base64")]
    [TestCase("c=biws,r=NONCE,p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=", "the proof is not base64")]
    [TestCase("c=biws,r=NONCE,p=====", "the proof is not base64")]
    [TestCase("c=biws,r=NONCE,m=x,p=PROOF", "a mandatory extension is not supported")]
    [TestCase("c=biws,r=NONCE,p=PROOF,x=y", "something follows the proof")]
    [TestCase("c=eSws,r=NONCE,p=PROOF", "the channel binding is not that of this connection")]
    [TestCase("r=NONCE,c=biws,p=PROOF", "the channel binding is missing")]
    [TestCase("c=biws,r=abcdefgh,p=PROOF", "the nonce is not that of this exchange")]
    [TestCase("c=biws,r=NONCEx,p=PROOF", "the nonce is not that of this exchange")]
    [TestCase("c=biws", "the nonce is missing")]
    public void What_a_client_must_not_end_with_is_refused(string clientFinal, string reason)
    {
        var server = new ScramServer(Verifier, default, "SERVER");
        server.Begin("SCRAM-SHA-256", Bytes($"n,,n=,r={Nonce}"));
        string message = clientFinal.Replace("NONCE", Nonce + "SERVER").Replace("PROOF", Convert.ToBase64String(new byte[32]));
        Assert.That(() => server.Finish(Bytes(message), out _), Throws.TypeOf<ScramException>().With.Message.EqualTo(reason));
    }

    [TestCase("r=other,s=AAAAAAAAAAAAAAAAAAAAAA==,i=4096", "the server's nonce does not extend ours")]
    [TestCase("r=abcdefgh,s=AAAAAAAAAAAAAAAAAAAAAA==,i=4096", "the server's nonce does not extend ours")]
    [TestCase("r=abcdefghX,s=,i=4096", "the salt is empty")]
    [TestCase("r=abcdefghX,s=A,i=4096", "the salt is not base64")]
    [TestCase("r=abcdefghX,s=AAAA", "the number of iterations is missing")]
    [TestCase("r=abcdefghX,s=AAAA,i=-1", "the number of iterations is malformed")]
    [TestCase("r=abcdefghX,s=AAAA,i=99999999999", "the number of iterations is malformed")]
    [TestCase("r=abcdefghX,s=AAAA,i=1", "the server asks for 1 iterations; 4096 to 2000000 are taken")]
    [TestCase("r=abcdefghX,s=AAAA,i=2000001", "the server asks for 2000001 iterations; 4096 to 2000000 are taken")]
    [TestCase("m=x,r=abcdefghX,s=AAAA,i=4096", "a mandatory extension is not supported")]
    [TestCase("r=abcdefghX,s=AAAA,i=4096,m=x", "a mandatory extension is not supported")]
    public void What_a_server_must_not_ask_gets_no_proof(string serverFirst, string reason)
    {
        using var password = new Secret("pencil"u8);
        var client = new ScramClient(["SCRAM-SHA-256"], default, password, null, Nonce);
        client.Begin();
        Assert.That(() => client.Continue(Bytes(serverFirst)), Throws.TypeOf<ScramException>().With.Message.EqualTo(reason));
    }

    [TestCase("v=AAAA"), TestCase("e=invalid-proof"), TestCase(""), TestCase("v=")]
    public void A_server_that_does_not_know_the_password_is_found_out(string serverFinal)
    {
        using var password = new Secret("pencil"u8);
        var client = new ScramClient(["SCRAM-SHA-256"], default, password, null, Nonce);
        client.Begin();
        client.Continue("r=abcdefghX,s=AAAA,i=4096"u8);
        Assert.That(() => client.Finish(Bytes(serverFinal)), Throws.TypeOf<ScramException>());
    }

    [Test]
    public void A_server_that_offers_nothing_known_is_refused()
    {
        using var password = new Secret("pencil"u8);
        Assert.That(() => new ScramClient(["SCRAM-SHA-1"], EndPoint, password), Throws.TypeOf<ScramException>());
        // Without TLS there is nothing to bind to.
        Assert.That(() => new ScramClient(["SCRAM-SHA-256-PLUS"], default, password), Throws.TypeOf<ScramException>());
    }

    [Test]
    public void A_message_that_is_too_long_is_not_read() =>
        Assert.That(() => new ScramServer(Verifier).Begin("SCRAM-SHA-256", Bytes("n,,n=,r=" + new string('x', 9_000))),
            Throws.TypeOf<ScramException>().With.Message.EqualTo("the message is too long"));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
