using Microsoft.Win32.SafeHandles;

namespace WireProxy.Capture.Writing;

/// <summary>The calls that fail when a disk does; tests put a failing one in its place.</summary>
internal class Disk
{
    public static Disk Real { get; } = new();

    public virtual void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(file, bytes, offset);

    /// <exception cref="IOException">The data may or may not be on the disk; a later success proves nothing.</exception>
    public virtual void Sync(SafeFileHandle file) => NativeFile.SyncData(file);

    public virtual void SetLength(SafeFileHandle file, long length) => RandomAccess.SetLength(file, length);
}
