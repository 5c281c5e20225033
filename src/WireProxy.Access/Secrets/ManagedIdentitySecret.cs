using Azure.Core;
using Azure.Identity;

namespace WireProxy.Access;

/// <summary>
/// An access token of Entra ID for the machine, container or pod that the gateway runs in. Azure.Identity keeps a token until shortly
/// before it expires; it holds it as a string, which .NET cannot wipe.
/// </summary>
public sealed class ManagedIdentitySecret : SecretSource
{
    /// <summary>The scope of Azure Database for PostgreSQL.</summary>
    public const string PostgresScope = "https://ossrdbms-aad.database.windows.net/.default";
    /// <summary>The scope of Azure SQL.</summary>
    public const string SqlScope = "https://database.windows.net/.default";

    private readonly TokenCredential _credential;
    private readonly TokenRequestContext _request;

    /// <param name="scope">What the token is for, such as <see cref="PostgresScope"/>.</param>
    /// <param name="clientId">Of a user-assigned identity; null: the system-assigned one.</param>
    /// <param name="triesOthers">Also workload identity, environment variables and a developer's own login, in the order of
    /// DefaultAzureCredential. Default: managed identity alone, so that nothing else answers by mistake.</param>
    public ManagedIdentitySecret(string scope, string? clientId = null, bool triesOthers = false)
        : this(scope, triesOthers ? Default(clientId) : new ManagedIdentityCredential(
            clientId is null ? ManagedIdentityId.SystemAssigned : ManagedIdentityId.FromUserAssignedClientId(clientId)))
    {
    }

    internal ManagedIdentitySecret(string scope, TokenCredential credential)
    {
        _credential = credential;
        _request = new TokenRequestContext([scope]);
    }

    public override async ValueTask<Secret> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            AccessToken token = await _credential.GetTokenAsync(_request, cancellationToken);
            return SecretText.FromText(token.Token);
        }
        catch (AuthenticationFailedException exception)
        {
            // The library's own text may quote the endpoint's answer.
            throw new SecretUnavailableException($"Entra ID gives no token for {_request.Scopes[0]} ({exception.GetType().Name}).", exception);
        }
    }

    private static DefaultAzureCredential Default(string? clientId) => new(new DefaultAzureCredentialOptions
    {
        ManagedIdentityClientId = clientId,
        WorkloadIdentityClientId = clientId,
        ExcludeInteractiveBrowserCredential = true,
    });
}
