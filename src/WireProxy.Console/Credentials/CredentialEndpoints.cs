using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using WireProxy.Access;
using WireProxy.Capture;
using WireProxy.HttpConsole.Http;
using WireProxy.HttpConsole.Login;
using WireProxy.HttpConsole.Records;

namespace WireProxy.HttpConsole.Credentials;

/// <summary><c>/v1/credentials</c>: a proof for a user name and password that any client of a database can use for a while.</summary>
internal sealed class CredentialEndpoints(
    ConsoleOptions options, ConsoleServices services, IssuedCredentials credentials, ConsoleRecords records, ConsoleLog log, Func<bool> isDraining)
{
    private const string Path = "/v1/credentials";

    public void Map(IEndpointRouteBuilder routes, ConsoleLogin login)
    {
        routes.MapMethods(Path, [HttpMethods.Post], login.Required(IssueAsync));
        routes.MapMethods(Path, [HttpMethods.Get], login.Required((context, caller) => Task.FromResult(List(context, caller))));
        routes.MapMethods(Path + "/{id}", [HttpMethods.Delete], login.Required(RevokeAsync));
    }

    private async Task<Reply> IssueAsync(HttpContext context, Caller caller)
    {
        if (isDraining())
            return Reply.Problem(StatusCodes.Status503ServiceUnavailable, "the gateway is shutting down", "Try again in a moment.");
        if (!context.Request.HasJsonContentType())
            return Reply.Problem(StatusCodes.Status415UnsupportedMediaType, "Content-Type: application/json is expected");
        CredentialRequest request;
        try
        {
            request = await CredentialRequest.ReadAsync(context.Request.Body, context.RequestAborted);
        }
        catch (FormatException exception)
        {
            return Reply.Problem(StatusCodes.Status400BadRequest, exception.Message);
        }
        if (services.Listeners.FirstOrDefault(other => other.Name == request.Listener) is not { TakesCredentials: true } listener)
            return NoSuchListener();
        return credentials.Issue(caller.Grant, listener.Name, request.Lifetime, request.Purpose) switch
        {
            IssueOutcome.Refused refused => Reply.Problem(StatusCodes.Status422UnprocessableEntity, refused.Message),
            IssueOutcome.Issued issued => await GiveAsync(context, caller, issued.Credential, listener),
            _ => throw new InvalidOperationException("a credential is issued or refused"),
        };
    }

    /// <summary>On record first: what is not is not given out.</summary>
    private async Task<Reply> GiveAsync(HttpContext context, Caller caller, NewCredential given, ConsoleListener listener)
    {
        using NewCredential fresh = given;
        IssuedCredential credential = fresh.Credential;
        try
        {
            await records.IssuedAsync(caller, credential);
        }
        catch (JournalException)
        {
            credentials.Revoke(credential.Id);
            throw;
        }
        log.CredentialIssued(credential.Id, credential.Listener, (credential.Ends - credential.Issued).TotalSeconds);
        return Reply.Object(StatusCodes.Status201Created, json =>
        {
            CredentialJson.Write(json, credential, listener, context.Request.Host.Host);
            json.WriteString("password", fresh.Password.Utf8);
        }).With("Location", $"{Path}/{credential.Id}");
    }

    private Reply List(HttpContext context, Caller caller)
    {
        IEnumerable<IssuedCredential> found = credentials.List(IsAdministrator(caller) ? null : caller.Identity);
        string host = context.Request.Host.Host;
        return Reply.Object(StatusCodes.Status200OK, json =>
        {
            json.WriteStartArray("credentials");
            foreach (IssuedCredential credential in found)
            {
                json.WriteStartObject();
                CredentialJson.Write(json, credential, services.Listeners.FirstOrDefault(listener => listener.Name == credential.Listener), host);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
    }

    private async Task<Reply> RevokeAsync(HttpContext context, Caller caller)
    {
        IssuedCredential? credential = credentials.Find((string)context.Request.RouteValues["id"]!);
        // Somebody else's is not there, for those who may not see it.
        if (credential is null || !(IsAdministrator(caller) || IssuedCredentials.IsSame(credential.Identity, caller.Identity))
            || !credentials.Revoke(credential.Id, caller.Identity.Name))
            return Reply.Problem(StatusCodes.Status404NotFound, "there is no live credential of this id, or it is not yours");
        log.CredentialRevoked(credential.Id);
        try
        {
            await records.RevokedAsync(caller, credential);
        }
        catch (JournalException)
        {
            // It stays revoked: taking a right away must not wait for a disk.
            log.ConsoleNotRecorded();
        }
        return Reply.Nothing();
    }

    private bool IsAdministrator(Caller caller) => caller.IsOneOf(options.Administrators);

    private Reply NoSuchListener()
    {
        string[] names = [.. services.Listeners.Where(listener => listener.TakesCredentials).Select(listener => listener.Name)];
        return Reply.Problem(StatusCodes.Status422UnprocessableEntity, "no listener of this name takes issued credentials",
            names.Length == 0 ? "Every listener relays the client's own login." : $"These do: {string.Join(", ", names)}.");
    }
}
