using System.Collections.Frozen;

namespace WireProxy.Relay.Tds.Masking;

/// <summary>What SQL Server's common messages are about (sys.messages), in words that hold no value.</summary>
internal static class MessageTexts
{
    /// <summary>
    /// Their texts are the same for every value, or name nothing but types: no value and no name that a statement built at run
    /// time could have put there. RAISERROR cannot give these numbers, which are less than 13000.
    /// </summary>
    private static readonly FrozenSet<int> _withoutValues = new[]
    {
        266, // Transaction count after EXECUTE: two counts.
        1205, // Deadlock victim: the process and the resources.
        1222, // Lock request time out period exceeded.
        3621, // The statement has been terminated.
        3902, 3903, // COMMIT, ROLLBACK without a transaction.
        3930, 3998, // An uncommittable transaction.
        8114, // Error converting data type ... to ...: types.
        8115, // Arithmetic overflow error converting ... to data type ...: types.
        8134, // Divide by zero error encountered.
        8152, // String or binary data would be truncated.
        8153, // Null value is eliminated by an aggregate or other SET operation.
    }.ToFrozenSet();

    /// <summary>
    /// Their texts say what of the statement's own words the server does not understand, in quotes, and quote nothing else. RAISERROR cannot
    /// give these numbers either. Where all that they quote stands in the statement they tell its author nothing new.
    /// </summary>
    private static readonly FrozenSet<int> _aboutWords = new[]
    {
        102, 156, // Incorrect syntax near '...', near the keyword '...'.
        137, 1087, // Must declare the scalar variable "...", the table variable "...".
        201, // Procedure or function '...' expects parameter '...', which was not supplied.
        207, 208, 209, // Invalid column name '...', object name '...'; ambiguous column name '...'.
        2714, // There is already an object named '...' in the database.
        2812, // Could not find stored procedure '...'.
        4104, 4121, // The multi-part identifier "..." could not be bound; cannot find either column "..." or function "...".
        8120, // Column '...' is invalid in the select list.
    }.ToFrozenSet();

    private static readonly FrozenDictionary<int, string> _texts = new Dictionary<int, string>
    {
        [0] = "Message of a program",
        [102] = "Incorrect syntax",
        [105] = "Unclosed quotation mark",
        [137] = "A variable is not declared",
        [156] = "Incorrect syntax near a keyword",
        [201] = "A procedure expects a parameter that was not supplied",
        [207] = "Invalid column name",
        [208] = "Invalid object name",
        [209] = "Ambiguous column name",
        [213] = "Column name or number of supplied values does not match table definition",
        [220] = "Arithmetic overflow error for a data type",
        [229] = "Permission was denied on an object",
        [230] = "Permission was denied on a column",
        [232] = "Arithmetic overflow error for a type",
        [235] = "Cannot convert a character value to money",
        [241] = "Conversion failed when converting date and/or time from character string",
        [242] = "The conversion of a data type to a date type resulted in an out-of-range value",
        [244] = "The conversion of a character value overflowed a small integer column",
        [245] = "Conversion failed when converting a value to another data type",
        [248] = "The conversion of a character value overflowed an int column",
        [262] = "Permission was denied in a database",
        [512] = "Subquery returned more than 1 value",
        [515] = "Cannot insert the value NULL into a column that does not allow nulls",
        [544] = "Cannot insert explicit value for identity column",
        [547] = "A statement conflicted with a constraint",
        [1505] = "A unique index was not created because a duplicate key was found",
        [2601] = "Cannot insert duplicate key row in an object with a unique index",
        [2627] = "Violation of a unique constraint",
        [2628] = "String or binary data would be truncated",
        [2714] = "There is already an object of that name",
        [2812] = "Could not find stored procedure",
        [4104] = "A multi-part identifier could not be bound",
        [4121] = "Cannot find a column or a user-defined function",
        [6522] = "A .NET routine failed",
        [8116] = "An argument has a data type that is invalid for its function",
        [8117] = "Operand data type is invalid for an operator",
        [8120] = "A column is invalid in the select list because it is not in an aggregate or the GROUP BY clause",
        [8144] = "A procedure or function has too many arguments",
        [8145] = "A parameter is not one of the procedure's",
        [9420] = "XML parsing failed",
        [13609] = "JSON text is not properly formatted",
    }.ToFrozenDictionary();

    public static IEnumerable<int> Numbers => _texts.Keys;

    /// <summary>The server's own text of this number holds no value.</summary>
    public static bool IsWithoutValues(int number) => _withoutValues.Contains(number);

    /// <summary>The text quotes nothing but words of the statement, and so can be given to whoever sent that.</summary>
    /// <param name="statements">The texts that the message may be about.</param>
    public static bool SaysOnlyWordsOf(IReadOnlyList<string> statements, int number, string text)
    {
        if (!_aboutWords.Contains(number))
            return false;
        int at = 0;
        while (text.AsSpan(at).IndexOfAny('\'', '"') is >= 0 and var found)
        {
            int begin = at + found + 1;
            int length = text.AsSpan(begin).IndexOf(text[begin - 1]);
            if (length < 0)
                return false;
            foreach (string part in text.Substring(begin, length).Split('.'))
            {
                if (!statements.Any(statement => statement.Contains(part, StringComparison.OrdinalIgnoreCase)))
                    return false;
            }
            at = begin + length + 1;
        }
        return at > 0;
    }

    public static bool TryFind(int number, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? words) =>
        _texts.TryGetValue(number, out words);
}
