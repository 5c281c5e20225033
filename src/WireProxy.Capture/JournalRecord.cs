namespace WireProxy.Capture;

/// <summary>One record as it stands in the journal.</summary>
/// <param name="Segment">Number of the segment, from 1; its file is the number in ten digits and <c>.wpj</c>.</param>
/// <param name="Offset">Of the record in its segment's file, bytes.</param>
/// <param name="Withdrawn">Whoever appended it was told that it is not durable: what it announces was not sent.</param>
/// <param name="Session">All zeros for the journal's own records.</param>
/// <param name="Sequence">Number in the session, from 1; 0 in the journal's own records.</param>
/// <param name="TimeUtc">When it was appended; steps of 100 ns, and as right as the gateway's clock.</param>
/// <param name="Hash">SHA-256 over the hash before and this record.</param>
public sealed record JournalRecord(
    long Segment, long Offset, RecordKind Kind, bool Withdrawn, Guid Session, long Sequence, DateTime TimeUtc,
    ReadOnlyMemory<byte> Payload, ReadOnlyMemory<byte> Hash);

/// <summary>Where a journal is damaged, as a reader or the verifier met it first.</summary>
/// <param name="Segment">The file's name.</param>
/// <param name="Offset">Of the bad record in this file, bytes; where a record is missing, where it should begin.</param>
/// <param name="Record">The bad record's number in its segment: the header is 1, and 0 is what stands before it.</param>
/// <param name="Problem">What is wrong, in words.</param>
public sealed record JournalDamage(string Segment, long Offset, long Record, string Problem)
{
    public override string ToString() => Record == 0
        ? $"{Segment}, byte {Offset}: {Problem}"
        : $"{Segment}, byte {Offset} (record {Record}): {Problem}";
}
