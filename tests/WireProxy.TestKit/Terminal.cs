using System.Diagnostics;
using System.Text;

namespace WireProxy.TestKit;

/// <summary>A program on a pseudo-terminal (script(1) makes it): what is sent are a person's keys.</summary>
public sealed class Terminal : IAsyncDisposable
{
    public const string ControlC = "\u0003";
    public const string ControlD = "\u0004";
    public const string Tab = "\t";

    private readonly Process _process;
    private readonly StringBuilder _screen = new();
    private readonly Task _reading;
    private int _read;

    private Terminal(Process process)
    {
        _process = process;
        _reading = ReadAsync();
    }

    /// <summary>Everything shown so far, terminal sequences included.</summary>
    public string Screen
    {
        get
        {
            lock (_screen) return _screen.ToString();
        }
    }

    public static Terminal Open(IReadOnlyDictionary<string, string> environment, string program, params string[] arguments)
    {
        string command = string.Join(' ', ((string[])[program, .. arguments]).Select(Quote));
        var start = new ProcessStartInfo("script", ["--quiet", "--flush", "--return", "--command", command, "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        // Without colours, bracketed paste and the bell, so that the screen holds only words.
        start.Environment["TERM"] = "dumb";
        start.Environment["INPUTRC"] = "/dev/null";
        start.Environment["SHELL"] = "/bin/sh";
        Process process = Process.Start(start) ?? throw new InvalidOperationException("script(1) did not start");
        Reaper.NoteProcess(process.Id);
        return new Terminal(process);
    }

    public Task SendLineAsync(string text) => SendAsync(text + "\r");

    public async Task SendAsync(string keys)
    {
        await _process.StandardInput.WriteAsync(keys);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Waits until the text appears after what was already waited for.</summary>
    /// <returns>What was shown up to and with it.</returns>
    public async Task<string> ExpectAsync(string text, int seconds = 30)
    {
        string? seen = null;
        await Until.TrueAsync(
            () => (seen = TryTake(text)) is not null, TimeSpan.FromSeconds(seconds),
            () => $"the terminal does not show '{text}' but\n{Screen[_read..]}");
        return seen!;
    }

    /// <summary>Waits until the program ends by itself.</summary>
    public async Task<int> ExitAsync(int seconds = 60)
    {
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(seconds));
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
    }

    private static string Quote(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private string? TryTake(string text)
    {
        string all = Screen;
        int at = all.IndexOf(text, _read, StringComparison.Ordinal);
        if (at < 0) return null;
        string seen = all[_read..(at + text.Length)];
        _read = at + text.Length;
        return seen;
    }

    private async Task ReadAsync()
    {
        var buffer = new char[4096];
        while (await _process.StandardOutput.ReadAsync(buffer) is var count and > 0)
            lock (_screen) _screen.Append(buffer, 0, count);
    }
}
