using WireProxy.Fuzz.Tds.Requests;
using WireProxy.Fuzz.Tds.Tokens;
using WireProxy.Protocols.Tds.Tokens;

namespace WireProxy.Protocols.Tests.Tds.Tokens;

/// <summary>The enums of the codec, the tables of protocol-specs/tds and the vectors say the same, both ways.</summary>
public sealed class TokenSpecificationTests
{
    [Test]
    public void Every_token_type_has_a_row_of_its_name() => Assert.That(
        Enum.GetValues<TokenType>().Select(type => ((byte)type, type.ToString().ToUpperInvariant())),
        Is.EquivalentTo(TokenSpecification.Tokens.Select(row => (row.Type, row.Name.Replace("_", "", StringComparison.Ordinal)))));

    [Test]
    public void Every_row_of_the_tokens_has_a_vector() => Assert.That(
        TokenSpecification.Tokens.Where(row => row.Name != "TVP_ROW")
            .Where(row => TokenSpecification.Vectors.All(vector => vector.Token != row.Name)),
        Is.Empty);

    [Test]
    public void Every_vector_begins_with_the_byte_of_its_row() => Assert.That(
        TokenSpecification.Vectors.Where(vector =>
            !TokenSpecification.Tokens.Contains((vector.Bytes[0], vector.Token))),
        Is.Empty);

    [Test]
    public void Every_refused_vector_is_of_a_row() => Assert.That(
        TokenSpecification.AllVectors.Select(vector => vector.Token).Distinct(), Is.SubsetOf(TokenSpecification.Tokens.Select(row => row.Name)));

    [Test]
    public void A_vectors_name_is_its_own() => Assert.That(
        TokenSpecification.AllVectors.Select(vector => vector.Name), Is.Unique);

    [Test]
    public void Every_change_of_the_session_has_a_row_of_its_name_and_a_vector()
    {
        Assert.That(
            Enum.GetValues<EnvChangeType>().Select(type => $"{(byte)type} {type}"),
            Is.EquivalentTo(RequestSpecification.Table("env-changes.tsv").Select(row => $"{row["type"]} {row["name"]}")));
        Assert.That(
            Enum.GetValues<EnvChangeType>().Where(type => !TokenSpecification.Vectors.Any(vector =>
                vector.Token == "ENVCHANGE" && vector.Decoded!.StartsWith($"type={(byte)type} ", StringComparison.Ordinal))),
            Is.Empty);
    }

    [Test]
    public void A_reader_knows_every_token_of_the_table_but_the_row_of_a_parameter()
    {
        for (int type = 0; type <= byte.MaxValue; type++)
        {
            bool known = TokenSpecification.Tokens.Any(row => row.Type == type && row.Name != "TVP_ROW");
            byte[] bytes = [(byte)type];
            Assert.That(
                () => TokenReader.TryPeek(bytes, out _),
                known ? Is.True : Throws.TypeOf<Protocols.Wire.ProtocolException>(), $"0x{type:x2}");
        }
    }
}
