using System.Security.Cryptography;
using WireProxy.Capture.Format;
using WireProxy.Capture.Reading;

namespace WireProxy.Capture;

/// <summary>What verification found.</summary>
/// <param name="Damage">The first bad record; null when everything holds.</param>
/// <param name="Notes">What an auditor should know although it is no error: torn tails, unsigned or open segments.</param>
/// <param name="LastHash">The hash of the last record; an auditor who keeps it can later tell that nothing before was changed
/// or cut off.</param>
public sealed record VerificationReport(
    JournalDamage? Damage, IReadOnlyList<string> Notes, long Segments, long Records, long Bytes, ReadOnlyMemory<byte> LastHash)
{
    public bool IsOk => Damage is null;
}

/// <summary>
/// Checks a journal from its files and a public key alone: lengths, checksums, the hash chain inside and across segments,
/// sequence numbers of sessions, Merkle roots and signatures, and that no segment is missing. That the newest records were cut
/// off cannot be seen from the files alone (protocol-specs/capture/format.md, "What verification cannot see").
/// </summary>
public static class JournalVerifier
{
    /// <param name="publicKey">With a key, everything that is attested must be signed with it; null: signatures are not checked.</param>
    /// <param name="progress">Told how many bytes are checked, now and then.</param>
    /// <exception cref="JournalException">There is no such directory.</exception>
    public static VerificationReport Verify(string directory, ECDsa? publicKey, IProgress<long>? progress = null)
    {
        var state = new Verification(publicKey, progress);
        foreach (string path in Directory.Exists(directory) ? Directory.EnumerateFiles(directory, "*" + SegmentFormat.Suffix) : [])
        {
            if (SegmentFormat.NumberOf(path) is null)
                state.Note($"{Path.GetFileName(path)} is not a segment's name; it was not looked at");
        }
        foreach (SegmentFile segment in SegmentFile.List(directory))
        {
            if (!state.Check(segment))
                break;
        }
        return state.Report();
    }
}
