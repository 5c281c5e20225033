using WireProxy.Capture.Format;
using WireProxy.Capture.Reading;

namespace WireProxy.Capture;

/// <summary>A place in the journal: a segment's number and a byte offset in its file.</summary>
public readonly record struct JournalPlace(long Segment, long Offset);

/// <summary>What a listing needs to know of a session, without its bytes.</summary>
/// <param name="First">Its first record.</param>
/// <param name="Last">Its last record.</param>
/// <param name="ClientBytes">Payload bytes of its client records.</param>
/// <param name="ServerBytes">Payload bytes of its server records.</param>
/// <param name="Opened">The payload of its SessionOpened record, UTF-8 JSON; empty when there is none.</param>
/// <param name="Closed">The payload of its SessionClosed record, UTF-8 JSON; empty while it goes on, or after a crash.</param>
public sealed record SessionSummary(
    Guid Id, JournalPlace First, JournalPlace Last, DateTime FirstUtc, DateTime LastUtc, long Records, long Decisions,
    long ClientBytes, long ServerBytes, ReadOnlyMemory<byte> Opened, ReadOnlyMemory<byte> Closed)
{
    public bool IsClosed => !Closed.IsEmpty;
}

/// <summary>The sessions of a journal.</summary>
public static class JournalIndex
{
    /// <summary>Reads the whole journal once. The sessions, in the order in which they began.</summary>
    /// <inheritdoc cref="JournalReader.Read(string, Action{JournalDamage})"/>
    public static IReadOnlyList<SessionSummary> Sessions(string directory, Action<JournalDamage>? damaged = null)
    {
        var byId = new Dictionary<Guid, Counts>();
        var inOrder = new List<Counts>();
        foreach (SegmentFile segment in SegmentFile.List(directory))
        {
            using SegmentScanner scanner = segment.Scan(checkHashes: false);
            long number = 0;
            while (scanner.MoveNext())
            {
                number++;
                Guid id = RecordFormat.Session(scanner.Record);
                if (id == Guid.Empty)
                    continue;
                if (!byId.TryGetValue(id, out Counts? counts))
                {
                    var first = new JournalPlace(segment.Number, scanner.Offset);
                    counts = new Counts(id, first, RecordFormat.UnixTicks(scanner.Record));
                    byId.Add(id, counts);
                    inOrder.Add(counts);
                }
                counts.Add(segment.Number, scanner);
            }
            JournalReader.ReportUnlessTorn(segment, scanner, number, damaged);
        }
        return inOrder.ConvertAll(static counts => counts.Summary());
    }

    private sealed class Counts(Guid id, JournalPlace first, long firstTicks)
    {
        private JournalPlace _last;
        private long _lastTicks, _records, _decisions, _clientBytes, _serverBytes;
        private byte[] _opened = [], _closed = [];

        public void Add(long segment, SegmentScanner scanner)
        {
            _last = new JournalPlace(segment, scanner.Offset);
            _lastTicks = RecordFormat.UnixTicks(scanner.Record);
            _records++;
            switch (RecordFormat.Kind(scanner.Record))
            {
                case RecordKind.SessionOpened:
                    _opened = scanner.Payload.ToArray();
                    break;
                case RecordKind.ClientBytes:
                    _clientBytes += scanner.Payload.Length;
                    break;
                case RecordKind.ServerBytes:
                    _serverBytes += scanner.Payload.Length;
                    break;
                case RecordKind.Decision:
                    _decisions++;
                    break;
                case RecordKind.SessionClosed:
                    _closed = scanner.Payload.ToArray();
                    break;
            }
        }

        public SessionSummary Summary() => new(
            id, first, _last, RecordFormat.Time(firstTicks).UtcDateTime, RecordFormat.Time(_lastTicks).UtcDateTime,
            _records, _decisions, _clientBytes, _serverBytes, _opened, _closed);
    }
}
