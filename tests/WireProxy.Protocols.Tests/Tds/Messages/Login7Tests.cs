using WireProxy.Fuzz.Tds.Requests;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tests.Tds.Messages;

public sealed class Login7Tests
{
    private static readonly Login7 Login = new()
    {
        VersionCode = TdsVersionCode.ForLogin(TdsVersion.V74),
        HostName = "ward3",
        UserName = "ada",
        Password = new LoginSecret("Heart 5"),
        AppName = "chart",
        ServerName = "clinic",
        ClientInterfaceName = "ODBC",
        Language = "us_english",
        Database = "records",
        ClientId = new ByteString([1, 2, 3, 4, 5, 6]),
        Features = FeatureExtensions.None.With(FeatureId.Utf8Support, new ByteString([1])),
    };

    private static IEnumerable<RequestVector> Canonical => RequestSpecification.Vectors.Where(vector =>
        vector.Message == "LOGIN7" && (vector.Name.Contains("sqlclient", StringComparison.Ordinal)
            || vector.Name.Contains("/example-login", StringComparison.Ordinal)));

    private static byte[] Encode(Login7 login)
    {
        using var writer = new WireWriter();
        login.Encode(writer);
        return writer.WrittenSpan.ToArray();
    }

    [Test]
    public void What_is_written_is_read_again() => Assert.That(Login7.Decode(Encode(Login)), Is.EqualTo(Login));

    [TestCaseSource(nameof(Canonical))]
    public void SqlClients_logins_and_those_of_the_specification_are_written_again_to_the_same_bytes(RequestVector vector)
    {
        byte[] payload = RequestTargets.PayloadOf(vector);
        // An address that is not there is 0 here, and the place where it would be there.
        byte[] written = Encode(Login7.Decode(payload));
        Assert.That(Blank(written, payload), Is.EqualTo(Blank(payload, written)));
    }

    [Test]
    public void A_password_is_obfuscated_as_sql_server_expects_it()
    {
        byte[] bytes = Encode(Login with { Password = new LoginSecret("wire") });
        byte[] obfuscated = [0xD2, 0xA5, 0x33, 0xA5, 0x82, 0xA5, 0xF3, 0xA5];
        Assert.That(bytes.AsSpan().IndexOf(obfuscated), Is.GreaterThan(0));
        Assert.That(Login7.Decode(bytes).Password.Reveal(), Is.EqualTo("wire"));
    }

    [Test]
    public void Nothing_of_a_login_is_printed()
    {
        var login = Login with { Sspi = ByteString.FromText("Heart 5"), NewPassword = new LoginSecret("Heart 5") };
        Assert.That($"{login}", Is.EqualTo("Login7 { Version = V74 }"));
        Assert.That($"{login.Password}", Is.EqualTo("[secret]"));
        var token = new FederatedAuthenticationFeature(
            FederatedAuthenticationLibrary.SecurityToken, true, ByteString.FromText("Heart 5"), ByteString.FromText("Heart 5"));
        Assert.That($"{token} {new FederatedAuthenticationToken("Heart 5", "Heart 5")} {new SspiMessage("Heart 5")}", Does.Not.Contain("Heart"));
        Assert.That($"{new FeatureExtension(FeatureId.FederatedAuthentication, "Heart 5")}", Does.Not.Contain("Heart"));
    }

    [Test]
    public void Other_credentials_and_features_leave_the_rest_as_it_was()
    {
        var vector = RequestSpecification.Vectors.First(vector => vector.Name.EndsWith("mstestserver-sqlclient6-2-login7", StringComparison.Ordinal)
            || vector.Name.Contains("session-sqlclient-6/sqlclient6-2-login7", StringComparison.Ordinal));
        var login = Login7.Decode(RequestTargets.PayloadOf(vector));
        var features = login.Features!.Without(FeatureId.SessionRecovery).With(FeatureId.DataClassification, new ByteString([2]));
        var changed = login with { UserName = "gateway", Password = new LoginSecret("other"), Features = features };
        var read = Login7.Decode(Encode(changed));
        Assert.That(read, Is.EqualTo(changed));
        Assert.That(read with { UserName = login.UserName, Password = login.Password, Features = login.Features }, Is.EqualTo(login));
        Assert.That(read.Features![FeatureId.SessionRecovery], Is.Null);
        Assert.That(read.Features.FirstByte(FeatureId.DataClassification), Is.EqualTo(2));
    }

    [Test]
    public void A_token_of_windows_may_be_longer_than_16_bits_count()
    {
        foreach (int length in new[] { 65534, 65535, 65536, 100_000 })
        {
            var login = Login with { Sspi = new ByteString(new byte[length]), AttachDatabaseFile = "c:\\a.mdf", NewPassword = new("x") };
            Assert.That(Login7.Decode(Encode(login)), Is.EqualTo(login), $"{length}");
        }
    }

    [Test]
    public void A_length_of_16_bits_counts_where_the_long_one_is_zero()
    {
        byte[] bytes = Encode(Login with { Sspi = new ByteString(new byte[65535]) });
        bytes.AsSpan(90, 4).Clear();
        Assert.That(Login7.Decode(bytes).Sspi.Length, Is.EqualTo(65535));
    }

    [Test]
    public void What_no_login_can_hold_is_not_written()
    {
        string tooLong = new('a', 129);
        Assert.That(() => Encode(Login with { UserName = tooLong }), Throws.InvalidOperationException);
        Assert.That(() => Encode(Login with { Password = new LoginSecret(tooLong) }), Throws.InvalidOperationException);
        Assert.That(() => Encode(Login with { ClientId = new ByteString([1]) }), Throws.InvalidOperationException);
        Assert.That(() => Encode(Login with { Sspi = new ByteString(new byte[Login7.MaximumLength]) }), Throws.InvalidOperationException);
        var old = Login with { VersionCode = TdsVersionCode.ForLogin(TdsVersion.V71), Features = null };
        Assert.That(() => Encode(old with { NewPassword = new LoginSecret("x") }), Throws.InvalidOperationException);
        Assert.That(() => Encode(old with { Sspi = new ByteString(new byte[65536]) }), Throws.InvalidOperationException);
    }

    [Test]
    public void Fields_that_share_their_bytes_are_refused()
    {
        byte[] bytes = Encode(Login with { Sspi = new ByteString(new byte[40_000]) });
        // The name of the file is made to lie inside the token.
        bytes.AsSpan(78, 2).CopyTo(bytes.AsSpan(82));
        bytes[84] = 200;
        Assert.That(() => Login7.Decode(bytes), Throws.TypeOf<ProtocolException>());
    }

    [Test]
    public void Flags_are_told_by_name()
    {
        Assert.That(Login.IntegratedSecurity || Login.ReadOnlyIntent || Login.ChangesPassword, Is.False);
        Assert.That((Login with { OptionFlags2 = 0x83 }).IntegratedSecurity);
        Assert.That((Login with { TypeFlags = 0x20 }).ReadOnlyIntent);
        Assert.That((Login with { OptionFlags3 = 0x01 }).ChangesPassword);
    }

    [TestCase("024A", FederatedAuthenticationLibrary.SecurityToken, false)]
    [TestCase("0501", FederatedAuthenticationLibrary.Adal, true)]
    public void The_data_of_a_federated_login_is_read_and_written(string hex, FederatedAuthenticationLibrary library, bool echo)
    {
        byte[] data = Convert.FromHexString(hex);
        if (library == FederatedAuthenticationLibrary.SecurityToken)
            data = [data[0], 2, 0, 0, 0, 7, 8, data[1]];
        var feature = FederatedAuthenticationFeature.Decode(data);
        Assert.That((feature.Library, feature.Echo), Is.EqualTo((library, echo)));
        Assert.That(feature.Other.Length, Is.EqualTo(1));
        using var writer = new WireWriter();
        feature.Encode(writer);
        Assert.That(writer.WrittenSpan.ToArray(), Is.EqualTo(data));
    }

    [TestCase(""), TestCase("06"), TestCase("FE"), TestCase("0203000000AABB")]
    public void Other_data_of_a_federated_login_is_refused(string hex) => Assert.That(
        () => FederatedAuthenticationFeature.Decode(Convert.FromHexString(hex)), Throws.TypeOf<ProtocolException>());

    /// <summary>Puts zeros where the other has an entry without a length, whose place means nothing.</summary>
    private static byte[] Blank(byte[] login, byte[] other)
    {
        byte[] blank = [.. login];
        for (int entry = 36; entry < 90; entry += entry == 68 ? 10 : 4)
        {
            if (other[entry + 2] == 0 && other[entry + 3] == 0)
                blank.AsSpan(entry, 2).Clear();
        }
        return blank;
    }
}
