using System.Text.Json;
using WireProxy.Capture;
using WireProxy.Cli.Replay.Postgres;
using WireProxy.Cli.Replay.Tds;

namespace WireProxy.Cli.Replay;

/// <summary>Turns a session's records into what happened, in the order of the journal.</summary>
internal sealed class Transcript
{
    private SessionBytes? _bytes;
    private bool _saysLost;

    private Transcript()
    {
    }

    public static IEnumerable<ReplayEvent> Of(IEnumerable<JournalRecord> records)
    {
        var transcript = new Transcript();
        return records.SelectMany(transcript.Read);
    }

    private IEnumerable<ReplayEvent> Read(JournalRecord record) => record switch
    {
        { Withdrawn: true } => [new NotShown(record.TimeUtc, $"{NameOf(record.Kind)} that could not be recorded in time; it was not sent")],
        { Kind: RecordKind.SessionOpened } => [Open(record.TimeUtc, JsonText.Parse(record.Payload))],
        { Kind: RecordKind.SessionClosed } => [new SessionFinished(record.TimeUtc, JsonText.Parse(record.Payload))],
        { Kind: RecordKind.Decision } => [new Decided(record.TimeUtc, JsonText.Parse(record.Payload))],
        { Kind: RecordKind.Access } => [new AccessChanged(record.TimeUtc, JsonText.Parse(record.Payload))],
        { Kind: RecordKind.ClientBytes } => Read(record, fromClient: true),
        { Kind: RecordKind.ServerBytes } => Read(record, fromClient: false),
        _ => [],
    };

    private SessionBegan Open(DateTime time, JsonElement details)
    {
        _bytes = JsonText.Of(details, "protocol") == TdsBytes.Protocol ? TdsBytes.Create(details) : PostgresBytes.Create();
        return new SessionBegan(time, details);
    }

    private List<ReplayEvent> Read(JournalRecord record, bool fromClient)
    {
        var events = new List<ReplayEvent>();
        _bytes ??= Guess(record.Payload.Span);
        if (_bytes is not null)
            (fromClient ? _bytes.Client : _bytes.Server).Read(record.TimeUtc, record.Payload.Span, events);
        else if (!_saysLost)
            events.Add(new NotShown(record.TimeUtc, "bytes from the middle of messages, whose beginning is not in this journal"));
        _saysLost |= _bytes is null;
        return events;
    }

    /// <summary>The record that says which protocol it is may be in a segment that is not here any more. Most records are whole
    /// messages; null where this one is not.</summary>
    private static SessionBytes? Guess(ReadOnlySpan<byte> bytes) => TdsBytes.IsWhole(bytes) ? TdsBytes.Create(default)
        : PostgresBytes.IsWhole(bytes) ? PostgresBytes.Create() : null;

    private static string NameOf(RecordKind kind) => kind switch
    {
        RecordKind.ClientBytes => "a request",
        RecordKind.ServerBytes => "an answer",
        RecordKind.Decision => "a decision",
        RecordKind.Access => "a credential",
        _ => "a record",
    };
}

/// <summary>The two directions of a session, which know of each other.</summary>
internal sealed record SessionBytes(IByteDirection Client, IByteDirection Server);

/// <summary>One direction of a session's bytes, read as messages of its protocol.</summary>
internal interface IByteDirection
{
    /// <summary>What cannot be read is said in an event; nothing is thrown for it.</summary>
    /// <param name="bytes">A record's: they end anywhere in a message.</param>
    /// <param name="events">Receives what the bytes mean to a reader.</param>
    void Read(DateTime time, ReadOnlySpan<byte> bytes, List<ReplayEvent> events);
}
