using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using WireProxy.Cli.Output;

namespace WireProxy.Cli.Serving;

/// <summary>The log: one line an event, <c>key=value</c> (logfmt), so that people and machines read the same. No host and no
/// provider chain stands behind it, because start-up has to be quick.</summary>
internal sealed class LineLogger(TextWriter output, TimeProvider time, LogLevel least = LogLevel.Information) : ILogger
{
    private readonly Lock _gate = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
            return;
        var line = new StringBuilder(160);
        line.Append(CultureInfo.InvariantCulture, $"time={time.GetUtcNow().UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffZ} level={NameOf(logLevel)}");
        if (eventId.Name is { } name)
            Append(line, "event", name);
        Append(line, "message", formatter(state, exception));
        if (state is IReadOnlyList<KeyValuePair<string, object?>> values)
        {
            foreach (var (key, value) in values)
            {
                if (key != "{OriginalFormat}")
                    Append(line, char.ToLowerInvariant(key[0]) + key[1..], Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
            }
        }
        // The message of a foreign exception may quote data; its type and place do not.
        for (var inner = exception; inner is not null; inner = inner.InnerException)
            Append(line, "exception", inner.GetType().Name);
        if (exception?.StackTrace is { } trace)
            Append(line, "stack", trace);
        lock (_gate)
            output.WriteLine(line);
    }

    private static void Append(StringBuilder line, string key, string value)
    {
        value = Printable.Line(value);
        line.Append(' ').Append(key).Append('=');
        if (value.Length > 0 && !value.AsSpan().ContainsAny(" \"="))
            line.Append(value);
        else
            line.Append('"').Append(value.Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "critical",
    };
}
