using System.Collections.Immutable;

namespace WireProxy.Access;

/// <summary>How somebody proved who they are.</summary>
public enum ProofKind
{
    /// <summary>A password of <c>identity.users</c>.</summary>
    Password,
    /// <summary>A token of an OpenID Connect provider.</summary>
    Token,
    /// <summary>A client certificate.</summary>
    Certificate,
    /// <summary>A user name and password that the gateway issued for a while.</summary>
    IssuedCredential,
}

/// <summary>A person, service or agent whose proof has been checked. Holds no secret; all of it may stand in the journal.</summary>
/// <param name="Name">Who is asking: <c>users</c> of a policy. Of an agent that acts for a person it is the person.</param>
/// <param name="Groups"><c>groups</c> of a policy.</param>
/// <param name="Issuer">Who vouches for it: the provider's issuer URL, the certificate authority's subject, or <c>local</c>.</param>
public sealed record Identity(string Name, ImmutableArray<string> Groups, string Issuer, ProofKind Proof)
{
    /// <summary><c>agents</c> of a policy: the actor of the token (<c>act.sub</c>), else its authorized party (<c>azp</c>) or client
    /// (<c>client_id</c>) where the configuration reads them as agents.</summary>
    public string? Agent { get; init; }

    /// <summary><c>purposes</c> of a policy: what an issued credential or a token was asked for.</summary>
    public string? Purpose { get; init; }

    /// <summary>SHA-256 of the client's certificate in hexadecimal digits, where one was shown.</summary>
    public string? CertificateFingerprint { get; init; }
}
