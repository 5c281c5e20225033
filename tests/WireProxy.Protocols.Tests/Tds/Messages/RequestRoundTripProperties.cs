using FsCheck;
using FsCheck.Fluent;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Wire;
using WireProxy.TestKit;

namespace WireProxy.Protocols.Tests.Tds.Messages;

/// <summary>Whatever a request says is read back as it was written.</summary>
public sealed class RequestRoundTripProperties
{
    private delegate T Decode<out T>(ReadOnlySpan<byte> payload);

    private static readonly Gen<byte[]> Bytes = Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf();

    private static readonly Gen<ByteString> Data = Bytes.Select(bytes => new ByteString(bytes));

    private static readonly Gen<uint> UInt32 = Gen.Choose(int.MinValue, int.MaxValue).Select(value => (uint)value);

    private static readonly Gen<byte> Byte = Gen.Choose(0, 255).Select(value => (byte)value);

    /// <summary>Any characters, also those that no text should hold.</summary>
    private static readonly Gen<string> Text = Gen.Choose(0, 128).SelectMany(length =>
        Gen.Choose(0, 0xFFFF).Select(value => (char)value).ArrayOf(length).Select(characters => new string(characters)));

    private static readonly Gen<FeatureExtensions?> Features = Gen.OneOf(
        Gen.Constant((FeatureExtensions?)null),
        from ids in Gen.Choose(0, 254).ListOf()
        from data in Data
        select (FeatureExtensions?)new FeatureExtensions([.. ids.Distinct().Select(id => new FeatureExtension((FeatureId)id, data))]));

    private static readonly Gen<Login7> Login =
        from version in Gen.Elements(Enum.GetValues<TdsVersion>())
        from numbers in UInt32.ArrayOf(6)
        from flags in Byte.ArrayOf(4)
        from texts in Text.ArrayOf(7)
        from secrets in Text.ArrayOf(2)
        from data in Data
        from client in Gen.Elements(default, new ByteString([9, 8, 7, 6, 5, 0]))
        from features in Features
        select new Login7
        {
            VersionCode = TdsVersionCode.ForLogin(version),
            PacketSize = numbers[0],
            ClientProgramVersion = numbers[1],
            ClientProcessId = numbers[2],
            ConnectionId = numbers[3],
            ClientTimeZone = (int)numbers[4],
            ClientLcid = numbers[5],
            OptionFlags1 = flags[0],
            OptionFlags2 = flags[1],
            TypeFlags = flags[2],
            OptionFlags3 = (byte)(flags[3] & ~0x10),
            HostName = texts[0],
            UserName = texts[1],
            AppName = texts[2],
            ServerName = texts[3],
            ClientInterfaceName = texts[4],
            Language = texts[5],
            Database = texts[6],
            AttachDatabaseFile = texts[0] + texts[1],
            Password = new LoginSecret(secrets[0]),
            NewPassword = version >= TdsVersion.V72 ? new LoginSecret(secrets[1]) : default,
            Sspi = data,
            ClientId = client,
            Features = features,
        };

    private static readonly Gen<PreLogin> PreLogins =
        from version in Byte.ArrayOf(6)
        from types in Gen.Choose(8, 254).ListOf()
        from data in Data
        from encryption in Byte
        select new PreLogin(
        [
            new PreLoginOption(PreLoginOptionType.Version, new ByteString(version)),
            new PreLoginOption(PreLoginOptionType.Encryption, new ByteString([encryption])),
            .. types.Distinct().Select(type => new PreLoginOption((PreLoginOptionType)type, data)),
        ]);

    private static byte[] Payload(Action<WireWriter> encode)
    {
        using var writer = new WireWriter();
        encode(writer);
        return writer.WrittenSpan.ToArray();
    }

    private static void Holds<T>(Gen<T> values, Action<T> check) =>
        Prop.ForAll(values.ToArbitrary(), check).CheckSeeded();

    private static void RoundTrips<T>(Gen<T> values, Action<T, WireWriter> encode, Decode<T> decode) =>
        Holds(values, value => Assert.That(decode(Payload(writer => encode(value, writer))), Is.EqualTo(value)));

    [Test]
    public void Logins() => RoundTrips(Login, (value, writer) => value.Encode(writer), Login7.Decode);

    [Test]
    public void Pre_logins() => RoundTrips(PreLogins, (value, writer) => value.Encode(writer), PreLogin.Decode);

    [Test]
    public void Federated_tokens() => RoundTrips(
        from token in Data
        from nonce in Gen.OneOf(Gen.Constant(default(ByteString?)), Byte.ArrayOf(32).Select(bytes => (ByteString?)new ByteString(bytes)))
        select new FederatedAuthenticationToken(token, nonce),
        (value, writer) => value.Encode(writer),
        FederatedAuthenticationToken.Decode);

    [Test]
    public void Federated_features() => RoundTrips(
        from library in Gen.Elements(Enum.GetValues<FederatedAuthenticationLibrary>())
        from echo in Gen.Elements(true, false)
        from token in Data
        from other in Data
        select new FederatedAuthenticationFeature(
            library, echo, library == FederatedAuthenticationLibrary.Adal ? default : token, other),
        (value, writer) => value.Encode(writer),
        FederatedAuthenticationFeature.Decode);

    [Test]
    public void Sspi_messages() =>
        RoundTrips(Data.Select(data => new SspiMessage(data)), (value, writer) => value.Encode(writer), SspiMessage.Decode);

    [Test]
    public void Batches_of_any_text() => Holds(
        from text in Text
        from version in Gen.Elements(Enum.GetValues<TdsVersion>())
        from transaction in UInt32
        select (text, version, transaction),
        value =>
        {
            byte[] payload = Payload(writer => SqlBatch.Encode(writer, value.version, value.text, value.transaction));
            var batch = SqlBatch.Decode(payload, value.version);
            Assert.That(batch.ReadText(), Is.EqualTo(value.text));
            Assert.That(batch.Headers.HasTransaction, Is.EqualTo(value.version >= TdsVersion.V72));
            Assert.That(batch.Headers.TransactionDescriptor, Is.EqualTo(value.version >= TdsVersion.V72 ? value.transaction : 0));
        });

    [Test]
    public void Ends_of_transactions()
    {
        foreach (var type in new[] { TransactionManagerRequestType.Commit, TransactionManagerRequestType.Rollback })
        {
            byte[] payload = Payload(writer => TransactionManagerRequest.EncodeEnd(writer, TdsVersion.V74, type, 42));
            var request = TransactionManagerRequest.Decode(payload, TdsVersion.V74);
            Assert.That((request.Type, request.Headers.TransactionDescriptor, request.Begins), Is.EqualTo((type, 42UL, false)));
        }
        Assert.That(
            () => Payload(writer => TransactionManagerRequest.EncodeEnd(writer, TdsVersion.V74, TransactionManagerRequestType.Begin, 1)),
            Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
