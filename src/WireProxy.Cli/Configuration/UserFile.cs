using System.Collections.Immutable;
using WireProxy.Access;

namespace WireProxy.Cli.Configuration;

/// <summary><c>identity.users_file</c>: a file of its own with a list <c>users</c>, written as <c>identity.users</c> is. It is read again as it changes.</summary>
internal sealed class UserFile : LocalUserSource
{
    private const int MostBytes = 4 << 20;

    private readonly string _path;
    private byte[] _content;
    private byte[] _seen = [];

    private UserFile(string path, byte[] content, ImmutableArray<LocalUser> users) => (_path, _content, Users) = (path, content, users);

    /// <summary>As they were read last.</summary>
    public ImmutableArray<LocalUser> Users { get; private set; }

    /// <summary>Reads it for the first time. Null where it cannot be used, which is reported.</summary>
    public static UserFile? Open(Section identity, string path)
    {
        var name = identity.File.Resolve(path);
        try
        {
            var content = Content(name);
            return Parse(name, content, identity.File.Problems) is { } users ? new UserFile(name, content, users) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            identity.Error("users_file", $"{name} cannot be read: {exception.Message}");
            return null;
        }
    }

    public override ValueTask<ImmutableArray<LocalUser>> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var content = Content(_path);
            // Its content is compared and not its time: what Kubernetes mounts changes by a link.
            var isSettled = content.AsSpan().SequenceEqual(_seen);
            _seen = content;
            // What is being written is not taken for what it will be: it counts when it is the same twice.
            if (!isSettled || content.AsSpan().SequenceEqual(_content))
                return ValueTask.FromResult(Users);
            var problems = new ProblemList();
            Users = Parse(_path, content, problems) ?? throw new FormatException(problems.All.First(problem => problem.IsError).ToString());
            _content = content;
            return ValueTask.FromResult(Users);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"{_path} cannot be read: {exception.Message}", exception);
        }
    }

    private static byte[] Content(string path) => new FileInfo(path).Length <= MostBytes
        ? File.ReadAllBytes(path) : throw new IOException($"it is larger than {MostBytes} bytes");

    private static ImmutableArray<LocalUser>? Parse(string path, byte[] content, ProblemList problems)
    {
        var errors = problems.ErrorCount;
        if (YamlFile.Parse(path, content, problems).Root is not { } root)
            return null;
        if (!root.Has("users"))
            root.Missing("users");
        ImmutableArray<LocalUser> users = [.. root.Children("users").Select(IdentitySection.ReadUser).OfType<LocalUser>()];
        root.RejectUnknownKeys();
        return problems.ErrorCount > errors ? null : users;
    }
}
