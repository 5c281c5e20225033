using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tests.Wire;

public sealed class ByteStringTests
{
    [Test]
    public void Equal_bytes_are_equal_strings()
    {
        ByteString one = "Zoë";
        var other = new ByteString("Zoë"u8);
        Assert.That(one, Is.EqualTo(other));
        Assert.That(one.GetHashCode(), Is.EqualTo(other.GetHashCode()));
        Assert.That(one == "Zoe", Is.False);
        Assert.That(one != "Zoe");
        Assert.That(default(ByteString), Is.EqualTo(new ByteString([])));
    }

    [Test]
    public void Bytes_that_are_not_utf_8_are_kept_as_they_came()
    {
        var latin = new ByteString([0x5A, 0x6F, 0xEB]);
        Assert.That(latin.Text, Is.EqualTo("Zo\uFFFD"));
        Assert.That(latin.Memory.ToArray(), Is.EqualTo(new byte[] { 0x5A, 0x6F, 0xEB }));
    }

    [Test]
    public void A_printed_message_shows_no_content()
    {
        const string secret = "invented-word";
        object[] messages =
        [
            new PasswordMessage(secret), new SaslResponse(secret), new SaslInitialResponse("SCRAM-SHA-256", secret),
            new BackendKeyData(1, secret), new ParameterStatus("x", secret), new NotificationResponse(1, "x", secret),
            new CancelRequest(1, secret), new Authentication.SaslContinue(secret), new StartupParameter("x", secret),
            new ErrorField(ErrorFieldCode.Message, secret), new GssResponse(secret),
        ];
        Assert.That(messages.Select(message => message.ToString()), Has.None.Contains(secret));
    }
}
