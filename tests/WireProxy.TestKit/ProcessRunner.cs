using System.Diagnostics;
using System.Text;

namespace WireProxy.TestKit;

/// <summary>How a program ended and what it said.</summary>
public sealed record ProcessResult(int ExitCode, string Output, string Error)
{
    /// <summary>Both streams and the exit code, for an assertion's message.</summary>
    public override string ToString() => $"exit code {ExitCode}\n--- output\n{Output}\n--- error\n{Error}";
}

/// <summary>A program that should end by itself. Never runs longer than its timeout.</summary>
public sealed record ProcessRunner(string FileName, params string[] Arguments)
{
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
    public string? Input { get; init; }
    public string? WorkingDirectory { get; init; }

    /// <summary>Bounds the wait for a program that hangs; a busy machine needs far less than this.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(3);

    public static Task<ProcessResult> RunAsync(string fileName, params string[] arguments) =>
        new ProcessRunner(fileName, arguments).RunAsync();

    /// <summary>Gets something over the network, of which a run that takes too long is a failure like any other.</summary>
    /// <returns>Exit code 124 where it was killed, as timeout(1) has it.</returns>
    public async Task<ProcessResult> FetchAsync()
    {
        try
        {
            return await RunAsync();
        }
        catch (TimeoutException late)
        {
            return new ProcessResult(124, late.Message, late.Message);
        }
    }

    /// <exception cref="TimeoutException">The program was killed because it ran for longer than <see cref="Timeout"/>.</exception>
    public async Task<ProcessResult> RunAsync(CancellationToken cancellation = default)
    {
        using Process process = Start();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(Timeout);
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Task<string> error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await FeedAsync(process, deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            // What it started and left behind may hold its output open.
            await Task.WhenAll(output, error).WaitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellation.ThrowIfCancellationRequested();
            throw new TimeoutException(
                $"{FileName} {string.Join(' ', Arguments)} ran for more than {Timeout.TotalSeconds} s.\n{await SaidAsync(output)}\n{await SaidAsync(error)}");
        }
        return new ProcessResult(process.ExitCode, await output, await error);
    }

    private static async Task<string> SaidAsync(Task<string> stream)
    {
        await Task.WhenAny(stream, Task.Delay(TimeSpan.FromSeconds(5)));
        return stream.IsCompletedSuccessfully ? await stream : "(still open)";
    }

    private Process Start()
    {
        var start = new ProcessStartInfo(FileName)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = WorkingDirectory ?? "",
        };
        foreach (string argument in Arguments) start.ArgumentList.Add(argument);
        foreach ((string name, string value) in Environment) start.Environment[name] = value;
        return Process.Start(start) ?? throw new InvalidOperationException($"{FileName} did not start");
    }

    private async Task FeedAsync(Process process, CancellationToken cancellation)
    {
        try
        {
            if (Input is not null) await process.StandardInput.WriteAsync(Input.AsMemory(), cancellation);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading everything; its exit code and its words tell why.
        }
    }
}
