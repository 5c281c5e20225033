using System.Text;
using WireProxy.Capture;

// The test assembly started by itself: a gateway in small, that CrashTests kills. It writes in strict mode for as long as it
// lives, and says of each record, after it is durable, "SESSION SEQUENCE".
Directory.CreateDirectory(args[0]);
await using Journal journal = Journal.Open(new JournalOptions { Directory = args[0], SegmentBytes = 1 << 20 }, TimeProvider.System);
using Stream output = Console.OpenStandardOutput();
var said = new Lock();
await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
{
    Guid id = Guid.NewGuid();
    SessionStream session = journal.OpenSession(id);
    for (int sequence = 1; ; sequence++)
    {
        byte[] body = Encoding.UTF8.GetBytes($"{sequence}:{new string('x', sequence * 37 % 5000)}");
        await journal.WaitDurableAsync(await session.AppendAsync(RecordKind.ClientBytes, body));
        byte[] line = Encoding.UTF8.GetBytes($"{id} {sequence}\n");
        lock (said)
            output.Write(line);
    }
})));
