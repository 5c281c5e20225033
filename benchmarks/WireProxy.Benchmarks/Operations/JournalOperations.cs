using WireProxy.Capture;

namespace WireProxy.Benchmarks.Operations;

/// <summary>Appends to a journal. The large ones wait for the disk once a MiB, as a stream that is faster than the disk would: their
/// time is that of hashing and writing, and what waits in memory stays the same.</summary>
internal sealed class JournalOperations : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("wireproxy-benchmark-");

    public JournalOperations() => Journal = Journal.Open(
        new JournalOptions { Directory = Path.Combine(_directory.FullName, "journal"), Durability = Durability.Batched }, TimeProvider.System);

    public Journal Journal { get; }

    public IEnumerable<Operation> All()
    {
        yield return Append("journal: append 100 bytes", 100, durableEvery: 0);
        yield return Append("journal: append 64 KiB, durable every MiB", 64 * 1024, durableEvery: 16);
    }

    public void Dispose()
    {
        Journal.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _directory.Delete(recursive: true);
    }

    private Operation Append(string name, int bytes, int durableEvery)
    {
        SessionStream stream = Journal.OpenSession(Guid.CreateVersion7());
        byte[] payload = new byte[bytes];
        int count = 0;
        return new Operation(name, () =>
        {
            ValueTask<long> appending = stream.AppendAsync(RecordKind.ServerBytes, payload);
            long position = appending.IsCompletedSuccessfully ? appending.Result : appending.AsTask().GetAwaiter().GetResult();
            if (durableEvery > 0 && ++count % durableEvery == 0)
                Journal.WaitDurableAsync(position).AsTask().GetAwaiter().GetResult();
        });
    }
}
