using System.Text.Json;
using WireProxy.Protocols.Postgres;

namespace WireProxy.Cli.Replay;

/// <summary>Something that happened in a recorded session.</summary>
/// <param name="Time">When it was recorded, UTC.</param>
internal abstract record ReplayEvent(DateTime Time);

/// <summary>The session began.</summary>
internal sealed record SessionBegan(DateTime Time, JsonElement Details) : ReplayEvent(Time);

/// <summary>The policy decided about a statement.</summary>
internal sealed record Decided(DateTime Time, JsonElement Details) : ReplayEvent(Time);

/// <summary>A credential was given out or taken back.</summary>
internal sealed record AccessChanged(DateTime Time, JsonElement Details) : ReplayEvent(Time);

/// <summary>A statement went to the database.</summary>
/// <param name="Parameters">As text; null is NULL. Empty for the simple protocol.</param>
internal sealed record StatementSent(DateTime Time, string Text, IReadOnlyList<string?> Parameters) : ReplayEvent(Time);

/// <summary>A statement was prepared under a name, to be run later.</summary>
internal sealed record StatementPrepared(DateTime Time, string Name, string Text) : ReplayEvent(Time);

/// <summary>A function was called by its number, as libpq does for large objects.</summary>
internal sealed record FunctionCalled(DateTime Time, uint Function, IReadOnlyList<string?> Arguments) : ReplayEvent(Time);

internal sealed record FunctionReturned(DateTime Time, string? Result) : ReplayEvent(Time);

/// <summary>Rows with these columns follow.</summary>
/// <param name="FromClient">They are a bulk load's, on their way to the database.</param>
internal sealed record RowsBegin(DateTime Time, IReadOnlyList<ReplayColumn> Columns, bool FromClient = false) : ReplayEvent(Time);

/// <summary>A row as it was delivered; null is NULL.</summary>
internal sealed record RowDelivered(DateTime Time, IReadOnlyList<string?> Values, bool FromClient = false) : ReplayEvent(Time);

/// <summary>A statement is done; the tag is the server's.</summary>
internal sealed record StatementDone(DateTime Time, string Tag) : ReplayEvent(Time);

/// <summary>An error or a notice that the client got.</summary>
internal sealed record MessageDelivered(DateTime Time, bool IsError, ErrorFields Fields) : ReplayEvent(Time);

/// <summary>A piece of a COPY.</summary>
/// <param name="Data">The text, or for a binary COPY its bytes in hexadecimal.</param>
internal sealed record CopyPiece(DateTime Time, bool ToClient, bool Binary, string Data) : ReplayEvent(Time);

/// <summary>The client gave a COPY up.</summary>
internal sealed record CopyGivenUp(DateTime Time, string Reason) : ReplayEvent(Time);

internal sealed record Notified(DateTime Time, string Channel, string Payload) : ReplayEvent(Time);

/// <summary>The server told the client a run-time parameter.</summary>
internal sealed record ParameterReported(DateTime Time, string Name, string Value) : ReplayEvent(Time);

/// <summary>Something that cannot be shown: too large, not readable, or never sent.</summary>
internal sealed record NotShown(DateTime Time, string Reason) : ReplayEvent(Time);

/// <summary>The session ended.</summary>
internal sealed record SessionFinished(DateTime Time, JsonElement Details) : ReplayEvent(Time);

/// <summary>A column of delivered rows, as the client saw it.</summary>
/// <param name="TypeId">PostgreSQL's OID of the type; 0 where it is not known.</param>
/// <param name="Format">PostgreSQL's: 0 text, 1 binary.</param>
/// <param name="TypeName">The type as T-SQL writes it; null in PostgreSQL's protocol, which does not name types.</param>
/// <param name="IsTdsNumber">The type that <paramref name="TypeName"/> names is one of numbers.</param>
internal sealed record ReplayColumn(string Name, uint TypeId, short Format, string? TypeName = null, bool IsTdsNumber = false)
{
    /// <summary>Its values stand to the right: int8, int2, int4, oid, float4, float8, money, numeric, or a number of T-SQL's.</summary>
    public bool IsNumber => IsTdsNumber || TypeId is 20 or 21 or 23 or 26 or 700 or 701 or 790 or 1700;
}
