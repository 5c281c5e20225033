using Microsoft.Win32.SafeHandles;

namespace WireProxy.Capture.Writing;

/// <summary>Files of a journal's directory.</summary>
internal static class Files
{
    public const string LockName = "journal.lock";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes the directory where absent and takes its lock.</summary>
    /// <exception cref="JournalException">It cannot be made or written, or another writer holds it.</exception>
    public static SafeFileHandle LockDirectory(string directory)
    {
        try
        {
            MakeDirectory(directory);
            SafeFileHandle file = NativeFile.OpenPrivate(Path.Combine(directory, LockName), mustBeNew: false);
            if (NativeFile.TryLock(file))
                return file;
            file.Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new JournalException($"The journal directory {directory} cannot be written: {e.Message}", e);
        }
        throw new JournalException(
            $"The journal directory {directory} is in use by another gateway: {LockName} in it is locked. "
            + "Each gateway needs a directory of its own.");
    }

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

    private static void MakeDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(directory);
        else
            Directory.CreateDirectory(directory, OwnerOnly);
    }
}
