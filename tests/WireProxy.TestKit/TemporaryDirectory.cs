namespace WireProxy.TestKit;

/// <summary>
/// A new directory that goes when it is disposed of, or when the test run dies. Others may enter it, because PostgreSQL runs as
/// another user where the tests run as root.
/// </summary>
public sealed class TemporaryDirectory : IDisposable
{
    public TemporaryDirectory()
    {
        Path = Directory.CreateTempSubdirectory("wireproxy-test-").FullName;
        Reaper.NoteDirectory(Path);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Path, (UnixFileMode)Convert.ToInt32("755", 8));
    }

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        // A process that is ending may still leave a file behind: then there is one more, and what is left is the reaper's.
        for (int tries = 0; Directory.Exists(Path) && tries < 50; tries++)
        {
            try
            {
                Directory.Delete(Path, recursive: true);
            }
            catch (IOException)
            {
                Thread.Sleep(20);
            }
        }
    }
}
