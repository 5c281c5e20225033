namespace WireProxy.Cli.Configuration;

/// <summary>How a secret is given: <c>{ env: NAME }</c>, <c>{ file: PATH }</c>, or literally, which is accepted with a warning.</summary>
internal static class Secret
{
    /// <summary>A reader of the secret's present value, so that a rotated file is seen; null where it cannot be had, which is
    /// reported. One line end at the end of a file is not part of the secret.</summary>
    public static Func<string>? Read(Section section, string key)
    {
        if (!section.Has(key))
        {
            section.Missing(key);
            return null;
        }
        if (!section.IsMapping(key))
        {
            if (section.Text(key) is not { } literal)
                return null;
            section.Warning(key, "a secret stands in this file; '{ env: NAME }' or '{ file: PATH }' keeps it out of copies and backups");
            return () => literal;
        }
        return section.Child(key) is { } source ? FromSource(section, key, source) : null;
    }

    private static Func<string>? FromSource(Section section, string key, Section source)
    {
        var name = source.Text("env");
        var path = source.Text("file");
        source.RejectUnknownKeys();
        if (name is null == path is null)
        {
            section.Error(key, "either '{ env: NAME }' or '{ file: PATH }' is expected");
            return null;
        }
        return name is not null ? FromEnvironment(section, key, name) : FromFile(section, key, section.File.Resolve(path!));
    }

    private static Func<string>? FromEnvironment(Section section, string key, string name)
    {
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name)))
            return () => Environment.GetEnvironmentVariable(name) ?? "";
        section.Error(key, $"the environment variable {name} is not set");
        return null;
    }

    private static Func<string>? FromFile(Section section, string key, string path)
    {
        string Read()
        {
            var text = File.ReadAllText(path);
            return text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
        }
        try
        {
            if (Read().Length > 0)
                return Read;
            section.Error(key, $"{path} is empty");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            section.Error(key, $"{path} cannot be read: {exception.Message}");
        }
        return null;
    }
}
