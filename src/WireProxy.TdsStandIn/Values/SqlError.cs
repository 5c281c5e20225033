using System.Globalization;

namespace WireProxy.TdsStandIn.Values;

/// <summary>An error as SQL Server words and numbers it (sys.messages, English). Class 11 to 16: the statement's own fault.</summary>
internal sealed class SqlError(int number, byte severity, byte state, string message) : Exception(message)
{
    public int Number { get; } = number;

    public byte Severity { get; } = severity;

    public byte State { get; } = state;

    /// <summary>Line of the batch or the procedure, from 1; 0 until it is known.</summary>
    public int Line { get; set; }

    /// <summary>The procedure in which it happened; empty outside of one.</summary>
    public string Procedure { get; set; } = "";

    /// <summary>The batch ends, not the statement alone.</summary>
    public bool EndsBatch => IsThrown || Number is 102 or 105 or 137 or 156 or 207 or 208 or 241 or 245 or 248 or 295 or 1087 or 1205 or 2812
        or 3609 or 3998 or 8114 or 8115 or 8169 or 8120 or 40000;

    public bool IsThrown { get; init; }

    public static SqlError Unsupported(string what) =>
        new(40000, 16, 1, $"The stand-in does not support {what}. It is a sample server, not SQL Server.");

    public static SqlError Syntax(string message) => new(102, 15, 1, message);

    public static SqlError InvalidColumn(string name) => new(207, 16, 1, $"Invalid column name '{name}'.");

    public static SqlError InvalidObject(string name) => new(208, 16, 1, $"Invalid object name '{name}'.");

    public static SqlError AmbiguousColumn(string name) => new(209, 16, 1, $"Ambiguous column name '{name}'.");

    public static SqlError Unbound(string name) => new(4104, 16, 1, $"The multi-part identifier \"{name}\" could not be bound.");

    public static SqlError UndeclaredVariable(string name) => new(137, 15, 2, $"Must declare the scalar variable \"{name}\".");

    public static SqlError UndeclaredTable(string name) => new(1087, 15, 2, $"Must declare the table variable \"{name}\".");

    public static SqlError NoProcedure(string name) => new(2812, 16, 62, $"Could not find stored procedure '{name}'.");

    public static SqlError NoFunction(string name) => new(195, 15, 10, $"'{name}' is not a recognized built-in function name.");

    public static SqlError ConversionFailed(SqlType from, object value, SqlType to) =>
        new(245, 16, 1, $"Conversion failed when converting the {from.Name} value '{value}' to data type {to.Name}.");

    public static SqlError ConversionError(SqlType from, SqlType to) => new(8114, 16, 5, $"Error converting data type {from.Name} to {to.Name}.");

    public static SqlError Overflow(SqlType from, SqlType to) =>
        from.IsInteger && to.IsInteger || from.IsText
            ? new(8115, 16, 2, $"Arithmetic overflow error converting expression to data type {to.Name}.")
            : new(8115, 16, 6, $"Arithmetic overflow error converting {from.Name} to data type {to.Name}.");

    public static SqlError NoConversion(SqlType from, SqlType to) =>
        new(529, 16, 2, $"Explicit conversion from data type {from.Name} to {to.Name} is not allowed.");

    public static SqlError Clash(SqlType a, SqlType b) => new(206, 16, 2, $"Operand type clash: {a.Name} is incompatible with {b.Name}");

    public static SqlError InvalidOperand(SqlType type, string operation) =>
        new(8117, 16, 1, $"Operand data type {type.Name} is invalid for {operation} operator.");

    public static SqlError DivideByZero() => new(8134, 16, 1, "Divide by zero error encountered.");

    public static SqlError BadDate() => new(241, 16, 1, "Conversion failed when converting date and/or time from character string.");

    public static SqlError DuplicateKey(string kind, string constraint, string table, string key) => new(
        2627, 14, 1, $"Violation of {kind} constraint '{constraint}'. Cannot insert duplicate key in object '{table}'. The duplicate key value is {key}.");

    public static SqlError DuplicateIndexKey(string index, string table, string key) => new(
        2601, 14, 1, $"Cannot insert duplicate key row in object '{table}' with unique index '{index}'. The duplicate key value is {key}.");

    public static SqlError NullNotAllowed(string column, string table, string verb) => new(
        515, 16, 2, $"Cannot insert the value NULL into column '{column}', table '{table}'; column does not allow nulls. {verb} fails.");

    public static SqlError Truncated(string table, string column, string value) => new(
        2628, 16, 1, $"String or binary data would be truncated in table '{table}', column '{column}'. Truncated value: '{value}'.");

    public static SqlError Conflict(string verb, string kind, string constraint, string database, string table, string column) => new(
        547, 16, 0, $"The {verb} statement conflicted with the {kind} constraint \"{constraint}\". The conflict occurred in database \"{database}\", table \"{table}\"{column}.");

    public static SqlError ArgumentCount(string function, int count) => new(
        174, 15, 1, string.Create(CultureInfo.InvariantCulture, $"The {function.ToLowerInvariant()} function requires {count} argument(s)."));

    public static SqlError AlreadyExists(string name) => new(2714, 16, 6, $"There is already an object named '{name}' in the database.");

    public static SqlError CannotDrop(string kind, string name) =>
        new(3701, 11, 5, $"Cannot drop the {kind} '{name}', because it does not exist or you do not have permission.");

    public static SqlError NoDatabase(string name) =>
        new(911, 16, 1, $"Database '{name}' does not exist. Make sure that the name is entered correctly.");
}
