namespace WireProxy.TestKit;

/// <summary>Files of the working tree that the tests were built from.</summary>
public static class RepositoryFiles
{
    private static readonly string Root = Find();

    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    private static string Find()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(System.IO.Path.Combine(at.FullName, "WireProxy.sln"))) return at.FullName;
        throw new InvalidOperationException($"WireProxy.sln is not above {AppContext.BaseDirectory}");
    }
}
