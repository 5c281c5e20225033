using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace WireProxy.Cli.Configuration;

/// <summary>The reader of one YAML mapping. The keys that are asked for are the accepted ones: <see cref="RejectUnknownKeys"/>
/// reports every other, so that the list in the message and the code cannot drift apart.</summary>
internal sealed class Section
{
    private readonly YamlMappingNode _node;
    private readonly List<string> _accepted = [];

    public Section(YamlFile file, string path, YamlMappingNode node)
    {
        File = file;
        Path = path;
        _node = node;
        file.Note(path, node);
        foreach (var (key, value) in node.Children)
        {
            if (key is YamlScalarNode { Value: { } name })
                NoteTree(file, PathOf(name), key, value);
        }
    }

    public YamlFile File { get; }

    /// <summary>Where this stands, such as <c>listeners[0].upstream</c>; empty at the top.</summary>
    public string Path { get; }

    public string PathOf(string key) => Path.Length == 0 ? key : $"{Path}.{key}";

    public bool Has(string key) => Find(key) is not null;

    public void Error(string key, string message) =>
        File.Problems.Error(File.Name, File.LineOf(PathOf(key)), $"{PathOf(key)}: {message}");

    public void Warning(string key, string message) =>
        File.Problems.Warning(File.Name, File.LineOf(PathOf(key)), $"{PathOf(key)}: {message}");

    /// <summary>A scalar, or null where the key is absent or is no scalar (which is reported).</summary>
    public string? Text(string key)
    {
        switch (Find(key))
        {
            case null:
                return null;
            case YamlScalarNode scalar when !IsEmpty(scalar):
                return scalar.Value;
            case YamlScalarNode:
                Error(key, "has no value");
                return null;
            default:
                Error(key, "one value is expected here, not a list or a mapping");
                return null;
        }
    }

    public string? RequiredText(string key)
    {
        if (!Has(key))
            Missing(key);
        return Name(key);
    }

    /// <summary>As <see cref="Text"/>, of what must not be empty.</summary>
    public string? Name(string key)
    {
        if (Text(key) is not "" and var text)
            return text;
        Error(key, "has no value");
        return null;
    }

    /// <summary>As <see cref="Words"/>, of what must not be empty.</summary>
    public IReadOnlyList<string> Names(string key)
    {
        var words = Words(key);
        for (var index = 0; index < words.Count; index++)
        {
            if (words[index].Length == 0)
                Error(Find(key) is YamlSequenceNode ? $"{key}[{index}]" : key, "has no value");
        }
        return [.. words.Where(word => word.Length > 0)];
    }

    /// <summary>A whole number in a range; <paramref name="fallback"/> where absent or wrong.</summary>
    public int Number(string key, int fallback, int from, int to)
    {
        if (Text(key) is not { } text)
            return fallback;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= from && value <= to)
            return value;
        Error(key, $"a whole number from {from} to {to} is expected, not '{text}'");
        return fallback;
    }

    /// <summary>One of a few words; <paramref name="fallback"/> where absent or wrong.</summary>
    public T Choice<T>(string key, T fallback, params ReadOnlySpan<(string Word, T Value)> choices)
    {
        if (Text(key) is not { } text)
            return fallback;
        var words = new List<string>(choices.Length);
        foreach (var (word, value) in choices)
        {
            if (word == text)
                return value;
            words.Add(word);
        }
        Error(key, $"'{text}' is not known; {Spelling.Accepted(text, words)}");
        return fallback;
    }

    /// <summary>True or false as YAML 1.2 writes them.</summary>
    public bool? Flag(string key) =>
        Has(key) ? Choice<bool?>(key, null, ("true", true), ("false", false)) : null;

    /// <summary>A mapping, or null where the key is absent or something else (which is reported).</summary>
    public Section? Child(string key)
    {
        var node = Find(key);
        if (node is YamlMappingNode mapping)
            return new Section(File, PathOf(key), mapping);
        if (node is not null)
            Error(key, "keys and values are expected here (a mapping)");
        return null;
    }

    /// <summary>The mappings of a list.</summary>
    public IEnumerable<Section> Children(string key)
    {
        foreach (var (node, path) in Items(key))
        {
            if (node is YamlMappingNode mapping)
                yield return new Section(File, path, mapping);
            else
                File.Problems.Error(File.Name, (int)node.Start.Line, $"{path}: keys and values are expected here (a mapping)");
        }
    }

    /// <summary>One scalar or a list of them; a list of one value need not be written as a list.</summary>
    public IReadOnlyList<string> Words(string key)
    {
        if (Find(key) is YamlScalarNode)
            return Text(key) is { } single ? [single] : [];
        var words = new List<string>();
        foreach (var (node, path) in Items(key))
        {
            if (node is YamlScalarNode { Value: { } value } scalar && !IsEmpty(scalar))
                words.Add(value);
            else
                File.Problems.Error(File.Name, (int)node.Start.Line, $"{path}: one value is expected here");
        }
        return words;
    }

    /// <summary>A mapping of free names to single values.</summary>
    public IEnumerable<KeyValuePair<string, string>> Pairs(string key)
    {
        var node = Find(key);
        if (node is not YamlMappingNode mapping)
        {
            if (node is not null)
                Error(key, "names and values are expected here (a mapping)");
            yield break;
        }
        foreach (var (name, value) in mapping.Children)
        {
            if (name is YamlScalarNode { Value: { Length: > 0 } word } && value is YamlScalarNode { Value: { } text } scalar && !IsEmpty(scalar))
                yield return new(word, text);
            else
                File.Problems.Error(File.Name, (int)name.Start.Line, $"{PathOf(key)}: a name with one value is expected here");
        }
    }

    /// <summary>Whether the value is a mapping, for keys that accept a word or a mapping.</summary>
    public bool IsMapping(string key) => Find(key) is YamlMappingNode;

    public void Missing(string key)
    {
        Accept(key);
        var where = Path.Length == 0 ? "" : $"{Path}: ";
        File.Problems.Error(File.Name, File.LineOf(Path), $"{where}'{key}' is missing");
    }

    /// <summary>To be called last: what was not asked for is an error that names what is accepted.</summary>
    public void RejectUnknownKeys()
    {
        foreach (var (key, _) in _node.Children)
        {
            var name = (key as YamlScalarNode)?.Value;
            if (name is not null && _accepted.Contains(name))
                continue;
            var where = Path.Length == 0 ? "" : $" in {Path}";
            var accepted = Spelling.Accepted(name ?? "", _accepted);
            File.Problems.Error(File.Name, (int)key.Start.Line, $"unknown key '{name ?? key.ToString()}'{where}; {accepted}");
        }
    }

    private IEnumerable<(YamlNode Node, string Path)> Items(string key)
    {
        var node = Find(key);
        if (node is YamlSequenceNode list)
            return list.Children.Select((item, index) => (item, $"{PathOf(key)}[{index}]"));
        if (node is not null)
            Error(key, "a list is expected here");
        return [];
    }

    private YamlNode? Find(string key)
    {
        Accept(key);
        return _node.Children.TryGetValue(new YamlScalarNode(key), out var node) ? node : null;
    }

    private void Accept(string key)
    {
        if (!_accepted.Contains(key))
            _accepted.Add(key);
    }

    private static bool IsEmpty(YamlScalarNode scalar) => scalar.Style == ScalarStyle.Plain && scalar.Value is "" or "~" or null;

    private static void NoteTree(YamlFile file, string path, YamlNode place, YamlNode node)
    {
        file.Note(path, place);
        if (node is not YamlSequenceNode list)
            return;
        for (var index = 0; index < list.Children.Count; index++)
            file.Note($"{path}[{index}]", list.Children[index]);
    }
}
