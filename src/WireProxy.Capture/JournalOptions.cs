using System.Security.Cryptography;

namespace WireProxy.Capture;

/// <summary>When a record counts as recorded.</summary>
public enum Durability
{
    /// <summary>Statements wait until fdatasync covered their record.</summary>
    Strict,
    /// <summary>Nobody waits; records reach the disk within <see cref="JournalOptions.BatchInterval"/>.</summary>
    Batched,
}

/// <summary>How a journal is written. The values are checked by <see cref="Journal.Open"/>.</summary>
public sealed record JournalOptions
{
    /// <summary>Where the segments are; created with mode 0700 where absent. One writer at a time.</summary>
    public required string Directory { get; init; }

    /// <summary>The promise made to statements. The journal only carries it: callers that want <see cref="Durability.Strict"/>
    /// call <see cref="Journal.WaitDurableAsync"/> after their append.</summary>
    public Durability Durability { get; init; } = Durability.Strict;

    /// <summary><c>on_failure</c>: true (refuse) makes appends throw while the journal cannot be written; false (continue)
    /// drops them, and a record of the gap is written when writing works again. Default true.</summary>
    public bool RefuseOnFailure { get; init; } = true;

    /// <summary>ECDSA P-256 private key that signs closed and recovered segments; null leaves them unsigned. Not disposed here.</summary>
    public ECDsa? SigningKey { get; init; }

    /// <summary>A segment is closed before it grows beyond this. Bytes, 1 KiB to 1 GiB, default 256 MiB. One record that is
    /// larger than this still goes into one segment.</summary>
    public int SegmentBytes { get; init; } = 256 << 20;

    /// <summary>What may wait in memory until it is durable; beyond it appends wait. Bytes, 64 KiB to 1 GiB and at least
    /// <see cref="CommitBytes"/>, default 64 MiB. One larger record is taken alone.</summary>
    public int PendingBytes { get; init; } = 64 << 20;

    /// <summary>The longest that a record nobody waits for stays in memory. 1 ms to 10 s, default 100 ms.</summary>
    public TimeSpan BatchInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Records are written when this much is pending, even before <see cref="BatchInterval"/> is over; also the size
    /// of one pending buffer. Bytes, 4 KiB to 64 MiB, default 1 MiB.</summary>
    public int CommitBytes { get; init; } = 1 << 20;

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(Directory);
        Range(SegmentBytes, 1 << 10, 1 << 30, nameof(SegmentBytes));
        Range(CommitBytes, 4 << 10, 64 << 20, nameof(CommitBytes));
        Range(PendingBytes, Math.Max(64 << 10, CommitBytes), 1 << 30, nameof(PendingBytes));
        if (BatchInterval < TimeSpan.FromMilliseconds(1) || BatchInterval > TimeSpan.FromSeconds(10))
            throw new ArgumentOutOfRangeException(nameof(BatchInterval), BatchInterval, "1 ms to 10 s");
        if (SigningKey is { } key && key.ExportParameters(false).Curve.Oid?.Value != ECCurve.NamedCurves.nistP256.Oid.Value)
            throw new ArgumentException("The journal's signing key must be an ECDSA key on the curve P-256.", nameof(SigningKey));
    }

    private static void Range(int value, int least, int most, string name)
    {
        if (value < least || value > most)
            throw new ArgumentOutOfRangeException(name, value, $"{least} to {most} bytes");
    }
}
