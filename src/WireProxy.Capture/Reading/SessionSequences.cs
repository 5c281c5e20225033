using System.Runtime.InteropServices;
using System.Text.Json;
using WireProxy.Capture.Format;
using WireProxy.Capture.Writing;

namespace WireProxy.Capture.Reading;

/// <summary>Whether each session's records are numbered 1, 2, 3, ... A hole is explained only by an outage, told in the journal
/// after the hole's beginning, in which records were dropped (<c>on_failure: continue</c>).</summary>
internal sealed class SessionSequences
{
    private readonly Dictionary<Guid, Seen> _sessions = [];
    private long _ordinal, _lastDroppingOutage, _missing;
    private readonly List<string> _outages = [];

    private record struct Seen(long Sequence, long Ordinal);

    /// <summary>What is wrong with a record's number, or null.</summary>
    public string? Check(SegmentScanner scanner)
    {
        _ordinal++;
        Guid id = RecordFormat.Session(scanner.Record);
        long sequence = RecordFormat.Sequence(scanner.Record);
        if (RecordFormat.Kind(scanner.Record) == RecordKind.Outage)
            AddOutage(scanner.Payload);
        if (id == Guid.Empty)
            return sequence == 0 ? null : "a record of the journal itself has a sequence number";
        ref Seen seen = ref CollectionsMarshal.GetValueRefOrAddDefault(_sessions, id, out _);
        long expected = seen.Sequence + 1;
        bool explained = sequence > expected && _lastDroppingOutage > seen.Ordinal;
        if (sequence != expected && !explained)
            return $"session {id} goes on with record {sequence} where {expected} should be";
        _missing += sequence - expected;
        seen = new Seen(sequence, _ordinal);
        return null;
    }

    public void AddNotes(List<string> notes)
    {
        notes.AddRange(_outages);
        if (_missing > 0)
            notes.Add($"{_missing} records of sessions are missing; they were dropped while the journal could not be written");
    }

    private void AddOutage(ReadOnlySpan<byte> payload)
    {
        OutageReport? report = null;
        try
        {
            report = JsonSerializer.Deserialize(payload, JournalJson.Default.OutageReport);
        }
        catch (JsonException)
        {
            // Not ours: it explains nothing.
        }
        if (report is null)
            return;
        if (report.Effect == OutageReport.Dropped)
            _lastDroppingOutage = _ordinal;
        _outages.Add(
            $"the journal could not be written from {report.From:O} to {report.To:O} ({report.Error}); "
            + $"{report.Records} records were {report.Effect}");
    }
}
