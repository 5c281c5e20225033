using WireProxy.Access;

namespace WireProxy.Cli.Configuration;

/// <summary>How a secret is given: <c>{ env: NAME }</c>, <c>{ file: PATH }</c>, <c>{ command: [PROGRAM, ARGUMENT] }</c>, or literally,
/// which is accepted with a warning.</summary>
internal static class Secrets
{
    private const string Forms = "exactly one of '{ env: NAME }', '{ file: PATH }' and '{ command: [PROGRAM, ARGUMENT] }' is expected";

    /// <summary>Null where it cannot be had, which is reported. A command is not run to find out.</summary>
    public static SecretSource? Read(Section section, string key)
    {
        if (!section.Has(key))
        {
            section.Missing(key);
            return null;
        }
        if (section.IsMapping(key))
            return section.Child(key) is { } source ? FromSource(section, key, source) : null;
        if (section.Text(key) is not { } literal)
            return null;
        if (literal.Length == 0)
        {
            section.Error(key, $"a secret is expected, and not nothing: {Forms}");
            return null;
        }
        section.Warning(key, "a secret stands in this file; '{ env: NAME }' or '{ file: PATH }' keeps it out of copies and backups");
        return new LiteralSecret(literal);
    }

    /// <summary>Where a secret comes from, without what it is.</summary>
    public static string Describe(SecretSource source) => source switch
    {
        EnvironmentSecret => "environment",
        FileSecret => "file",
        CommandSecret => "command",
        ManagedIdentitySecret => "managed identity",
        _ => "the configuration file",
    };

    private static SecretSource? FromSource(Section section, string key, Section source)
    {
        var name = source.Text("env");
        var path = source.Text("file");
        var isCommand = source.Has("command");
        var command = isCommand ? ReadCommand(section, key, source) : null;
        source.RejectUnknownKeys();
        if ((name is null ? 0 : 1) + (path is null ? 0 : 1) + (isCommand ? 1 : 0) != 1)
        {
            section.Error(key, Forms);
            return null;
        }
        return isCommand ? command : name is not null ? FromEnvironment(section, key, name) : FromFile(section, key, section.File.Resolve(path!));
    }

    private static CommandSecret? ReadCommand(Section section, string key, Section source)
    {
        var arguments = source.Words("command").ToArray();
        var timeout = source.Duration("timeout", TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10));
        var cache = source.Duration("cache", TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromDays(1));
        if (arguments.Length == 0)
        {
            section.Error($"{key}.command", "a program is expected, and its arguments");
            return null;
        }
        if (arguments is [var line] && line.Contains(' ', StringComparison.Ordinal))
        {
            section.Error($"{key}.command", $"no shell takes this apart: write it as a list, [{string.Join(", ", line.Split(' '))}]");
            return null;
        }
        // A program by its path is relative to the file, as everything is; one by its name alone is looked for on PATH.
        if (arguments[0].Contains('/', StringComparison.Ordinal))
            arguments[0] = section.File.Resolve(arguments[0]);
        return new CommandSecret([.. arguments], timeout, cache);
    }

    private static EnvironmentSecret? FromEnvironment(Section section, string key, string name)
    {
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name)))
            return new EnvironmentSecret(name);
        section.Error(key, $"the environment variable {name} is not set");
        return null;
    }

    private static FileSecret? FromFile(Section section, string key, string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (file.ReadByte() >= 0)
                return new FileSecret(path);
            section.Error(key, $"{path} is empty");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            section.Error(key, $"{path} cannot be read: {exception.Message}");
        }
        return null;
    }
}
