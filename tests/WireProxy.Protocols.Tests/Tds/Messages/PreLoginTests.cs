using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tests.Tds.Messages;

public sealed class PreLoginTests
{
    private static readonly PreLogin Client = new PreLogin(
        [new PreLoginOption(PreLoginOptionType.Version, PreLogin.VersionData(16, 1, 0x0203, 4))])
        .With(PreLoginOptionType.Encryption, new ByteString([PreLoginEncryption.On]))
        .With(PreLoginOptionType.Mars, new ByteString([1]));

    private static byte[] Encode(PreLogin preLogin)
    {
        using var writer = new WireWriter();
        preLogin.Encode(writer);
        return writer.WrittenSpan.ToArray();
    }

    [Test]
    public void Options_are_told_by_name()
    {
        Assert.That(Client.Version.Span.ToArray(), Is.EqualTo(new byte[] { 16, 1, 2, 3, 0, 4 }));
        Assert.That(Client.Encryption, Is.EqualTo(PreLoginEncryption.On));
        Assert.That(Client.Mars);
        Assert.That(Client.FederatedAuthenticationRequired, Is.Null);
        Assert.That(Client.Nonce, Is.Null);
        Assert.That(PreLogin.Decode(Encode(Client)), Is.EqualTo(Client));
    }

    [Test]
    public void An_option_is_changed_in_its_place_and_the_others_stay()
    {
        var off = Client.With(PreLoginOptionType.Encryption, new ByteString([PreLoginEncryption.NotSupported]));
        Assert.That(off.Options.Select(option => option.Type), Is.EqualTo(Client.Options.Select(option => option.Type)));
        Assert.That(off.Encryption, Is.EqualTo(PreLoginEncryption.NotSupported));
        Assert.That(off, Is.Not.EqualTo(Client));
        var without = Client.Without(PreLoginOptionType.Mars);
        Assert.That(without.Mars, Is.False);
        Assert.That(without.Without(PreLoginOptionType.Mars), Is.EqualTo(without));
        Assert.That(PreLogin.Decode(Encode(without)), Is.EqualTo(without));
    }

    [Test]
    public void An_empty_option_says_nothing()
    {
        var preLogin = Client.With(PreLoginOptionType.Mars, default);
        Assert.That(PreLogin.Decode(Encode(preLogin)), Is.EqualTo(preLogin));
        Assert.That(preLogin.Mars, Is.False);
        Assert.That(preLogin[PreLoginOptionType.Mars], Is.EqualTo(default(ByteString)));
    }

    [Test]
    public void A_handshake_of_tls_is_told_from_options()
    {
        Assert.That(PreLogin.IsTls([0x16, 3, 1]));
        Assert.That(PreLogin.IsTls(Encode(Client)), Is.False);
        Assert.That(PreLogin.IsTls([]), Is.False);
    }

    [Test]
    public void More_than_its_offsets_reach_is_refused()
    {
        byte[] bytes = Encode(Client);
        Array.Resize(ref bytes, ushort.MaxValue + 1);
        Assert.That(() => PreLogin.Decode(bytes), Throws.TypeOf<ProtocolException>());
    }
}
