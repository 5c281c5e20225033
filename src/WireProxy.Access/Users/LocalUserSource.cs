using System.Collections.Immutable;

namespace WireProxy.Access;

/// <summary>Local users who may become others while the gateway runs. Asked twice a second.</summary>
public abstract class LocalUserSource
{
    /// <summary>Those of now. While nothing has changed they are the same objects.</summary>
    /// <exception cref="FormatException">They cannot be read; the message says why, and where.</exception>
    public abstract ValueTask<ImmutableArray<LocalUser>> ReadAsync(CancellationToken cancellationToken);
}
