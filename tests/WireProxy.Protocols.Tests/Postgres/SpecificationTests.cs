using WireProxy.Fuzz.Corpus;
using WireProxy.Protocols.Postgres;

namespace WireProxy.Protocols.Tests.Postgres;

/// <summary>The enums of the codec, the tables of protocol-specs/postgres and the vectors say the same, both ways.</summary>
public sealed class SpecificationTests
{
    private static IEnumerable<MessageRow> Rows(Sender sender) =>
        PostgresSpecification.Messages.Where(row => row.Sender == sender && row.Type is not null);

    [Test]
    public void Every_frontend_type_has_a_row_of_its_name() => Assert.That(
        Enum.GetValues<FrontendMessageType>().Select(type => ((byte)type, type.ToString())),
        Is.SubsetOf(Rows(Sender.Frontend).Select(row => (row.Type!.Value, row.Name))));

    [Test]
    public void Every_row_that_a_client_sends_has_its_type_in_the_enum() => Assert.That(
        Rows(Sender.Frontend).Select(row => (FrontendMessageType)row.Type!.Value),
        Is.All.Matches<FrontendMessageType>(Enum.IsDefined));

    [Test]
    public void Rows_that_share_a_frontend_type_are_the_answers_to_an_authentication_request() => Assert.That(
        Rows(Sender.Frontend).Where(row => row.Name != ((FrontendMessageType)row.Type!.Value).ToString()).Select(row => row.Name),
        Is.EquivalentTo(["SASLInitialResponse", "SASLResponse", "GSSResponse"]));

    [Test]
    public void Every_backend_type_has_a_row_of_its_name() => Assert.That(
        Enum.GetValues<BackendMessageType>().Select(type => ((byte)type, type.ToString())),
        Is.EquivalentTo(Rows(Sender.Backend)
            .Select(row => (row.Type!.Value, row.Code is null ? row.Name : "Authentication")).Distinct()));

    [Test]
    public void Every_authentication_code_has_a_row_of_its_name() => Assert.That(
        Enum.GetValues<AuthenticationCode>().Select(code => ((int)code, $"Authentication{code}".ToUpperInvariant())),
        Is.EquivalentTo(Rows(Sender.Backend).Where(row => row.Code is not null)
            .Select(row => (row.Code!.Value, row.Name.ToUpperInvariant()))));

    [Test]
    public void Every_start_up_request_has_a_row_of_its_name() => Assert.That(
        Enum.GetValues<RequestCode>().Select(code => ((int)code, code.ToString().ToUpperInvariant())),
        Is.EquivalentTo(PostgresSpecification.Messages.Where(row => row.Type is null && row.Code is not null)
            .Select(row => (row.Code!.Value, row.Name.ToUpperInvariant()))));

    [Test]
    public void Every_error_field_has_a_row_of_its_name() => Assert.That(
        Enum.GetValues<ErrorFieldCode>().Select(code => ((byte)code, code.ToString())),
        Is.EquivalentTo(PostgresSpecification.ErrorFields));

    [Test]
    public void Every_error_field_stands_in_a_vector() => Assert.That(
        PostgresSpecification.ErrorFields.Select(field => field.Code).Where(code => !PostgresSpecification.Vectors.Any(vector =>
            vector.Message == "ErrorResponse" && vector.Decoded!.Contains($"{{code={(char)code} ", StringComparison.Ordinal))),
        Is.Empty);

    [Test]
    public void Every_row_has_a_vector() => Assert.That(
        PostgresSpecification.Messages.Where(row => !PostgresSpecification.Vectors.Any(vector =>
            vector.Sender == row.Sender && vector.Message == row.Name)),
        Is.Empty);

    [Test]
    public void Every_vector_has_a_row() => Assert.That(
        PostgresSpecification.AllVectors.Where(vector => !PostgresSpecification.Messages.Any(row =>
            vector.Sender == row.Sender && vector.Message == row.Name)),
        Is.Empty);

    [Test]
    public void A_vectors_name_is_its_own() => Assert.That(
        PostgresSpecification.AllVectors.Select(vector => vector.Name), Is.Unique);

    [Test]
    public void A_rows_name_and_bytes_are_its_own()
    {
        Assert.That(PostgresSpecification.Messages.Select(row => (row.Sender, row.Name)), Is.Unique);
        Assert.That(
            PostgresSpecification.Messages.Where(row => row.Type != (byte)FrontendMessageType.PasswordMessage)
                .Select(row => (row.Sender, row.Type, row.Code)),
            Is.Unique);
    }

    [TestCaseSource(typeof(PostgresSpecification), nameof(PostgresSpecification.Vectors))]
    public void The_table_decodes_the_vector(Vector vector) => Assert.That(
        LayoutInterpreter.Decode(PostgresSpecification.RowOf(vector), vector.Bytes), Is.EqualTo(vector.Decoded));

    [Test]
    public void The_type_tables_of_the_frame_hold_the_enums_and_nothing_else()
    {
        for (int type = 0; type <= byte.MaxValue; type++)
        {
            Assert.That(Frame.IsFrontend((byte)type), Is.EqualTo(Enum.IsDefined((FrontendMessageType)type)), $"{type}");
            Assert.That(Frame.IsBackend((byte)type), Is.EqualTo(Enum.IsDefined((BackendMessageType)type)), $"{type}");
        }
    }
}
