using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Tds.Masking;

/// <summary>Takes the words out of errors and messages of statements that touch protected data: they quote values ("The duplicate
/// key value is (...)", "Conversion failed when converting the varchar value '...'"), and PRINT, RAISERROR and THROW say whatever
/// their author likes.</summary>
/// <remarks>
/// Kept: number, state, class, line, the server's name, and the procedure's where it is a regular identifier. What an author may
/// choose freely could carry a value, a number of nine digits too: THROW takes any number from 50000 on, RAISERROR any from 13000
/// on, and both take any state. Their number becomes 50000 and their state 1.
/// </remarks>
internal static class TdsMessageMask
{
    /// <summary>The number that RAISERROR gives to a text without one, and the first of users' own.</summary>
    private const int FirstUserNumber = 50_000;

    /// <summary>RAISERROR takes the server's own messages from here on (message 2732).</summary>
    private const int FirstRaisableNumber = 13_000;

    private const int LongestIdentifier = 128;

    /// <summary>Writes the token without its words, unless these are the statement's own.</summary>
    /// <param name="statements">The texts that the message may be about.</param>
    public static void WriteWithheld(ServerMessage message, TokenFormat format, WireWriter destination, IReadOnlyList<string> statements)
    {
        bool isServers = message.Number is > 0 and < FirstUserNumber;
        (message with
        {
            Number = message.Number < FirstUserNumber ? message.Number : FirstUserNumber,
            State = isServers && message.Number < FirstRaisableNumber ? message.State : (byte)1,
            Text = MessageTexts.IsWithoutValues(message.Number) || MessageTexts.SaysOnlyWordsOf(statements, message.Number, message.Text) ? message.Text : Withheld(message.Number),
            ProcedureName = IsRegularName(message.ProcedureName) ? message.ProcedureName : "",
        }).Encode(destination, format);
    }

    private static string Withheld(int number)
    {
        string words = MessageTexts.TryFind(number, out string? found) ? found
            : number is > 0 and < FirstUserNumber ? $"Message {number}" : "Message of a program";
        return words + " (details withheld by WireProxy)";
    }

    /// <summary>Letters, digits and _ @ # $ as in an identifier that needs no brackets, perhaps in parts.</summary>
    private static bool IsRegularName(string name)
    {
        if (name.Length is 0 or > LongestIdentifier || char.IsAsciiDigit(name[0]))
            return false;
        foreach (char character in name)
            if (!char.IsLetterOrDigit(character) && character is not ('_' or '@' or '#' or '$' or '.'))
                return false;
        return true;
    }
}
