namespace WireProxy.Protocols.Postgres;

/// <summary>
/// The fields of ErrorResponse and NoticeResponse (PostgreSQL documentation, section 54.8). A client must pass over a code
/// that it does not know, so a field's code need not be one of these.
/// </summary>
public enum ErrorFieldCode : byte
{
    /// <summary>ERROR, FATAL, PANIC, WARNING, NOTICE, DEBUG, INFO or LOG, translated.</summary>
    LocalizedSeverity = (byte)'S',
    /// <summary>The same, never translated; PostgreSQL 9.6 and later.</summary>
    Severity = (byte)'V',
    /// <summary>SQLSTATE, five characters.</summary>
    Code = (byte)'C',
    Message = (byte)'M',
    Detail = (byte)'D',
    Hint = (byte)'H',
    /// <summary>Where in the client's statement, in characters from 1.</summary>
    Position = (byte)'P',
    /// <summary>Where in <see cref="InternalQuery"/>, in characters from 1.</summary>
    InternalPosition = (byte)'p',
    /// <summary>A statement that a function ran and that failed.</summary>
    InternalQuery = (byte)'q',
    /// <summary>The call stack, a line for each entry, the innermost first.</summary>
    Where = (byte)'W',
    SchemaName = (byte)'s',
    TableName = (byte)'t',
    ColumnName = (byte)'c',
    DataTypeName = (byte)'d',
    ConstraintName = (byte)'n',
    /// <summary>The server's source file.</summary>
    File = (byte)'F',
    Line = (byte)'L',
    Routine = (byte)'R',
}
