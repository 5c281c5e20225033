using Microsoft.Win32.SafeHandles;

namespace WireProxy.Capture.Writing;

/// <summary>Files of a journal's directory.</summary>
internal static class Files
{
    public const string LockName = "journal.lock";

    /// <summary>Makes the directory where absent and takes its lock.</summary>
    /// <exception cref="JournalException">It cannot be made or written, or another writer holds it.</exception>
    public static SafeFileHandle LockDirectory(string directory)
    {
        try
        {
            MakeDirectory(directory);
            SafeFileHandle file = OperatingSystem.IsWindows()
                ? File.OpenHandle(Path.Combine(directory, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)
                : Open(Path.Combine(directory, LockName), FileMode.OpenOrCreate);
            if (NativeFile.TryLock(file))
                return file;
            file.Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && !NativeFile.IsLocked(e))
        {
            throw new JournalException($"The journal directory {directory} cannot be written: {e.Message}", e);
        }
        catch (IOException)
        {
            // Locked: told below.
        }
        throw new JournalException(
            $"The journal directory {directory} is in use by another gateway: {LockName} in it is locked. "
            + "Each gateway needs a directory of its own.");
    }

    private static void MakeDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(directory);
        else
            Directory.CreateDirectory(directory, NativeFile.DirectoryMode);
    }

    public static SafeFileHandle Create(string path) => Open(path, FileMode.CreateNew);

    public static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What remains has no segment's name, so nobody reads it, and the next attempt deletes it.
        }
    }

    private static SafeFileHandle Open(string path, FileMode mode)
    {
        // Shared with everybody: readers look on while it is written, and the lock file has a lock of its own.
        SafeFileHandle file = File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, NativeFile.FileMode);
        return file;
    }
}
