using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace WireProxy.Capture.Writing;

/// <summary>The file calls of Linux that .NET does not offer: fdatasync(2), fsync(2) of a directory, and flock(2).</summary>
internal static partial class NativeFile
{
    private const int LockExclusive = 2, LockNonBlocking = 4;
    private const int CloseOnExec = 0x80000;
    private const int Interrupted = 4;

    /// <summary>Private to the gateway's user: a journal holds what patients' records say.</summary>
    public const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    public const UnixFileMode DirectoryMode = FileMode | UnixFileMode.UserExecute;

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
        while ((descriptor = Open(directory, CloseOnExec)) < 0)
            ThrowUnlessInterrupted("open of the directory");
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        while (FSync(handle) != 0)
            ThrowUnlessInterrupted("fsync of the directory");
    }

    /// <summary>False when somebody else, in this process or another, holds the lock.</summary>
    public static bool TryLock(SafeFileHandle file) =>
        OperatingSystem.IsWindows() || FLock(file, LockExclusive | LockNonBlocking) == 0;

    /// <summary>.NET locks what it opens, too, and sees somebody else's lock first: EWOULDBLOCK (Linux 11, BSD and macOS 35), or a
    /// sharing violation.</summary>
    public static bool IsLocked(Exception error) => error is IOException { HResult: 11 or 35 or unchecked((int)0x80070020) };

    private static void ThrowUnlessInterrupted(string call)
    {
        int error = Marshal.GetLastPInvokeError();
        if (error != Interrupted)
            throw new IOException($"{call}: {new Win32Exception(error).Message}", error);
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSync(SafeFileHandle file);

    // File.OpenHandle refuses directories.
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int FLock(SafeFileHandle file, int operation);
}
