using WireProxy.Protocols.Postgres;

namespace WireProxy.Relay.Postgres;

/// <summary>Which error texts can hold nothing but what the client itself wrote.</summary>
internal static class ErrorTexts
{
    /// <summary>SQLSTATE classes of connection, transaction and resource conditions, whose texts the server words without values.</summary>
    private static readonly HashSet<string> SafeClasses = ["00", "01", "08", "0A", "25", "26", "28", "34", "3D", "3F", "40", "53", "54", "55", "57", "58"];

    /// <summary>
    /// With a position the parser says it of the statement's text. Otherwise the class must be one of the above. In either case there
    /// is no context: a function, a DO block or a trigger that raised it could have put anything into it (under any SQLSTATE).
    /// </summary>
    public static bool AreSafe(ErrorFields fields)
    {
        if (fields[ErrorFieldCode.Where] is not null || fields[ErrorFieldCode.InternalQuery] is not null)
            return false;
        return fields[ErrorFieldCode.Position] is not null ||
            (fields[ErrorFieldCode.Code]?.Text is { Length: 5 } code && SafeClasses.Contains(code[..2]));
    }

    /// <summary>
    /// True where code may have raised it that the statement does not name: a trigger's, a domain's, a default's. PostgreSQL then says in the
    /// context where that was. A context of one line is the statement's own where it is about a DO block, a row that the client copies in, or
    /// JSON that it wrote; a function's line begins with its language and its name, and "()" behind that.
    /// </summary>
    public static bool MayComeFromElsewhere(ErrorFields fields)
    {
        if (fields[ErrorFieldCode.InternalQuery] is not null)
            return true;
        if (fields[ErrorFieldCode.Where] is not { } where)
            return false;
        ReadOnlySpan<byte> context = where.Span;
        return context.Contains((byte)'\n') ||
            !(context.StartsWith("PL/pgSQL function inline_code_block line "u8) || context.StartsWith("COPY "u8) ||
                context.StartsWith("JSON data, line "u8));
    }
}
