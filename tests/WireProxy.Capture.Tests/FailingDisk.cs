using Microsoft.Win32.SafeHandles;
using WireProxy.Capture.Writing;

namespace WireProxy.Capture.Tests;

/// <summary>How a disk fails: in which call, and whether it can still be cut back.</summary>
public enum Fault
{
    Write,
    HalfAWrite,
    Sync,
    WriteAndCut,
    HalfAWriteAndCut,
    SyncAndCut,
}

/// <summary>A disk that fails or hangs when told to.</summary>
internal sealed class FailingDisk : Disk, IDisposable
{
    private readonly ManualResetEventSlim _open = new(true);
    private int _syncs, _callsUntilFailure = int.MaxValue;
    private Action _failure = () => { };

    public volatile bool FailsToWrite;
    public volatile bool FailsToSync;
    public volatile bool FailsToCut;

    /// <summary>Bytes of a failing write that reach the file all the same.</summary>
    public volatile int WritesBeforeFailing;

    public int Syncs => Volatile.Read(ref _syncs);

    /// <summary>Syncs hang until <see cref="LetGo"/>.</summary>
    public void Hold() => _open.Reset();

    public void LetGo() => _open.Set();

    /// <summary>Something happens after so many writes and syncs.</summary>
    public void FailsAfter(int calls, Action failure)
    {
        _failure = failure;
        Volatile.Write(ref _callsUntilFailure, calls);
    }

    public void Break(Fault fault)
    {
        WritesBeforeFailing = fault is Fault.HalfAWrite or Fault.HalfAWriteAndCut ? 50 : 0;
        FailsToCut = fault is Fault.WriteAndCut or Fault.HalfAWriteAndCut or Fault.SyncAndCut;
        FailsToSync = fault is Fault.Sync or Fault.SyncAndCut;
        FailsToWrite = !FailsToSync;
    }

    public void Repair()
    {
        FailsAfter(int.MaxValue, () => { });
        FailsToCut = FailsToSync = FailsToWrite = false;
    }

    public override void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        Count();
        if (!FailsToWrite)
        {
            base.Write(file, bytes, offset);
            return;
        }
        base.Write(file, bytes[..Math.Min(WritesBeforeFailing, bytes.Length)], offset);
        throw new IOException("No space left on device");
    }

    public override void Sync(SafeFileHandle file)
    {
        Count();
        Interlocked.Increment(ref _syncs);
        _open.Wait();
        if (FailsToSync)
            throw new IOException("fdatasync: Input/output error");
        base.Sync(file);
    }

    public override void SetLength(SafeFileHandle file, long length)
    {
        if (FailsToCut)
            throw new IOException("Input/output error");
        base.SetLength(file, length);
    }

    public void Dispose() => _open.Dispose();

    private void Count()
    {
        if (Interlocked.Decrement(ref _callsUntilFailure) == -1)
            _failure();
    }
}
