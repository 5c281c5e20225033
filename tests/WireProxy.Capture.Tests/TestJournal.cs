using System.Security.Cryptography;
using System.Text;

namespace WireProxy.Capture.Tests;

/// <summary>A clock that goes on by one millisecond each time it is asked, so that journals come out the same every time.</summary>
internal sealed class SteppingTime : TimeProvider
{
    private long _ticks = new DateTimeOffset(2026, 8, 1, 12, 0, 0, TimeSpan.Zero).Ticks;

    public override DateTimeOffset GetUtcNow() =>
        new(Interlocked.Add(ref _ticks, TimeSpan.TicksPerMillisecond), TimeSpan.Zero);
}

/// <summary>A directory for journals, gone after the test.</summary>
internal sealed class TestDirectory : IDisposable
{
    private const string Memory = "/dev/shm";

    public string Path { get; }

    public TestDirectory()
        : this(Directory.CreateTempSubdirectory("wireproxy-journal-").FullName)
    {
    }

    private TestDirectory(string path) => Path = Directory.CreateDirectory(path).FullName;

    /// <summary>In memory where the system has such a place, for small journals that are synced thousands of times.</summary>
    public static TestDirectory InMemory() => Directory.Exists(Memory)
        ? new TestDirectory(System.IO.Path.Combine(Memory, $"wireproxy-journal-{Guid.NewGuid():N}"))
        : new TestDirectory();

    public string Segment(long number) => System.IO.Path.Combine(Path, $"{number:D10}.wpj");

    public JournalOptions Options => new() { Directory = Path };

    /// <summary>Nothing is written, and no failure noticed, before somebody waits for it.</summary>
    public JournalOptions UnhurriedOptions => Options with { BatchInterval = TimeSpan.FromSeconds(10) };

    /// <summary>Another directory with the same segments.</summary>
    public TestDirectory Copy()
    {
        TestDirectory copy = InMemory();
        foreach (string file in Directory.EnumerateFiles(Path, "*.wpj"))
            File.Copy(file, System.IO.Path.Combine(copy.Path, System.IO.Path.GetFileName(file)));
        return copy;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

internal static class TestJournal
{
    /// <summary>Milliseconds after which what a test waits for will not come any more, on a machine however busy.</summary>
    public const int Patience = 60_000;

    public static readonly Guid Alice = new("a11ce000-0000-4000-8000-000000000001");
    public static readonly Guid Bob = new("b0b00000-0000-4000-8000-000000000002");

    public static ECDsa NewKey() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static ValueTask<long> AppendAsync(this SessionStream session, RecordKind kind, string text) =>
        session.AppendAsync(kind, ReadOnlyMemory<byte>.Empty, Encoding.UTF8.GetBytes(text));

    public static string Text(this JournalRecord record) => Encoding.UTF8.GetString(record.Payload.Span);

    /// <summary>Two runs, each closed, with two sessions in the first.</summary>
    public static async Task WriteSmallAsync(TestDirectory directory, ECDsa? key = null, TimeProvider? time = null)
    {
        time ??= new SteppingTime();
        await using (Journal journal = Journal.Open(directory.Options with { SigningKey = key }, time))
        {
            SessionStream alice = journal.OpenSession(Alice);
            SessionStream bob = journal.OpenSession(Bob);
            await alice.AppendAsync(RecordKind.SessionOpened, """{"user":"alice"}""");
            await bob.AppendAsync(RecordKind.SessionOpened, """{"user":"bob"}""");
            await alice.AppendAsync(RecordKind.ClientBytes, "select 1");
            await alice.AppendAsync(RecordKind.Decision, """{"decision":"allow"}""");
            await alice.AppendAsync(RecordKind.ServerBytes, "1");
            await bob.AppendAsync(RecordKind.SessionClosed, "{}");
            await alice.AppendAsync(RecordKind.SessionClosed, "{}");
        }
        await using (Journal journal = Journal.Open(directory.Options with { SigningKey = key }, time))
            await journal.OpenSession(new Guid("cafe0000-0000-4000-8000-000000000003")).AppendAsync(RecordKind.SessionOpened, "{}");
    }

    public static VerificationReport Verify(this TestDirectory directory, ECDsa? key = null) =>
        JournalVerifier.Verify(directory.Path, key);
}
