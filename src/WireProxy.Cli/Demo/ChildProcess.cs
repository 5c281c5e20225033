using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace WireProxy.Cli.Demo;

/// <param name="Output">Standard output and standard error, in the order in which they came.</param>
internal sealed record Finished(int ExitCode, string Output);

/// <summary>A program that the demo starts. Its output is kept, so that the tour can check what it shows.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private const int Interrupt = 2;
    private const int Terminate = 15;

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly Task _reading;

    private ChildProcess(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(CollectAsync(process.StandardOutput), CollectAsync(process.StandardError));
    }

    public bool HasExited => _process.HasExited;

    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public static ChildProcess Start(
        IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? environment = null, string? input = null)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        // Where the machine's locale is not installed, Debian's psql says so between its rows; in another language the tour knows no answer.
        start.Environment["LC_ALL"] = "C.UTF-8";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        var process = Process.Start(start) ?? throw new IOException($"{command[0]} did not start");
        if (input is not null)
            process.StandardInput.Write(input);
        process.StandardInput.Close();
        return new ChildProcess(process);
    }

    public static async Task<Finished> RunAsync(
        IReadOnlyList<string> command, CancellationToken cancellation, IReadOnlyDictionary<string, string>? environment = null,
        string? input = null)
    {
        await using var child = Start(command, environment, input);
        return await child.WaitAsync(cancellation);
    }

    public async Task<Finished> WaitAsync(CancellationToken cancellation)
    {
        await _process.WaitForExitAsync(cancellation);
        await _reading.WaitAsync(cancellation);
        return new Finished(_process.ExitCode, Output);
    }

    /// <summary>SIGTERM, and waits for the end.</summary>
    public Task<Finished> TerminateAsync(CancellationToken cancellation) => EndAsync(Terminate, cancellation);

    /// <summary>SIGINT, and waits for the end: PostgreSQL's fast shutdown.</summary>
    public Task<Finished> InterruptAsync(CancellationToken cancellation) => EndAsync(Interrupt, cancellation);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
    }

    // kill(2): the framework sends no signal but SIGKILL.
    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int process, int signal);

    private Task<Finished> EndAsync(int signal, CancellationToken cancellation)
    {
        if (!_process.HasExited && SendSignal(_process.Id, signal) != 0)
            throw new IOException($"process {_process.Id} cannot be signalled (errno {Marshal.GetLastPInvokeError()})");
        return WaitAsync(cancellation);
    }

    private async Task CollectAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_output)
                _output.AppendLine(line);
        }
    }
}
