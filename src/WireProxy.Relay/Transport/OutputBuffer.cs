using System.Runtime.InteropServices;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Transport;

/// <summary>
/// What goes on to one leg: runs of the other leg's input that pass unchanged, and bytes of our own, in order.
/// A run that stands alone is sent from the input's own buffer, without a copy. What is recorded is what is sent, except
/// where <see cref="Diverge"/> has begun a record of its own (a statement with its credential blanked, a refusal's stand-in).
/// </summary>
internal sealed class OutputBuffer(ByteTransport transport)
{
    /// <summary>A run of the input up to this size is copied behind bytes of our own rather than sent by itself.</summary>
    private const int CopiedBytes = 8 * 1024;

    private readonly WireWriter _own = new();
    private ReadOnlyMemory<byte> _passed;
    private WireWriter? _record;
    private bool _diverged;

    public bool IsEmpty => _own.Length == 0 && _passed.IsEmpty;

    /// <summary>Bytes sent since the session began.</summary>
    public long Sent { get; private set; }

    /// <summary>Passes a run of the input on. It is sent, or copied, before the input's buffer may move.</summary>
    public void Pass(ReadOnlyMemory<byte> run)
    {
        if (_diverged)
            _record!.WriteBytes(run.Span);
        Send(run);
    }

    /// <summary>Passes a run on, and records something else in its place.</summary>
    public void PassAs(ReadOnlyMemory<byte> run, ReadOnlySpan<byte> recorded)
    {
        Diverge();
        _record!.WriteBytes(recorded);
        Send(run);
    }

    /// <summary>Sends and records bytes of our own.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        BeginOwn().WriteBytes(bytes);
        if (_diverged)
            _record!.WriteBytes(bytes);
    }

    /// <summary>The writer for bytes of our own. While the record diverges they are not recorded: use <see cref="Write"/>.</summary>
    public WireWriter BeginOwn()
    {
        if (!_passed.IsEmpty)
            CopyPassed();
        return _own;
    }

    /// <summary>From here to the next flush what is recorded differs from what is sent.</summary>
    public void Diverge()
    {
        if (_diverged)
            return;
        _diverged = true;
        _record ??= new WireWriter();
        _record.WriteBytes(_own.WrittenSpan);
        _record.WriteBytes(_passed.Span);
    }

    /// <summary>What the journal gets for the next flush, in two parts.</summary>
    public (ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Body) Recorded =>
        _diverged ? (_record!.WrittenMemory, default) : (_own.WrittenMemory, _passed);

    /// <summary>Sends everything and forgets it.</summary>
    public ValueTask FlushAsync()
    {
        if (_own.Length > 0)
            return FlushOwnAsync();
        ReadOnlyMemory<byte> run = _passed;
        Forget();
        if (run.IsEmpty)
            return ValueTask.CompletedTask;
        Sent += run.Length;
        return transport.SendAsync(run);
    }

    /// <summary>Forgets what was not flushed.</summary>
    public void Discard()
    {
        Forget();
        _own.Release();
    }

    /// <summary>Gives the pooled buffers back.</summary>
    public void Release()
    {
        Discard();
        _record?.Release();
    }

    private void Send(ReadOnlyMemory<byte> run)
    {
        if (run.IsEmpty)
            return;
        if (_passed.IsEmpty)
        {
            _passed = run;
            return;
        }
        if (TryJoin(run))
            return;
        CopyPassed();
        _passed = run;
    }

    private async ValueTask FlushOwnAsync()
    {
        // One system call for both, where copying is cheaper than another.
        if (!_passed.IsEmpty && _passed.Length <= CopiedBytes)
            CopyPassed();
        ReadOnlyMemory<byte> run = _passed;
        Sent += _own.Length + run.Length;
        await transport.SendAsync(_own.WrittenMemory);
        if (!run.IsEmpty)
            await transport.SendAsync(run);
        Forget();
        _own.Release();
    }

    private void Forget()
    {
        _passed = default;
        if (!_diverged)
            return;
        _diverged = false;
        _record!.Release();
    }

    private bool TryJoin(ReadOnlyMemory<byte> run)
    {
        if (!MemoryMarshal.TryGetArray(_passed, out ArraySegment<byte> first) ||
            !MemoryMarshal.TryGetArray(run, out ArraySegment<byte> second) ||
            !ReferenceEquals(first.Array, second.Array) || first.Offset + first.Count != second.Offset)
        {
            return false;
        }
        _passed = first.Array.AsMemory(first.Offset, first.Count + second.Count);
        return true;
    }

    private void CopyPassed()
    {
        _own.WriteBytes(_passed.Span);
        _passed = default;
    }
}
