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

    // How it fails changes as a whole: the journal's writer never meets half of a break or of a repair.
    private readonly Lock _gate = new();
    private int _syncs, _callsUntilFailure = int.MaxValue, _bytesBeforeFailing;
    private Action _failure = () => { };
    private bool _failsToWrite, _failsToCut;

    public bool FailsToSync { get; set; }

    public int Syncs => Volatile.Read(ref _syncs);

    /// <summary>Syncs hang until <see cref="LetGo"/>.</summary>
    public void Hold() => _open.Reset();

    public void LetGo() => _open.Set();

    /// <summary>Something happens after so many writes and syncs.</summary>
    public void FailsAfter(int calls, Action failure)
    {
        lock (_gate)
        {
            _failure = failure;
            _callsUntilFailure = calls;
        }
    }

    public void Break(Fault fault)
    {
        lock (_gate)
        {
            _bytesBeforeFailing = fault is Fault.HalfAWrite or Fault.HalfAWriteAndCut ? 50 : 0;
            _failsToCut = fault is Fault.WriteAndCut or Fault.HalfAWriteAndCut or Fault.SyncAndCut;
            FailsToSync = fault is Fault.Sync or Fault.SyncAndCut;
            _failsToWrite = !FailsToSync;
        }
    }

    public void Repair()
    {
        lock (_gate)
        {
            FailsAfter(int.MaxValue, () => { });
            _failsToCut = FailsToSync = _failsToWrite = false;
        }
    }

    public override void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        Count();
        bool fails;
        int some;
        lock (_gate)
            (fails, some) = (_failsToWrite, Math.Min(_bytesBeforeFailing, bytes.Length));
        base.Write(file, fails ? bytes[..some] : bytes, offset);
        if (fails)
            throw new IOException("No space left on device");
    }

    public override void Sync(SafeFileHandle file)
    {
        Count();
        Interlocked.Increment(ref _syncs);
        _open.Wait();
        lock (_gate)
        {
            if (FailsToSync)
                throw new IOException("fdatasync: Input/output error");
        }
        base.Sync(file);
    }

    public override void SetLength(SafeFileHandle file, long length)
    {
        lock (_gate)
        {
            if (_failsToCut)
                throw new IOException("Input/output error");
        }
        base.SetLength(file, length);
    }

    public void Dispose() => _open.Dispose();

    private void Count()
    {
        lock (_gate)
        {
            if (_callsUntilFailure-- == 0)
                _failure();
        }
    }
}
