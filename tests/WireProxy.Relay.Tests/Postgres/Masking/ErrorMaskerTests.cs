using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Postgres.Masking;
using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Postgres.Masking;

public sealed class ErrorMaskerTests
{
    private static readonly (char Code, string Value)[] unique =
    [
        ('S', "FEHLER"), ('V', "ERROR"), ('C', "23505"), ('M', "duplicate key value violates unique constraint \"patients_ssn_key\""),
        ('D', "Key (ssn)=(123-45-6789) already exists."), ('H', "a hint"), ('P', "17"), ('p', "5"), ('q', "SELECT '123-45-6789'"),
        ('W', "PL/pgSQL function f() line 3"), ('s', "clinic"), ('t', "patients"), ('c', "ssn"), ('d', "ssn_type"), ('n', "patients_ssn_key"),
        ('F', "nbtinsert.c"), ('L', "664"), ('R', "_bt_check_unique"), ('?', "123-45-6789"),
    ];

    private static byte[] Body(IEnumerable<(char Code, string Value)> fields) => WireBuilder.Join(
        [.. fields.Select(field => WireBuilder.Join([(byte)field.Code], WireBuilder.Text(field.Value))), [0]]);

    private static string[] Withheld(IEnumerable<(char Code, string Value)> fields, char type = 'E')
    {
        using WireWriter writer = new();
        ErrorMasker.WriteWithheld(Body(fields), (byte)type, writer);
        Assert.That(Frame.TryReadHeader(writer.WrittenSpan, out byte written, out int length), Is.True);
        Assert.That(((char)written, length), Is.EqualTo((type, writer.Length)));
        return [.. ErrorFields.Decode(writer.WrittenSpan[5..]).Fields.Select(field => $"{(char)field.Code}:{field.Value.Text}")];
    }

    [Test]
    public void Words_go_and_what_a_program_needs_stays() =>
        Assert.That(Withheld(unique), Is.EqualTo(new[]
        {
            "S:FEHLER", "V:ERROR", "C:23505", "M:unique violation (details withheld by WireProxy)", "P:17", "s:clinic", "t:patients", "c:ssn",
            "d:ssn_type", "n:patients_ssn_key", "F:nbtinsert.c", "L:664", "R:_bt_check_unique",
        }));

    [Test]
    public void What_RAISE_lets_its_author_choose_goes_too() =>
        Assert.That(
            Withheld(unique.Select(field => field.Code switch
            {
                'F' => ('F', "pl_exec.c"),
                'R' => ('R', "exec_stmt_raise"),
                'C' => ('C', "12345"),
                't' => ('t', "123-45-6789"),
                _ => field,
            })),
            Is.EqualTo(new[]
            {
                "S:FEHLER", "V:ERROR", "C:P0001", "M:raise exception (details withheld by WireProxy)", "P:17", "F:pl_exec.c", "L:664",
                "R:exec_stmt_raise",
            }));

    [Test]
    public void Names_without_a_source_file_are_not_the_servers() =>
        Assert.That(Withheld([('C', "23505"), ('t', "123-45-6789"), ('M', "x")]),
            Is.EqualTo(new[] { "C:23505", "M:unique violation (details withheld by WireProxy)" }));

    [Test]
    public void A_position_that_is_no_number_goes() =>
        Assert.That(Withheld([('C', "42601"), ('P', "123-45-6789")]), Is.EqualTo(new[] { "C:42601" }));

    [Test]
    public void A_notice_stays_a_notice() =>
        Assert.That(Withheld([('S', "NOTICE"), ('V', "NOTICE"), ('C', "00000"), ('M', "ssn is 123-45-6789")], 'N'),
            Is.EqualTo(new[] { "S:NOTICE", "V:NOTICE", "C:00000", "M:message (details withheld by WireProxy)" }));

    [Test]
    public void A_malformed_body_is_refused_before_anything_is_written()
    {
        byte[] body = Body(unique);
        using WireWriter writer = new();
        for (int length = 0; length < body.Length; length++)
            Assert.Throws<ProtocolException>(() => ErrorMasker.WriteWithheld(body.AsSpan(0, length), (byte)'E', writer));
        Assert.Throws<ProtocolException>(() => ErrorMasker.WriteWithheld([.. body, 0], (byte)'E', writer));
        Assert.That(writer.Length, Is.Zero);
    }

    [TestCase("23505", "unique violation")]
    [TestCase("22P02", "invalid text representation")]
    [TestCase("42P01", "undefined table")]
    [TestCase("XX000", "internal error")]
    [TestCase("25P04", "transaction timeout")]
    public void Conditions_have_PostgreSQLs_names(string code, string words)
    {
        Assert.That(Conditions.TryFind(System.Text.Encoding.ASCII.GetBytes(code), out ReadOnlySpan<byte> found), Is.True);
        Assert.That(System.Text.Encoding.ASCII.GetString(found), Is.EqualTo(words));
    }

    [TestCase("12345")]
    [TestCase("2350")]
    [TestCase("235055")]
    [TestCase("")]
    public void Other_codes_have_none(string code) =>
        Assert.That(Conditions.TryFind(System.Text.Encoding.ASCII.GetBytes(code), out _), Is.False);
}
