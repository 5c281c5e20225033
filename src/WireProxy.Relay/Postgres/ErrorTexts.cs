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
}
