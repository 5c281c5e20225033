using System.Security.Cryptography;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace WireProxy.Cli.Configuration;

/// <summary>One YAML file, read as a tree in which every node knows its line. Nothing is bound by reflection: start-up must
/// be quick, and a key that nobody reads must be an error.</summary>
internal sealed class YamlFile
{
    private readonly Dictionary<string, int> _lines = new(StringComparer.Ordinal);

    private YamlFile(string name, ProblemList problems, ReadOnlySpan<byte> bytes)
    {
        Name = name;
        Problems = problems;
        Hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    /// <summary>As the operator named it, for messages.</summary>
    public string Name { get; }

    public ProblemList Problems { get; }

    /// <summary>SHA-256 of the file's bytes, in lower-case hexadecimal.</summary>
    public string Hash { get; }

    /// <summary>The mapping at the top; null when there is none, and then a problem says why.</summary>
    public Section? Root { get; private set; }

    /// <summary>Reads a file; what stops that is a problem, not an exception.</summary>
    public static YamlFile? Load(string name, ProblemList problems)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(name);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.Error(name, 0, $"cannot be read: {exception.Message}");
            return null;
        }
        return Parse(name, bytes, problems);
    }

    public static YamlFile Parse(string name, byte[] bytes, ProblemList problems)
    {
        var file = new YamlFile(name, problems, bytes);
        try
        {
            var stream = new YamlStream();
            using var reader = new StreamReader(new MemoryStream(bytes));
            stream.Load(reader);
            if (stream.Documents is [{ RootNode: YamlMappingNode root }])
                file.Root = new Section(file, "", root);
            else
                problems.Error(name, 1, stream.Documents.Count > 1
                    ? "one YAML document is expected" : "keys and values are expected (a YAML mapping)");
        }
        catch (YamlException exception)
        {
            problems.Error(name, (int)exception.Start.Line, $"not readable as YAML: {Reason(exception)}");
        }
        return file;
    }

    /// <summary>A path in the file as the operator meant it: relative paths are relative to the file.</summary>
    public string Resolve(string path) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(Name))!, path);

    /// <summary>The line where a path such as <c>rules[1].when.class</c> stands, or the nearest thing above it.</summary>
    public int LineOf(string path)
    {
        while (path.Length > 0)
        {
            if (_lines.TryGetValue(path, out var line))
                return line;
            path = path[..Math.Max(path.LastIndexOfAny(['.', '[']), 0)];
        }
        return 1;
    }

    public void Note(string path, YamlNode node) => _lines.TryAdd(path, (int)node.Start.Line);

    private static string Reason(YamlException exception)
    {
        // The library's message starts with its own position; the innermost one names the cause.
        var message = (exception.InnerException as YamlException ?? exception).Message;
        var end = message.IndexOf("): ", StringComparison.Ordinal);
        return end >= 0 && message.StartsWith('(') ? message[(end + 3)..] : message;
    }
}
