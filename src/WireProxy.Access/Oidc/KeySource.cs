namespace WireProxy.Access;

/// <summary>Where a provider's keys come from, and what is remembered of them. Thread-safe.</summary>
internal abstract class KeySource : IAsyncDisposable
{
    /// <summary>Gets the keys before the first token comes, so that an operator hears early of those that cannot be had. Does not wait for a server.</summary>
    public abstract ValueTask BeginAsync(CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();

    /// <summary>The key that a token names. For an unknown one the keys are got again, once.</summary>
    /// <exception cref="TokenRefusedException">There is none, or the keys cannot be had.</exception>
    public async ValueTask<VerificationKey> FindAsync(string? id, string algorithm, CancellationToken cancellationToken)
    {
        VerificationKeys keys = await CurrentAsync(cancellationToken) ?? throw new TokenRefusedException(TokenRefusal.KeysUnavailable);
        if (keys.Find(id, algorithm) is { } known) return known;
        if (!keys.Has(id)) keys = await RenewAsync(keys, cancellationToken);
        if (keys.Find(id, algorithm) is { } fresh) return fresh;
        throw new TokenRefusedException(id is null ? "the token does not say which key signed it"
            : keys.Has(id) ? "the token's algorithm does not fit its key" : "the token was signed with an unknown key");
    }

    /// <summary>Null: they have never been had, or too long ago.</summary>
    protected abstract ValueTask<VerificationKeys?> CurrentAsync(CancellationToken cancellationToken);

    /// <summary>Newer keys than <paramref name="known"/>, or those, where there are none or they were got just now.</summary>
    protected abstract ValueTask<VerificationKeys> RenewAsync(VerificationKeys known, CancellationToken cancellationToken);
}
