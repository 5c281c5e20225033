namespace WireProxy.Access;

/// <summary>Where a secret comes from. It is read at each use, so that a rotated one is seen.</summary>
public abstract class SecretSource
{
    /// <summary>The caller disposes of what it gets.</summary>
    /// <exception cref="SecretUnavailableException">It cannot be had now.</exception>
    public abstract ValueTask<Secret> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>A secret cannot be had; the message says from where and why, never what it was.</summary>
public sealed class SecretUnavailableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>It is not there, and not only out of reach: somebody may have taken it away.</summary>
    public bool IsGone { get; init; }
}
