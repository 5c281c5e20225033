using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Tds.Masking;

namespace WireProxy.Relay.Tests.Tds.Masking;

public sealed class TdsMessageMaskTests
{
    private const string Value = "123-45-6789";
    private const string Suffix = " (details withheld by WireProxy)";

    private static ServerMessage Message(int number, string text = "a text with 123-45-6789") =>
        new(TokenType.Error, number, 3, 14, text, "SERVER\\INSTANCE", "dbo.proc_1", 12);

    private static ServerMessage Withhold(ServerMessage message, TdsVersion version = TdsVersion.V74, params string[] statements)
    {
        var format = new TokenFormat(version);
        using WireWriter writer = new();
        TdsMessageMask.WriteWithheld(message, format, writer, statements);
        return ServerMessage.Decode(writer.WrittenSpan, format);
    }

    [TestCase(2627, "Violation of a unique constraint")]
    [TestCase(245, "Conversion failed when converting a value to another data type")]
    [TestCase(2628, "String or binary data would be truncated")]
    [TestCase(4711, "Message 4711")]
    [TestCase(8116, "An argument has a data type that is invalid for its function")]
    public void The_text_becomes_what_the_number_means_and_the_place_stays(int number, string words)
    {
        var message = Message(number);
        Assert.That(Withhold(message), Is.EqualTo(message with { Text = words + Suffix }));
        Assert.That(Withhold(message with { Type = TokenType.Info }, TdsVersion.V71), Is.EqualTo(message with { Type = TokenType.Info, Text = words + Suffix }));
    }

    [TestCase(8134, "Divide by zero error encountered.")]
    [TestCase(1205, "Transaction (Process ID 52) was deadlocked on lock resources with another process and has been chosen as the deadlock victim.")]
    public void A_text_that_can_hold_no_value_stays(int number, string text) =>
        Assert.That(Withhold(Message(number, text)), Is.EqualTo(Message(number, text)));

    [TestCase(207, "Invalid column name 'nmae'.", "SELECT Nmae FROM p", true)]
    [TestCase(208, "Invalid object name 'dbo.nope'.", "SELECT * FROM dbo.nope WHERE a = '123-45-6789'", true)]
    [TestCase(4104, "The multi-part identifier \"x.ssn\" could not be bound.", "SELECT x.ssn FROM patients", true)]
    [TestCase(201, "Procedure or function 'p' expects parameter '@id', which was not supplied.", "EXEC p @other = 1", false)]
    [TestCase(207, "Invalid column name '123-45-6789'.", "SELECT a FROM b", false)]
    [TestCase(208, "Invalid object name 'dbo.123-45-6789'.", "SELECT a FROM dbo.b", false)]
    [TestCase(208, "Invalid object name 123-45-6789.", "SELECT a FROM b", false), TestCase(208, "Invalid object name 'b", "SELECT a FROM b", false)]
    [TestCase(245, "Conversion failed when converting the varchar value 'b' to data type int.", "SELECT a FROM b", false)]
    [TestCase(50000, "'b'", "SELECT a FROM b", false)]
    public void A_text_about_the_statements_own_words_stays(int number, string text, string statement, bool stays) =>
        Assert.That(Withhold(Message(number, text), statements: [statement]).Text, stays ? Is.EqualTo(text) : Does.EndWith(Suffix));

    [TestCase(0, 0), TestCase(50000, 50000), TestCase(50001, 50000), TestCase(123456789, 50000), TestCase(int.MaxValue, 50000), TestCase(-5, -5)]
    public void What_a_program_says_is_withheld_with_its_number_and_state(int number, int expected)
    {
        var message = Message(number);
        Assert.That(Withhold(message), Is.EqualTo(message with { Number = expected, State = 1, Text = "Message of a program" + Suffix }));
    }

    [Test]
    public void The_state_of_a_message_that_RAISERROR_can_give_goes()
    {
        Assert.That(Withhold(Message(12999)).State, Is.EqualTo(3));
        Assert.That(Withhold(Message(13000)).State, Is.EqualTo(1));
        Assert.That(Withhold(Message(13000)).Number, Is.EqualTo(13000));
    }

    [TestCase("p", "p"), TestCase("dbo.p_1", "dbo.p_1"), TestCase("#temp", "#temp"), TestCase("", "")]
    [TestCase("123-45-6789", ""), TestCase("123456789", ""), TestCase("Mr Miller", ""), TestCase("a'b", "")]
    public void A_procedures_name_stays_where_it_is_a_regular_identifier(string name, string expected) =>
        Assert.That(Withhold(Message(2627) with { ProcedureName = name }).ProcedureName, Is.EqualTo(expected));

    [Test]
    public void No_number_lets_the_text_through_but_those_without_values()
    {
        int passed = 0;
        for (int number = -1; number < 60_000; number++)
            if (Withhold(Message(number)).Text.Contains(Value, StringComparison.Ordinal))
            {
                passed++;
                Assert.That(MessageTexts.IsWithoutValues(number));
            }
        Assert.That(passed, Is.InRange(1, 20));
        Assert.That(MessageTexts.Numbers, Has.None.Matches<int>(MessageTexts.IsWithoutValues));
    }
}
