using System.Security.Cryptography;
using WireProxy.Capture.Format;

namespace WireProxy.Capture.Reading;

/// <summary>Goes through the segments of a journal in order and stops at the first thing that does not hold.</summary>
internal sealed class Verification(ECDsa? publicKey, IProgress<long>? progress)
{
    private const long ProgressStep = 16 << 20;

    private readonly List<string> _notes = [];
    private readonly SessionSequences _sequences = new();
    private readonly byte[]? _keyId = publicKey is null ? null : Attestation.IdOf(publicKey);
    private SegmentTail _tail = SegmentTail.Nothing;
    private JournalDamage? _damage;
    private long _segments, _records, _bytes, _reported, _unsigned, _unchecked;

    public void Note(string note) => _notes.Add(note);

    public VerificationReport Report()
    {
        if (_segments == 0 && _damage is null)
            Note("there are no segments");
        if (_unsigned > 0)
            Note($"{_unsigned} segments are attested without a signature: whoever can write the files could have made them anew");
        if (_unchecked > 0)
            Note($"{_unchecked} signatures were not checked, because no key was given");
        _sequences.AddNotes(_notes);
        progress?.Report(_bytes);
        return new VerificationReport(_damage, _notes, _segments, _records, _bytes, _tail.Hash);
    }

    /// <summary>False: something is wrong, and the report says what.</summary>
    public bool Check(SegmentFile segment)
    {
        if (segment.Number != _tail.Number + 1)
            return Damaged(SegmentFormat.NameOf(_tail.Number + 1), 0, 0, "this segment is missing, while later ones exist");
        using SegmentScanner scanner = segment.Scan(checkHashes: true);
        var tail = new SegmentTail(segment.Number);
        while (scanner.MoveNext())
        {
            if (!CheckRecord(segment, scanner, tail))
                return false;
            tail.Add(scanner);
            Advance(scanner.Record.Length);
        }
        if (scanner.Problem is { } problem && !IsTornTail(segment, scanner, tail, problem))
            return false;
        if (tail.Records == 0)
            return Damaged(segment.Name, 0, 0, "it holds no record");
        return CheckEnd(segment, scanner, tail);
    }

    private bool CheckRecord(SegmentFile segment, SegmentScanner scanner, SegmentTail tail)
    {
        long number = tail.Records + 1;
        string? problem = tail.IsClosed ? "a record follows the footer" : null;
        RecordKind kind = RecordFormat.Kind(scanner.Record);
        if (number == 1)
            problem ??= CheckHeader(segment, scanner);
        else if (kind == RecordKind.SegmentHeader)
            problem ??= "a segment header stands in the middle of a segment";
        else if (kind == RecordKind.SegmentFooter)
            problem ??= CheckFooter(scanner, tail);
        else
            problem ??= _sequences.Check(scanner);
        return problem is null || Damaged(segment.Name, scanner.Offset, number, problem);
    }

    private string? CheckHeader(SegmentFile segment, SegmentScanner scanner)
    {
        if (scanner.Header() is not { } header)
            return "the first record is not a segment header of version 1";
        if (header.Segment != segment.Number)
            return $"the header says that this is segment {header.Segment}: the file was renamed or copied";
        if (header.Previous != _tail.Number || header.PreviousEnd == PreviousEnd.None != (_tail.Number == 0))
            return $"the header says that segment {header.Previous} comes before it, but it is {_tail.Number}";
        if (!scanner.PreviousHash.AsSpan().SequenceEqual(_tail.Hash))
            return "the segment does not continue the hash chain of the segment before";
        if (header.PreviousLength != _tail.Length)
            return $"the header says that the segment before ends at byte {header.PreviousLength}, but it ends at {_tail.Length}";
        if (header.Recovered is { } recovered)
            return CheckAttestation(recovered, _tail);
        return null;
    }

    private string? CheckFooter(SegmentScanner scanner, SegmentTail tail)
    {
        if (scanner.Payload.Length != Attestation.Bytes)
            return "the footer has a wrong length";
        return CheckAttestation(Attestation.Read(scanner.Payload), tail);
    }

    private string? CheckAttestation(Attestation said, SegmentTail found)
    {
        string of = $"the attestation of segment {found.Number}";
        if (said.Segment != found.Number)
            return $"{of} names segment {said.Segment}";
        if (said.Records != found.Records || said.Length != found.Length)
            return $"{of} covers {said.Records} records in {said.Length} bytes, but there are {found.Records} in {found.Length}";
        if (!said.LastHash.AsSpan().SequenceEqual(found.Hash))
            return $"{of} names another last hash";
        if (!said.Root.AsSpan().SequenceEqual(found.Tree.Root()))
            return $"{of} names another Merkle root";
        return CheckSignature(said, of);
    }

    private string? CheckSignature(Attestation said, string of)
    {
        if (publicKey is null)
        {
            _ = said.IsSigned ? _unchecked++ : _unsigned++;
            return null;
        }
        if (!said.IsSigned)
            return $"{of} is not signed";
        if (!said.KeyId.AsSpan().SequenceEqual(_keyId))
            return $"{of} is signed with another key ({Convert.ToHexStringLower(said.KeyId)})";
        return said.SignatureHolds(publicKey) ? null : $"{of} has a signature that does not hold";
    }

    // Only the end of the newest segment may be torn: every other end is attested, and scanning stops there.
    private bool IsTornTail(SegmentFile segment, SegmentScanner scanner, SegmentTail tail, string problem)
    {
        (long offset, long torn) = (scanner.Offset, scanner.Remaining);
        if (segment.IsLast && tail.Records > 0 && !tail.IsClosed && scanner.IsCutOff)
        {
            if (scanner.FindWholeRecord() is not { } whole)
            {
                Note($"{segment.Name} has a torn tail of {torn} bytes from byte {offset}, as after a crash; "
                    + "no later segment attests it yet");
                return true;
            }
            problem += whole == offset
                ? ", but only because its length was changed"
                : $", and it is no torn tail: a whole record follows at byte {whole}";
        }
        return Damaged(segment.Name, offset, tail.Records + 1, problem);
    }

    private bool CheckEnd(SegmentFile segment, SegmentScanner scanner, SegmentTail tail)
    {
        if (segment.Next is { } next && next.PreviousEnd != (tail.IsClosed ? PreviousEnd.Closed : PreviousEnd.Recovered))
        {
            return Damaged(segment.Name, tail.Length, tail.Records + 1, tail.IsClosed
                ? "the segment has a footer, but the next segment says that it had none"
                : "the segment ends without a footer, and the next segment does not attest its end");
        }
        if (segment is { IsLast: true } && !tail.IsClosed)
            Note($"{segment.Name} is still open: its {tail.Records} records are chained but not yet attested or signed");
        if (!segment.IsLast && scanner.Remaining is > 0 and var torn)
        {
            string holds = scanner.FindWholeRecord() is null
                ? ""
                : ". It holds whole records: the machine lost power, the disk failed, or somebody changed the file before the next "
                    + "segment was begun";
            Note($"{segment.Name} has a torn tail of {torn} bytes from byte {tail.Length}; "
                + $"the next segment attests that its records end there{holds}");
        }
        _segments++;
        _tail = tail;
        return true;
    }

    private void Advance(int bytes)
    {
        _records++;
        _bytes += bytes;
        if (_bytes - _reported >= ProgressStep)
            progress?.Report(_reported = _bytes);
    }

    private bool Damaged(string segment, long offset, long record, string problem)
    {
        _damage = new JournalDamage(segment, offset, record, problem);
        return false;
    }
}
