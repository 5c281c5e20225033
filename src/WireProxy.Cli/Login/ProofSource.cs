using WireProxy.Access;
using WireProxy.Cli.Commands;

namespace WireProxy.Cli.Login;

/// <summary>Where `wireproxy login` has its proof from. Never the command line: others on the machine can read it.</summary>
/// <param name="User">Null: the proof is a token; otherwise this local user's password.</param>
internal sealed record ProofSource(string? File, string? Variable, string? Command, bool IsStandardInput, string? User)
{
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromMinutes(5);

    private string What => User is null ? "token" : "password";

    /// <summary>The caller disposes of it.</summary>
    /// <exception cref="UsageException">There is none, or more than one place to read it from.</exception>
    public async Task<Secret> ReadAsync(TextReader input, CancellationToken cancellationToken)
    {
        SecretSource?[] given =
        [
            File is "-" or null ? null : new FileSecret(File),
            Variable is null ? null : new EnvironmentSecret(Variable),
            // Written for a shell, as people know it of git's and ssh's helpers. It may ask whoever sits there to log in.
            Command is null ? null : new CommandSecret(["/bin/sh", "-c", Command], CommandTimeout),
            IsStandardInput || File == "-" ? new LiteralSecret((await input.ReadToEndAsync(cancellationToken)).Trim()) : null,
        ];
        if (given.OfType<SecretSource>().ToList() is not [var source])
            throw new UsageException("one of --token-file, --token-env, --token-command and - (standard input) says where the token is");
        try
        {
            var secret = await source.ReadAsync(cancellationToken);
            return secret.Utf8.Length > 0 ? secret : throw new UsageException($"the {What} is empty");
        }
        catch (SecretUnavailableException exception)
        {
            throw new UsageException($"the {What} cannot be had: {exception.Message}");
        }
    }
}
