using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;

namespace WireProxy.Cli.Replay.Tds;

/// <summary>A procedure was called by RPC.</summary>
/// <param name="Procedure">Its name as the client gave it, or that of its number.</param>
/// <param name="Statement">The text that it carries or, where it runs a handle, the text that the handle was made with; null for none.</param>
/// <param name="Parameters">As recorded, without the one that is <paramref name="Statement"/>.</param>
internal sealed record CallSent(
    DateTime Time, string Procedure, string? Statement, bool IsByHandle, IReadOnlyList<CallParameter> Parameters) : ReplayEvent(Time);

/// <param name="Name">With its @; empty where the place alone says which it is.</param>
/// <param name="Type">As T-SQL writes it.</param>
/// <param name="Value">As text; null is NULL.</param>
/// <param name="Use">null, "output" or "default".</param>
internal sealed record CallParameter(string Name, string Type, string? Value, string? Use);

/// <summary>The client asked the transaction manager for something, without a statement.</summary>
internal sealed record TransactionRequested(DateTime Time, TransactionManagerRequestType Request, string Name) : ReplayEvent(Time);

/// <summary>The client asked for a session like new, as pools do before they give a connection to the next.</summary>
internal sealed record SessionReset(DateTime Time, bool KeepsTransaction) : ReplayEvent(Time);

/// <summary>An Attention: the client no longer wants the answer.</summary>
internal sealed record CancelSent(DateTime Time) : ReplayEvent(Time);

/// <summary>A statement, a procedure or a statement in a procedure is done.</summary>
internal sealed record DoneDelivered(DateTime Time, Done Done) : ReplayEvent(Time);

/// <summary>An ERROR or INFO that the client got.</summary>
internal sealed record ServerMessageDelivered(DateTime Time, ServerMessage Message) : ReplayEvent(Time)
{
    public bool IsError => Message.Type == TokenType.Error;
}

/// <summary>An OUTPUT parameter came back.</summary>
internal sealed record OutputReturned(DateTime Time, string Name, string Type, string? Value) : ReplayEvent(Time);

/// <summary>What a procedure returned.</summary>
internal sealed record StatusReturned(DateTime Time, int Status) : ReplayEvent(Time);

/// <summary>A row of totals of a COMPUTE clause.</summary>
internal sealed record TotalsDelivered(DateTime Time, IReadOnlyList<string> Names, IReadOnlyList<string?> Values) : ReplayEvent(Time);

/// <summary>The server said that a transaction begins or ends.</summary>
/// <param name="What">begun, committed, rolled back, ...</param>
internal sealed record TransactionChanged(DateTime Time, string What) : ReplayEvent(Time);
