using System.Text;
using FsCheck;
using FsCheck.Fluent;
using WireProxy.TestKit;

namespace WireProxy.Access.Tests.Scram;

public sealed class ScramPropertyTests
{
    private static readonly ScramVerifier Verifier = ScramKeys.Verifier("pencil"u8, new byte[16], 4096);

    [Test]
    public void One_changed_bit_of_a_final_message_never_lets_in() =>
        Prop.ForAll(ArbMap.Default.ArbFor<(int At, byte Bit)>(), change =>
        {
            using var password = new Secret("pencil"u8);
            var server = new ScramServer(Verifier);
            var client = new ScramClient(server.Mechanisms, default, password);
            byte[] final = client.Continue(server.Begin(client.Mechanism, client.Begin()));
            final[(int)((uint)change.At % final.Length)] ^= (byte)(1 << (change.Bit % 8));
            return !Lets(server, final);
        }).CheckSeeded();

    [Test]
    public void Any_bytes_are_refused_and_nothing_else_is_thrown() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
        {
            var server = new ScramServer(Verifier);
            try
            {
                server.Begin("SCRAM-SHA-256", [.. "n,,n="u8, .. bytes]);
                return !Lets(server, bytes);
            }
            catch (ScramException)
            {
                return true;
            }
        }).CheckSeeded();

    [Test]
    public void Every_password_opens_its_own_verifier() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonEmptyString>(), text =>
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(text.Get);
            using var password = new Secret(utf8);
            var server = new ScramServer(ScramKeys.Verifier(utf8, new byte[16], 4096));
            var client = new ScramClient(server.Mechanisms, default, password);
            return server.Finish(client.Continue(server.Begin(client.Mechanism, client.Begin())), out _);
        }).CheckSeeded();

    private static bool Lets(ScramServer server, byte[] final)
    {
        try
        {
            return server.Finish(final, out _);
        }
        catch (ScramException)
        {
            return false;
        }
    }
}
