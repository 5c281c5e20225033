namespace WireProxy.Access;

/// <summary>An environment variable of the gateway's process, which the process keeps in its memory for good.</summary>
public sealed class EnvironmentSecret(string name) : SecretSource
{
    public override ValueTask<Secret> ReadAsync(CancellationToken cancellationToken) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value
            ? new(SecretText.FromText(value))
            : throw new SecretUnavailableException($"The environment variable {name} is not set.");
}
