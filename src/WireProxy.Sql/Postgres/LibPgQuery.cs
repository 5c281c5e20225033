using System.Runtime.InteropServices;

namespace WireProxy.Sql.Postgres;

/// <summary>libpg_query, PostgreSQL's own lexer and grammar as a C library (pg_query.h). Its functions keep their state in
/// thread-local memory, so that any thread may call them at any time.</summary>
internal static unsafe class LibPgQuery
{
    /// <summary>The major version of PostgreSQL whose grammar the build's tree description belongs to.</summary>
    public const int Major = 15;

    // The lexer's messages quote the text from the error on, however long it is.
    const int MaxMessage = 500;

    // The versioned names first: the plain ones may point to another major version, whose tree reads differently.
    static readonly string[] s_names =
        ["libpg_query.so.1504.0", "libpg_query.so.1504", "libpg_query.so", "libpg_query", "pg_query"];

    static readonly nint s_library = Load();

    public static readonly delegate* unmanaged[Cdecl]<byte*, ParseResult> Parse =
        (delegate* unmanaged[Cdecl]<byte*, ParseResult>)Export("pg_query_parse_protobuf");

    public static readonly delegate* unmanaged[Cdecl]<ParseResult, void> FreeParse =
        (delegate* unmanaged[Cdecl]<ParseResult, void>)Export("pg_query_free_protobuf_parse_result");

    // PgQueryScanResult has the layout of PgQueryProtobufParseResult.
    public static readonly delegate* unmanaged[Cdecl]<byte*, ParseResult> Scan =
        (delegate* unmanaged[Cdecl]<byte*, ParseResult>)Export("pg_query_scan");

    public static readonly delegate* unmanaged[Cdecl]<ParseResult, void> FreeScan =
        (delegate* unmanaged[Cdecl]<ParseResult, void>)Export("pg_query_free_scan_result");

    /// <exception cref="DllNotFoundException">The library is not there; the message says which package brings it.</exception>
    public static void ThrowIfMissing()
    {
        if (s_library == 0)
            throw new DllNotFoundException(
                "PostgreSQL's parser, libpg_query 15, was not found. Install Debian's package libpg-query1504.0 (or libpg-query-dev, "
                + "which the build needs). Names tried: " + string.Join(", ", s_names) + ".");
    }

    static nint Load()
    {
        foreach (var name in s_names)
            if (NativeLibrary.TryLoad(name, typeof(LibPgQuery).Assembly, null, out var handle))
                return handle;
        return 0;
    }

    static nint Export(string name) => s_library == 0 ? 0 : NativeLibrary.GetExport(s_library, name);

    /// <summary>PgQueryProtobufParseResult and PgQueryScanResult.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public readonly struct ParseResult
    {
        public readonly nuint Length;
        public readonly byte* Data;
        public readonly byte* Stderr;
        public readonly Error* Error;

        /// <summary>The protobuf bytes; valid until the result is freed.</summary>
        public ReadOnlySpan<byte> Bytes => new(Data, checked((int)Length));
    }

    /// <summary>PgQueryError.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public readonly struct Error
    {
        public readonly byte* Message;
        public readonly byte* Function;
        public readonly byte* File;
        public readonly int Line;
        /// <summary>The character (not byte) at which the error stands, from 1; 0 where the parser does not know.</summary>
        public readonly int Position;
        public readonly byte* Context;

        public ParseProblem ToProblem()
        {
            var message = Marshal.PtrToStringUTF8((nint)Message) ?? "the text does not parse";
            var isWhole = message.Length <= MaxMessage;
            // What else is raised while a text is parsed has codes, details and hints of its own, which the library does not tell.
            var isSyntax = Marshal.PtrToStringUTF8((nint)Function) == "scanner_yyerror";
            return new(isWhole ? message : message[..MaxMessage] + "...", Math.Max(0, Position)) { SaidBy = isWhole && isSyntax ? Major : 0 };
        }
    }
}
