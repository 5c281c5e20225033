using System.Security.Cryptography;

namespace WireProxy.Capture.Tests;

public sealed class TamperingTests
{
    [Test]
    public async Task Any_changed_byte_is_found_in_its_record([Values(0x01, 0x80, 0xff)] int change)
    {
        using TestDirectory directory = TestDirectory.InMemory();
        await TestJournal.WriteSmallAsync(directory);
        foreach (int number in new[] { 1, 2 })
        {
            byte[] original = File.ReadAllBytes(directory.Segment(number));
            List<int> offsets = Segments.Offsets(original);
            for (int i = 0; i < original.Length; i++)
            {
                byte[] changed = [.. original];
                changed[i] ^= (byte)change;
                File.WriteAllBytes(directory.Segment(number), changed);

                JournalDamage? damage = directory.Verify().Damage;

                // The hash in the preamble is part of what the first record's hash covers; the magic before it is part of none.
                int expected = i < 16 ? 0 : offsets.FindLast(o => o <= i) is var at and > 0 ? at : Segments.Preamble;
                Assert.That((damage?.Segment, damage?.Offset), Is.EqualTo(($"{number:D10}.wpj", expected)), $"byte {i}: {damage}");
            }
            File.WriteAllBytes(directory.Segment(number), original);
        }
        Assert.That(directory.Verify().Damage, Is.Null);
    }

    [Test]
    public async Task A_segment_cut_off_anywhere_is_found_when_another_follows()
    {
        using TestDirectory directory = TestDirectory.InMemory();
        await TestJournal.WriteSmallAsync(directory);
        byte[] original = File.ReadAllBytes(directory.Segment(1));
        for (int length = 0; length < original.Length; length++)
        {
            File.WriteAllBytes(directory.Segment(1), original[..length]);
            JournalDamage? damage = directory.Verify().Damage;
            Assert.That(damage?.Segment, Is.EqualTo("0000000001.wpj"), $"length {length}");
            Assert.That(damage!.Offset, Is.LessThanOrEqualTo(length), $"length {length}");
        }
    }

    [Test]
    public async Task A_journal_cut_off_anywhere_goes_on_and_verifies([Values] bool signed)
    {
        using TestDirectory directory = TestDirectory.InMemory();
        using ECDsa? key = signed ? TestJournal.NewKey() : null;
        await TestJournal.WriteSmallAsync(directory, key);
        File.Delete(directory.Segment(2));
        byte[] original = File.ReadAllBytes(directory.Segment(1));
        List<int> offsets = Segments.Offsets(original);
        for (int length = offsets[1]; length < original.Length; length++)
        {
            File.WriteAllBytes(directory.Segment(1), original[..length]);
            int whole = offsets.FindLastIndex(o => o <= length) - 1;
            Assert.That(directory.Verify(key).Damage, Is.Null, $"length {length}, before it is opened");
            Assert.That(directory.Verify(key).Notes, Has.Some.Contains("still open"));
            Assert.That(JournalReader.Read(directory.Path).Count(), Is.EqualTo(whole), $"length {length}, before it is opened");

            await using (Journal journal = Journal.Open(directory.Options with { SigningKey = key }, TimeProvider.System))
                await journal.OpenSession(Guid.NewGuid()).AppendAsync(RecordKind.SessionOpened, "{}");

            VerificationReport report = directory.Verify(key);
            Assert.That(report.Damage, Is.Null, $"length {length}");
            Assert.That(report.Notes.Any(n => n.Contains("torn tail")), Is.EqualTo(!offsets.Contains(length)), $"length {length}");
            Assert.That(File.ReadAllBytes(directory.Segment(1)), Has.Length.EqualTo(length), "the torn tail is left as it is");
            Assert.That(JournalReader.Read(directory.Path).Count(), Is.EqualTo(whole + 1), $"length {length}");
            File.Delete(directory.Segment(2));
        }
    }

    [Test]
    public async Task What_precedes_an_attested_torn_tail_cannot_be_changed()
    {
        using TestDirectory directory = TestDirectory.InMemory();
        await TestJournal.WriteSmallAsync(directory);
        File.Delete(directory.Segment(2));
        byte[] original = File.ReadAllBytes(directory.Segment(1));
        int torn = Segments.Offsets(original)[5] + 20;
        File.WriteAllBytes(directory.Segment(1), original[..torn]);
        await using (Journal.Open(directory.Options, TimeProvider.System))
        {
        }
        for (int i = 0; i < torn - 20; i++)
        {
            byte[] changed = original[..torn];
            changed[i] ^= 0x10;
            File.WriteAllBytes(directory.Segment(1), changed);
            Assert.That(directory.Verify().Damage?.Segment, Is.EqualTo("0000000001.wpj"), $"byte {i}");
        }
    }

    [TestCase(new[] { 0, 1, 3, 4, 5, 6, 7, 8 }, 2, TestName = "A_removed_record_is_found")]
    [TestCase(new[] { 0, 1, 2, 2, 3, 4, 5, 6, 7, 8 }, 3, TestName = "A_record_that_stands_there_twice_is_found")]
    [TestCase(new[] { 0, 1, 3, 2, 4, 5, 6, 7, 8 }, 2, TestName = "Swapped_records_are_found")]
    [TestCase(new[] { 0, 1, 2, 3, 4, 5, 6, 7 }, 8, TestName = "A_removed_footer_is_found")]
    [TestCase(new[] { 1, 2, 3, 4, 5, 6, 7, 8 }, 0, TestName = "A_removed_header_is_found")]
    [TestCase(new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 8 }, 9, TestName = "A_second_footer_is_found")]
    [TestCase(new[] { 0, 8 }, 1, TestName = "An_emptied_segment_is_found")]
    public async Task Moved_records_are_found(int[] order, int badRecord)
    {
        using TestDirectory directory = TestDirectory.InMemory();
        await TestJournal.WriteSmallAsync(directory);
        byte[] changed = Segments.With(File.ReadAllBytes(directory.Segment(1)), order);
        File.WriteAllBytes(directory.Segment(1), changed);

        JournalDamage? damage = directory.Verify().Damage;

        Assert.That((damage?.Segment, damage?.Offset), Is.EqualTo(("0000000001.wpj", Segments.Offsets(changed)[badRecord])));
        Assert.That(damage!.Record, Is.EqualTo(badRecord + 1));
    }

    [Test]
    public async Task Missing_renamed_and_swapped_segments_are_found()
    {
        using TestDirectory directory = TestDirectory.InMemory();
        for (int run = 0; run < 4; run++)
        {
            await using Journal journal = Journal.Open(directory.Options, TimeProvider.System);
            await journal.OpenSession(Guid.NewGuid()).AppendAsync(RecordKind.SessionOpened, "{}");
        }

        Assert.That(FirstBadAfter(d => File.Delete(d.Segment(1))), Is.EqualTo("0000000001.wpj"));
        Assert.That(FirstBadAfter(d => File.Delete(d.Segment(3))), Is.EqualTo("0000000003.wpj"));
        Assert.That(FirstBadAfter(d => File.Copy(d.Segment(4), d.Segment(5))), Is.EqualTo("0000000005.wpj"));
        Assert.That(FirstBadAfter(d => File.Move(d.Segment(4), d.Segment(3), overwrite: true)), Is.EqualTo("0000000003.wpj"));
        Assert.That(FirstBadAfter(d =>
        {
            File.Move(d.Segment(2), d.Segment(9));
            File.Move(d.Segment(3), d.Segment(2));
            File.Move(d.Segment(9), d.Segment(3));
        }), Is.EqualTo("0000000002.wpj"));
        Assert.That(FirstBadAfter(d => File.WriteAllBytes(d.Segment(2), [])), Is.EqualTo("0000000002.wpj"));
        Assert.That(FirstBadAfter(d => File.AppendAllText(d.Segment(4), "x")), Is.EqualTo("0000000004.wpj"));
        // What the format document says that nobody can see.
        Assert.That(FirstBadAfter(d => File.Delete(d.Segment(4))), Is.Null);

        string? FirstBadAfter(Action<TestDirectory> tamper)
        {
            using TestDirectory copy = directory.Copy();
            tamper(copy);
            return copy.Verify().Damage?.Segment;
        }
    }

    [Test]
    public async Task A_record_changed_in_the_middle_of_the_open_segment_is_no_torn_tail()
    {
        using TestDirectory directory = TestDirectory.InMemory();
        await using Journal journal = Journal.Open(directory.Options, TimeProvider.System);
        SessionStream session = journal.OpenSession(TestJournal.Alice);
        long position = 0;
        for (int i = 0; i < 5; i++)
            position = await session.AppendAsync(RecordKind.ClientBytes, "select");
        await journal.WaitDurableAsync(position);
        byte[] original = File.ReadAllBytes(directory.Segment(1));
        List<int> offsets = Segments.Offsets(original);
        for (int i = offsets[2]; i < offsets[3]; i++)
        {
            using TestDirectory copy = directory.Copy();
            byte[] changed = [.. original];
            changed[i] ^= 0x20;
            File.WriteAllBytes(copy.Segment(1), changed);
            Assert.That(copy.Verify().Damage?.Offset, Is.EqualTo(offsets[2]), $"byte {i}");
        }
    }

    [Test]
    public async Task A_hole_in_a_sessions_numbers_is_found()
    {
        using TestDirectory directory = TestDirectory.InMemory();
        await using (Journal journal = Journal.Open(directory.Options, TimeProvider.System))
        {
            SessionStream session = journal.OpenSession(TestJournal.Alice);
            await session.AppendAsync(RecordKind.SessionOpened, "{}");
            session.NextSequence();
            await session.AppendAsync(RecordKind.SessionClosed, "{}");
        }
        Assert.That(directory.Verify().Damage?.Problem, Does.Contain("goes on with record 3 where 2 should be"));
    }

    [Test]
    public async Task A_signed_journal_holds_only_under_its_own_key()
    {
        using TestDirectory directory = TestDirectory.InMemory();
        using ECDsa key = TestJournal.NewKey(), other = TestJournal.NewKey();
        await TestJournal.WriteSmallAsync(directory, key);

        Assert.That(directory.Verify(key).Damage, Is.Null);
        Assert.That(directory.Verify(key).Notes, Is.Empty);
        Assert.That(directory.Verify(other).Damage?.Problem, Does.Contain("another key"));
        Assert.That(directory.Verify().Notes, Has.Some.Contains("not checked"));
    }

    [Test]
    public async Task A_journal_made_anew_without_the_key_is_found()
    {
        using TestDirectory directory = TestDirectory.InMemory();
        using ECDsa key = TestJournal.NewKey(), forger = TestJournal.NewKey();
        await TestJournal.WriteSmallAsync(directory);
        Assert.That(directory.Verify(key).Damage?.Problem, Does.Contain("not signed"));
        Assert.That(directory.Verify().Notes, Has.Some.Contains("without a signature"));

        // The right key id above a signature by somebody else.
        using var forged = new TestDirectory();
        await TestJournal.WriteSmallAsync(forged, new KeyWithForeignId(forger, key));
        Assert.That(forged.Verify(key).Damage?.Problem, Does.Contain("does not hold"));
    }

    // Offsets in the payload of the last record: an attestation as format.md has it.
    [TestCase(0, "names segment")]
    [TestCase(8, "covers")]
    [TestCase(16, "covers")]
    [TestCase(24, "another last hash")]
    [TestCase(56, "another Merkle root")]
    public async Task A_footer_that_states_something_else_is_found(int offset, string problem)
    {
        using TestDirectory directory = TestDirectory.InMemory();
        await TestJournal.WriteSmallAsync(directory);
        byte[] segment = File.ReadAllBytes(directory.Segment(2));
        int footer = Segments.Offsets(segment)[^2];
        segment[footer + Segments.Header + offset] ^= 1;
        Segments.SealAgain(segment, footer);
        File.WriteAllBytes(directory.Segment(2), segment);

        JournalDamage? damage = directory.Verify().Damage;

        Assert.That(damage?.Problem, Does.Contain(problem));
        Assert.That((damage!.Segment, damage.Offset), Is.EqualTo(("0000000002.wpj", footer)));
    }

    // Offsets in the payload of a segment header which attests a segment that has no footer.
    [TestCase(0, "not a segment header of version 1")]
    [TestCase(2, "not a segment header of version 1")]
    [TestCase(8, "this is segment")]
    [TestCase(16, "comes before it")]
    [TestCase(24, "ends at byte")]
    [TestCase(32, "names segment")]
    [TestCase(32 + 8, "covers")]
    [TestCase(32 + 16, "covers")]
    [TestCase(32 + 24, "another last hash")]
    [TestCase(32 + 56, "another Merkle root")]
    public async Task A_header_that_states_something_else_is_found(int offset, string problem)
    {
        using TestDirectory directory = TestDirectory.InMemory();
        await TestJournal.WriteSmallAsync(directory);
        File.Delete(directory.Segment(2));
        byte[] closed = File.ReadAllBytes(directory.Segment(1));
        File.WriteAllBytes(directory.Segment(1), closed[..Segments.Offsets(closed)[^2]]);
        await using (Journal.Open(directory.Options, TimeProvider.System))
            File.Copy(directory.Segment(2), directory.Segment(2) + ".copy");
        byte[] segment = File.ReadAllBytes(directory.Segment(2) + ".copy");
        segment[Segments.Preamble + Segments.Header + offset] ^= 1;
        Segments.SealAgain(segment, Segments.Preamble);
        File.WriteAllBytes(directory.Segment(2), segment);

        Assert.That(directory.Verify().Damage?.ToString(), Does.Contain(problem));
    }

    private sealed class KeyWithForeignId : ECDsa
    {
        private readonly ECDsa _signs, _claims;

        public KeyWithForeignId(ECDsa signs, ECDsa claims)
        {
            (_signs, _claims) = (signs, claims);
            KeySizeValue = 256;
        }

        public override ECParameters ExportParameters(bool includePrivateParameters) => _claims.ExportParameters(false);

        public override byte[] SignHash(byte[] hash) => _signs.SignHash(hash);

        public override bool VerifyHash(byte[] hash, byte[] signature) => _signs.VerifyHash(hash, signature);
    }
}
