namespace WireProxy.Access;

/// <summary>What may be known of an issued credential; not its password.</summary>
/// <param name="Id">Public; names it to <see cref="IssuedCredentials.Revoke"/>.</param>
/// <param name="UserName">What its holder logs in with.</param>
/// <param name="Identity">Whom it stands for; its proof is <see cref="ProofKind.IssuedCredential"/>.</param>
/// <param name="Listener">The only listener that takes it.</param>
public sealed record IssuedCredential(
    string Id, string UserName, Identity Identity, string Listener, DateTimeOffset Issued, DateTimeOffset Ends);

/// <summary>A credential that has just been issued. Its password is known here and nowhere else.</summary>
/// <param name="Password">32 characters of a-z, A-Z and 0-9. The caller disposes of it.</param>
public sealed record NewCredential(IssuedCredential Credential, Secret Password) : IDisposable
{
    public void Dispose() => Password.Dispose();
}

/// <summary>What became of asking for a credential.</summary>
public abstract record IssueOutcome
{
    private IssueOutcome()
    {
    }

    /// <summary>There it is.</summary>
    public sealed record Issued(NewCredential Credential) : IssueOutcome;

    /// <summary>There is none.</summary>
    /// <param name="Message">For whoever asked, who has proved who they are: says what to change.</param>
    public sealed record Refused(string Message) : IssueOutcome;
}
