using WireProxy.Capture;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Sessions;

/// <summary>
/// A session's hand on the journal. Decisions are put down while requests are filtered, and enter the journal before the
/// bytes that they allowed.
/// </summary>
internal sealed class SessionRecorder(Journal journal, Guid session, bool strict, bool refusesUnrecorded)
{
    private readonly SessionStream _stream = journal.OpenSession(session);
    private readonly WireWriter _decisions = new();

    /// <summary>False while the journal cannot be written and statements must be refused.</summary>
    public bool CanRecord => journal.IsHealthy || !refusesUnrecorded;

    public static SessionEnd Unavailable(Stage stage) => new(
        stage, Party.Proxy, "this session cannot be recorded: the journal cannot be written", "58030",
        "Nothing was run that is not on record. Free space for the journal, or ask its operator; then try again.");

    /// <summary>Puts a decision (UTF-8 JSON) down for the journal's next record.</summary>
    public void Decide(ReadOnlySpan<byte> json)
    {
        _decisions.WriteInt32(json.Length);
        _decisions.WriteBytes(json);
    }

    public async ValueTask OpenAsync(ReadOnlyMemory<byte> json)
    {
        long position = await _stream.AppendAsync(RecordKind.SessionOpened, json, CancellationToken.None);
        if (strict)
            await journal.WaitDurableAsync(position, CancellationToken.None);
    }

    /// <summary>Records what the next flush will send; <paramref name="durable"/>: on disk before this returns, where the journal is strict.</summary>
    public ValueTask RecordAsync(RecordKind kind, OutputBuffer output, bool durable)
    {
        if (_decisions.Length > 0 && kind == RecordKind.ClientBytes)
            return RecordWithDecisionsAsync(output, durable);
        (ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body) = output.Recorded;
        if (head.IsEmpty && body.IsEmpty)
            return ValueTask.CompletedTask;
        ValueTask<long> appending = _stream.AppendAsync(kind, head, body, CancellationToken.None);
        if (!appending.IsCompletedSuccessfully || (durable && strict))
            return FinishAsync(appending, durable);
        _ = appending.Result;
        return ValueTask.CompletedTask;
    }

    /// <summary>The last record. Where it cannot be written the log says so.</summary>
    public async ValueTask CloseAsync(Session session)
    {
        byte[] json = SessionRecords.Closed(session.Ending ?? SessionEnd.ClientClosed, session.Client.Output.Sent, session.Upstream?.Output.Sent ?? 0);
        try
        {
            await _stream.AppendAsync(RecordKind.SessionClosed, json, CancellationToken.None);
            _decisions.Release();
        }
        catch (JournalUnavailableException)
        {
            session.Listener.Log.SessionCloseNotRecorded(session.Listener.Options.Name, session.Id);
        }
    }

    private async ValueTask FinishAsync(ValueTask<long> appending, bool durable)
    {
        long position = await appending;
        if (durable && strict)
            await journal.WaitDurableAsync(position, CancellationToken.None);
    }

    private async ValueTask RecordWithDecisionsAsync(OutputBuffer output, bool durable)
    {
        long position = 0;
        ReadOnlyMemory<byte> decisions = _decisions.WrittenMemory;
        while (!decisions.IsEmpty)
        {
            int length = new WireReader(decisions.Span).ReadInt32();
            position = await _stream.AppendAsync(
                RecordKind.Decision, decisions.Slice(sizeof(int), length), CancellationToken.None);
            decisions = decisions[(sizeof(int) + length)..];
        }
        _decisions.Release();
        (ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body) = output.Recorded;
        if (!head.IsEmpty || !body.IsEmpty)
            position = await _stream.AppendAsync(RecordKind.ClientBytes, head, body, CancellationToken.None);
        if (strict && durable)
            await journal.WaitDurableAsync(position, CancellationToken.None);
    }
}
