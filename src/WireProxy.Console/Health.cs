using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using WireProxy.HttpConsole.Http;

namespace WireProxy.HttpConsole;

/// <summary>For those who start, watch and replace gateways. Anybody may ask; it tells nothing but yes or no, and why not.</summary>
internal sealed class Health(ConsoleServices services, Func<bool> isDraining)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        string[] methods = [HttpMethods.Get, HttpMethods.Head];
        routes.MapMethods("/healthz", methods, static context => Say("alive").SendAsync(context.Response));
        routes.MapMethods("/readyz", methods, context => Readiness().SendAsync(context.Response));
    }

    /// <summary>New sessions would be served: not while draining, and not while what is refused unrecorded cannot be recorded.</summary>
    private Reply Readiness() =>
        isDraining() ? Reply.Problem(StatusCodes.Status503ServiceUnavailable, "the gateway is shutting down")
        : services is { Journal.IsHealthy: false, RefuseUnrecorded: true }
            ? Reply.Problem(StatusCodes.Status503ServiceUnavailable, "the journal cannot be written, so sessions are refused")
        : Say("ready");

    private static Reply Say(string status) => Reply.Object(StatusCodes.Status200OK, json => json.WriteString("status", status));
}
