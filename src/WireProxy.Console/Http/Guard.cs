using Microsoft.AspNetCore.Http;
using WireProxy.Capture;

namespace WireProxy.HttpConsole.Http;

/// <summary>Around every request: nothing is kept by caches, and whatever goes wrong is told as a problem and not as a page.</summary>
internal sealed class Guard(ConsoleLog log)
{
    public async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        HttpResponse response = context.Response;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        try
        {
            await next(context);
            if (!response.HasStarted && response is { StatusCode: >= 400, ContentLength: null })
                await Unanswered(response.StatusCode).SendAsync(response);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody waits for an answer.
        }
        catch (BadHttpRequestException exception) when (!response.HasStarted)
        {
            await Reply.Problem(exception.StatusCode, "the request cannot be read").SendAsync(response);
        }
        catch (JournalUnavailableException) when (!response.HasStarted)
        {
            log.ConsoleNotRecorded();
            await Reply.Problem(StatusCodes.Status503ServiceUnavailable, "this cannot be recorded, so it was not done: the journal cannot be written",
                "Free space for the journal, or ask its operator; then try again.").SendAsync(response);
        }
        catch (Exception exception) when (!response.HasStarted)
        {
            log.ConsoleFailed(exception);
            await Reply.Problem(StatusCodes.Status500InternalServerError, "the gateway failed; its log says more").SendAsync(response);
        }
    }

    private static Reply Unanswered(int status) => Reply.Problem(status, status switch
    {
        StatusCodes.Status404NotFound => "there is nothing here; /v1/credentials, /healthz and /readyz are",
        StatusCodes.Status405MethodNotAllowed => "this cannot be done here",
        _ => "the request was not accepted",
    });
}
