using System.Buffers;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Postgres.Masking;

/// <summary>Takes the words out of errors and notices of statements that touch protected data: they quote values ("Key (ssn)=(...)
/// already exists", "invalid input syntax for type integer: ..."), and RAISE says whatever its author likes.</summary>
/// <remarks>
/// Kept: severity, SQLSTATE, the position in the client's own statement, and where in the server's source the error came from.
/// The message becomes the name of the SQLSTATE's condition. Detail, hint, context, internal query and unknown fields go.
/// RAISE ... USING may put any text into the SQLSTATE and into the names of schema, table, column, data type and constraint. So
/// an SQLSTATE that is not one of PostgreSQL's becomes P0001 (raise_exception), and the names are kept only where the server's
/// own constraint checks, known by their source file, set them.
/// </remarks>
internal static class ErrorMasker
{
    private static readonly SearchValues<byte> _digits = SearchValues.Create("0123456789"u8);

    /// <summary>Writes the frame without its words.</summary>
    /// <param name="errorOrNoticeBody">The body of ErrorResponse or NoticeResponse.</param>
    /// <param name="frameType">E or N.</param>
    /// <exception cref="ProtocolException">The body is malformed; nothing was written.</exception>
    public static void WriteWithheld(ReadOnlySpan<byte> errorOrNoticeBody, byte frameType, WireWriter destination)
    {
        bool namesAreTheServers = Check(errorOrNoticeBody, out ReadOnlySpan<byte> condition);
        int start = Frame.Begin(destination, frameType);
        WireReader reader = new(errorOrNoticeBody);
        while (reader.ReadByte() is not 0 and byte code)
        {
            ReadOnlySpan<byte> value = reader.ReadCString();
            switch ((ErrorFieldCode)code)
            {
                case ErrorFieldCode.LocalizedSeverity or ErrorFieldCode.Severity:
                case ErrorFieldCode.File or ErrorFieldCode.Line or ErrorFieldCode.Routine:
                case ErrorFieldCode.Position when !value.ContainsAnyExcept(_digits):
                case ErrorFieldCode.SchemaName or ErrorFieldCode.TableName or ErrorFieldCode.ColumnName when namesAreTheServers:
                case ErrorFieldCode.DataTypeName or ErrorFieldCode.ConstraintName when namesAreTheServers:
                    WriteField(code, value, destination);
                    break;
                case ErrorFieldCode.Code:
                    WriteField(code, Conditions.TryFind(value, out _) ? value : "P0001"u8, destination);
                    break;
                case ErrorFieldCode.Message:
                    destination.WriteByte(code);
                    destination.WriteBytes(condition);
                    destination.WriteCString(" (details withheld by WireProxy)"u8);
                    break;
                default:
                    break;
            }
        }
        destination.WriteByte(0);
        Frame.Finish(destination, start);
    }

    /// <summary>Reads the fields once before anything is written, for those that decide about others.</summary>
    private static bool Check(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> condition)
    {
        bool namesAreTheServers = false;
        condition = "raise exception"u8;
        WireReader reader = new(body);
        while (reader.ReadByte() is not 0 and byte code)
        {
            ReadOnlySpan<byte> value = reader.ReadCString();
            if (code == (byte)ErrorFieldCode.File)
                namesAreTheServers = ChecksConstraints(value);
            else if (code == (byte)ErrorFieldCode.Code && Conditions.TryFind(value, out ReadOnlySpan<byte> words))
                condition = words.SequenceEqual("successful completion"u8) ? "message"u8 : words;
        }
        reader.End();
        return namesAreTheServers;
    }

    /// <summary>The source files of PostgreSQL 15 to 18 that call errtablecol, errtableconstraint, errdatatype or errdomainconstraint.</summary>
    private static bool ChecksConstraints(ReadOnlySpan<byte> file) =>
        file.SequenceEqual("nbtinsert.c"u8) || file.SequenceEqual("execMain.c"u8) || file.SequenceEqual("execIndexing.c"u8)
        || file.SequenceEqual("ri_triggers.c"u8) || file.SequenceEqual("domains.c"u8) || file.SequenceEqual("execExprInterp.c"u8)
        || file.SequenceEqual("tablecmds.c"u8) || file.SequenceEqual("typecmds.c"u8) || file.SequenceEqual("tuplesort.c"u8)
        || file.SequenceEqual("tuplesortvariants.c"u8) || file.SequenceEqual("index.c"u8);

    private static void WriteField(byte code, ReadOnlySpan<byte> value, WireWriter destination)
    {
        destination.WriteByte(code);
        destination.WriteCString(value);
    }
}
