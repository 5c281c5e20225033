using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Sql.TransactSql;

namespace WireProxy.Relay.Tds;

/// <summary>What the response side must know of a request under way.</summary>
internal sealed class TdsWork
{
    /// <summary>A request of which nothing must be known: its answer is relayed packet by packet.</summary>
    public static TdsWork Relayed { get; } = new();

    /// <summary>The gateway refused it: its stand-in's answer is replaced by this one.</summary>
    public Refusal? Refusal { get; init; }

    /// <summary>The refused request was a call: its answer ends in DONEPROC.</summary>
    public bool IsCall { get; init; }

    /// <summary>What to mask of the answer; null where nothing must be.</summary>
    public BatchPlan? Plan { get; init; }

    /// <summary>The answer's first handles are put under these; empty where it makes none.</summary>
    public IReadOnlyList<HandleMaker> Makes { get; init; } = [];

    /// <summary>Rows come with the columns of this cursor, where the server leaves them out.</summary>
    public CursorNote? Cursor { get; init; }

    /// <summary>The catalog may be another when it is answered.</summary>
    public bool ChangesCatalog { get; init; }

    /// <summary>The session may be in another database when it is answered.</summary>
    public bool ChangesDatabase { get; init; }

    /// <summary>The gateway's own read of the catalog: nothing of it is the client's.</summary>
    public CatalogRead? Catalog { get; init; }

    /// <summary>It follows from the text and what the text is judged under, and leaves nothing behind.</summary>
    public bool IsOfTextAlone => Refusal is null && Makes.Count == 0 && Cursor is null && !ChangesCatalog && !ChangesDatabase && Catalog is null;

    /// <summary>Any of several results may be classified, of which the client is not to learn.</summary>
    public bool ReadsAll { get; init; }

    /// <summary>Tokens must be looked at: something is masked, replaced, kept from the client or learnt from them.</summary>
    public bool MustRead => Refusal is not null || Plan is not null || Makes.Count > 0 || ChangesDatabase || ReadsAll;
}

/// <summary>Handles that the server gives out in RETURNVALUE, in the order of the procedure's own parameters.</summary>
/// <param name="Procedure">What was called.</param>
/// <param name="Text">The statement that the handle stands for.</param>
internal sealed record HandleMaker(RpcProcedure Procedure, PreparedText Text)
{
    /// <summary>The first handle is of a prepared statement; else of a cursor.</summary>
    public bool MakesStatement => !Procedure.IsCursor || Procedure.Name is "sp_cursorprepare" or "sp_cursorprepexec";

    /// <summary>A handle of a cursor comes too.</summary>
    public bool MakesCursor => Procedure.IsCursor && Procedure.Name is not "sp_cursorprepare";
}

/// <summary>A statement's text and the declarations of its parameters.</summary>
internal sealed record PreparedText(string Text, string? Declarations);

/// <summary>A cursor of the server's: what it was opened with, and the columns that came then.</summary>
internal sealed class CursorNote(PreparedText text)
{
    public PreparedText Text { get; } = text;

    /// <summary>As the server stated them; null before they have come.</summary>
    public ColMetadata? Columns { get; set; }
}
