using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace WireProxy.Capture.Writing;

/// <summary>
/// File calls of Linux that .NET does not offer: open(2) with a mode, so that a file is private from its first moment;
/// fdatasync(2); fsync(2) of a directory; flock(2) that no environment variable turns off. Elsewhere .NET's nearest.
/// </summary>
internal static partial class NativeFile
{
    private const int ReadWrite = 0x2, Create = 0x40, Exclusive = 0x80, CloseOnExec = 0x80000;
    private const int OwnerOnly = 0x180;
    private const int LockExclusive = 2, LockNonBlocking = 4;
    private const int Interrupted = 4, WouldBlock = 11;

    /// <summary>Opens a file for reading and writing that only the gateway's user may read: it holds what patients' records
    /// say.</summary>
    /// <param name="mustBeNew">An existing file is an error.</param>
    public static SafeFileHandle OpenPrivate(string path, bool mustBeNew)
    {
        if (!OperatingSystem.IsLinux())
        {
            FileMode mode = mustBeNew ? FileMode.CreateNew : FileMode.OpenOrCreate;
            return File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        }
        int flags = ReadWrite | Create | CloseOnExec | (mustBeNew ? Exclusive : 0);
        int descriptor;
        while ((descriptor = Open(path, flags, OwnerOnly)) < 0)
            ThrowUnlessInterrupted(path);
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>False when somebody else, in this process or another, holds the lock. It is gone when the file is closed,
    /// however that happens.</summary>
    public static bool TryLock(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
            return true;
        while (FLock(file, LockExclusive | LockNonBlocking) != 0)
        {
            if (Marshal.GetLastPInvokeError() == WouldBlock)
                return false;
            ThrowUnlessInterrupted("flock");
        }
        return true;
    }

    public static void SyncData(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.FlushToDisk(file);
            return;
        }
        while (FDataSync(file) != 0)
            ThrowUnlessInterrupted("fdatasync");
    }

    /// <summary>Makes names in a directory durable.</summary>
    public static void SyncDirectory(string directory)
    {
        if (!OperatingSystem.IsLinux())
            return;
        int descriptor;
        while ((descriptor = Open(directory, CloseOnExec, 0)) < 0)
            ThrowUnlessInterrupted(directory);
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        while (FSync(handle) != 0)
            ThrowUnlessInterrupted("fsync of the directory");
    }

    private static void ThrowUnlessInterrupted(string what)
    {
        int error = Marshal.GetLastPInvokeError();
        if (error != Interrupted)
            throw new IOException($"{new Win32Exception(error).Message} ({what})", error);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int FLock(SafeFileHandle file, int operation);
}
