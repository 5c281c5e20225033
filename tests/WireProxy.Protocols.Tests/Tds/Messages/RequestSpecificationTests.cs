using System.Globalization;
using WireProxy.Fuzz.Tds.Requests;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Smp;

namespace WireProxy.Protocols.Tests.Tds.Messages;

/// <summary>The enums of the codec, the tables of protocol-specs/tds and the vectors say the same, both ways.</summary>
public sealed class RequestSpecificationTests
{
    /// <summary>A number that the decoded lines of some message have to hold, for each row of a table.</summary>
    private static IEnumerable<TestCaseData> Mentions =>
    [
        Mention("prelogin-options.tsv", "token", "PRELOGIN", "type", except: 255),
        Mention("features.tsv", "id", "LOGIN7", "id", except: 255),
        Mention("procids.tsv", "id", "RPC", "id"),
        Mention("rpc-separators.tsv", "byte", "RPC", "end"),
        Mention("transaction-requests.tsv", "type", "TransactionManagerRequest", "type"),
        Mention("isolation-levels.tsv", "value", "TransactionManagerRequest", "isolation"),
    ];

    [Test]
    public void Every_packet_type_has_a_row() => Same<PacketType>("packets.tsv", "type", type => (int)type);

    [Test]
    public void Every_status_bit_has_a_row() =>
        Same<PacketStatus>("packet-status.tsv", "bit", bit => (int)bit, PacketStatus.Normal);

    [Test]
    public void Every_request_header_has_a_row() => Same<RequestHeaderType>("request-headers.tsv", "type", type => (int)type);

    [Test]
    public void Every_option_of_prelogin_has_a_row() => Same<PreLoginOptionType>("prelogin-options.tsv", "token", type => (int)type);

    [Test]
    public void Every_feature_has_a_row() => Same<FeatureId>("features.tsv", "id", id => (int)id);

    [Test]
    public void Every_procedure_with_a_number_has_a_row_of_its_name()
    {
        Same<ProcedureId>("procids.tsv", "id", id => (int)id);
        foreach (var row in RequestSpecification.Table("procids.tsv"))
        {
            var id = (ProcedureId)int.Parse(row["id"], CultureInfo.InvariantCulture);
            Assert.That(id.Name(), Is.EqualTo(row["name"]));
            Assert.That(ProcedureIds.Find(row["name"].ToUpperInvariant()), Is.EqualTo(id));
        }
    }

    [Test]
    public void Every_option_of_a_call_has_a_row() => Same<RpcOptions>("rpc-options.tsv", "bit", bit => (int)bit, RpcOptions.None);

    [Test]
    public void Every_status_of_a_parameter_has_a_row() =>
        Same<RpcParameterStatus>("rpc-parameter-status.tsv", "bit", bit => (int)bit, RpcParameterStatus.None);

    [Test]
    public void Every_separator_has_a_row() =>
        Same<RpcSeparator>("rpc-separators.tsv", "byte", separator => (int)separator, RpcSeparator.None);

    [Test]
    public void Every_request_to_the_transaction_manager_has_a_row() =>
        Same<TransactionManagerRequestType>("transaction-requests.tsv", "type", type => (int)type);

    [Test]
    public void Every_isolation_level_has_a_row() => Same<TransactionIsolation>("isolation-levels.tsv", "value", level => (int)level);

    [Test]
    public void Every_flag_of_smp_has_a_row() => Same<SmpFlags>("smp-flags.tsv", "bit", flag => (int)flag);

    [Test]
    public void Every_version_has_a_row_with_its_numbers()
    {
        var rows = RequestSpecification.Table("versions.tsv");
        Assert.That(rows.Select(row => RequestSpecification.Version(row["version"])), Is.EquivalentTo(Enum.GetValues<TdsVersion>()));
        foreach (var row in rows)
        {
            var version = RequestSpecification.Version(row["version"]);
            Assert.That($"0x{TdsVersionCode.ForLogin(version):x8}", Is.EqualTo(row["login"]));
            Assert.That($"0x{TdsVersionCode.ForLoginAck(version):x8}", Is.EqualTo(row["login_ack"]));
            Assert.That(TdsVersionCode.FromLogin(TdsVersionCode.ForLogin(version)), Is.EqualTo(version));
            Assert.That(TdsVersionCode.FromLoginAck(TdsVersionCode.ForLoginAck(version)), Is.EqualTo(version));
        }
    }

    [Test]
    public void Every_row_of_a_message_has_a_vector_and_a_codec()
    {
        foreach (var row in RequestSpecification.Table("messages.tsv"))
        {
            bool fromServer = row["sender"] == "S";
            var packet = (PacketType)int.Parse(row["packet"], CultureInfo.InvariantCulture);
            Assert.That(RequestCodec.Of(packet).Message, Is.EqualTo(row["name"]));
            Assert.That(
                RequestSpecification.Vectors,
                Has.Some.Matches<RequestVector>(vector => vector!.FromServer == fromServer && vector.Message == row["name"]));
        }
    }

    [Test]
    public void Every_vector_has_a_row() => Assert.That(
        RequestSpecification.AllVectors.Select(vector => (vector.FromServer ? "S" : "C", vector.Message)).Distinct(),
        Is.EquivalentTo(RequestSpecification.Table("messages.tsv").Select(row => (row["sender"], row["name"]))));

    [Test]
    public void Every_packet_type_stands_in_a_vector() => Assert.That(
        RequestSpecification.Vectors.Select(vector => (int)vector.Bytes[0]).Distinct(),
        Is.EquivalentTo(RequestSpecification.Numbers("packets.tsv", "type")));

    [Test]
    public void Every_status_bit_stands_in_a_vector() => Assert.That(
        RequestSpecification.Numbers("packet-status.tsv", "bit").Where(bit => !RequestSpecification.Vectors.Any(vector =>
            PacketsOf(vector).Any(status => (status & bit) != 0))),
        Is.Empty);

    [TestCaseSource(nameof(Mentions))]
    public void Every_row_stands_in_a_vector(string message, string[] mentions) => Assert.That(
        mentions.Where(mention => !RequestSpecification.Vectors.Any(vector =>
            vector.Message == message && HasWord(vector.Decoded!, mention))),
        Is.Empty);

    [TestCase("transaction="), TestCase("notification="), TestCase("trace=")]
    public void Every_request_header_stands_in_a_vector(string mention) => Assert.That(
        RequestSpecification.Vectors, Has.Some.Matches<RequestVector>(vector => vector!.Decoded!.Contains(mention, StringComparison.Ordinal)));

    [Test]
    public void Every_version_stands_in_a_vector() => Assert.That(
        RequestSpecification.Vectors.Select(vector => vector.Version).Distinct(), Is.EquivalentTo(Enum.GetValues<TdsVersion>()));

    [Test]
    public void Every_flag_of_smp_stands_in_a_vector() => Assert.That(
        RequestSpecification.SmpVectors.Select(vector => (SmpFlags)vector.Bytes[1]).Distinct(),
        Is.EquivalentTo(Enum.GetValues<SmpFlags>()));

    [Test]
    public void A_vectors_name_is_its_own()
    {
        Assert.That(RequestSpecification.AllVectors.Select(vector => vector.Name), Is.Unique);
        Assert.That(RequestSpecification.AllSmpVectors.Select(vector => vector.Name), Is.Unique);
    }

    [Test]
    public void The_header_knows_the_types_of_the_enum_and_no_others()
    {
        for (int type = 0; type <= byte.MaxValue; type++)
            Assert.That(PacketHeader.IsKnown((byte)type), Is.EqualTo(Enum.IsDefined((PacketType)type)), $"{type}");
    }

    private static void Same<T>(string table, string column, Func<T, int> number, params T[] without)
        where T : struct, Enum => Assert.That(
            Enum.GetValues<T>().Except(without).Select(number), Is.EquivalentTo(RequestSpecification.Numbers(table, column)));

    private static TestCaseData Mention(string table, string column, string message, string field, int except = -1) =>
        new TestCaseData(message, RequestSpecification.Numbers(table, column).Where(number => number != except)
            .Select(number => $"{field}={number}").ToArray()).SetArgDisplayNames(table);

    /// <summary>Whether the text has the words and no digit behind them.</summary>
    private static bool HasWord(string text, string word)
    {
        for (int at = 0; (at = text.IndexOf(word, at, StringComparison.Ordinal)) >= 0; at += word.Length)
        {
            if (at + word.Length == text.Length || !char.IsAsciiDigit(text[at + word.Length]))
                return true;
        }
        return false;
    }

    /// <summary>The status of each packet of a vector.</summary>
    private static IEnumerable<int> PacketsOf(RequestVector vector)
    {
        for (int at = 0; at < vector.Bytes.Length; at += vector.Bytes[at + 2] << 8 | vector.Bytes[at + 3])
            yield return vector.Bytes[at + 1];
    }
}
