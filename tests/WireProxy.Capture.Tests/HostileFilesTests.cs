using WireProxy.Capture.Format;

namespace WireProxy.Capture.Tests;

/// <summary>An auditor reads what others may have written: whatever a file holds, there is an answer and no crash.</summary>
public sealed class HostileFilesTests
{
    [Test]
    public void Rubbish_is_damage()
    {
        var random = new Random(1);
        for (int i = 0; i < 500; i++)
        {
            byte[] rubbish = new byte[random.Next(400)];
            random.NextBytes(rubbish);
            if (i % 2 == 0 && rubbish.Length >= 16)
                "WPJ-SEGMENT-V1\n\0"u8.CopyTo(rubbish);
            using TestDirectory directory = TestDirectory.InMemory();
            File.WriteAllBytes(directory.Segment(1), rubbish);
            Assert.That(directory.Verify().Damage?.Segment, Is.EqualTo("0000000001.wpj"));
            ReadAll(directory);
        }
    }

    [Test]
    public void Well_made_records_of_nonsense_are_damage_or_pass_as_records()
    {
        var random = new Random(2);
        int damaged = 0;
        for (int i = 0; i < 1000; i++)
        {
            using TestDirectory directory = TestDirectory.InMemory();
            for (int segment = 1; segment <= 2; segment++)
                File.WriteAllBytes(directory.Segment(segment), Nonsense(random, segment));
            damaged += directory.Verify().IsOk ? 0 : 1;
            ReadAll(directory);
        }
        Assert.That(damaged, Is.EqualTo(1000), "two segments that nobody chained");
    }

    private static void ReadAll(TestDirectory directory)
    {
        var damages = new List<JournalDamage>();
        foreach (JournalRecord record in JournalReader.Read(directory.Path, damages.Add))
            Assert.That(record.TimeUtc.Kind, Is.EqualTo(DateTimeKind.Utc));
        _ = JournalIndex.Sessions(directory.Path, damages.Add);
    }

    // Checksums and hashes are right; nothing else need be.
    private static byte[] Nonsense(Random random, int segment)
    {
        var bytes = new List<byte>([.. SegmentFormat.Magic, 0, .. new byte[32]]);
        byte[] header = new byte[32 + (random.Next(3) == 0 ? Attestation.Bytes : 0)];
        random.NextBytes(header);
        (header[0], header[1], header[2]) = (1, 0, (byte)(header.Length == 32 ? random.Next(3) : 2));
        if (random.Next(2) == 0)
            BitConverter.TryWriteBytes(header.AsSpan(8), (long)segment);
        Add(bytes, random, RecordKind.SegmentHeader, header);
        for (int i = random.Next(6); i > 0; i--)
        {
            byte[] payload = random.Next(3) switch
            {
                0 => """{"effect":"dropped","records":"many","from":7}"""u8.ToArray(),
                1 => new byte[Attestation.Bytes],
                _ => new byte[random.Next(50)],
            };
            Add(bytes, random, (RecordKind)random.Next(1, 20), payload);
        }
        return [.. bytes];
    }

    private static void Add(List<byte> bytes, Random random, RecordKind kind, byte[] payload)
    {
        byte[] record = [.. bytes[^RecordFormat.SealBytes..], .. new byte[RecordFormat.OverheadBytes + payload.Length]];
        Span<byte> own = record.AsSpan(RecordFormat.SealBytes);
        Guid session = random.Next(2) == 0 ? Guid.Empty : TestJournal.Alice;
        RecordFormat.WriteHeader(own, payload.Length, kind, session, random.NextInt64(-2, 5), DateTimeOffset.UtcNow);
        if (random.Next(4) == 0)
            random.NextBytes(own.Slice(28, 16));
        payload.CopyTo(own[RecordFormat.HeaderBytes..]);
        RecordFormat.Seal(record);
        bytes.AddRange(own.ToArray());
    }
}
