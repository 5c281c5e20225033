using System.Globalization;

namespace WireProxy.Cli.Output;

/// <summary>How far long work over a journal's files is; shown on a terminal only.</summary>
internal sealed class ByteProgress(string directory, TextWriter terminal) : IProgress<long>
{
    private readonly bool _shown = !Console.IsErrorRedirected && terminal == Console.Error;
    private readonly long _total = Directory.Exists(directory) ? new DirectoryInfo(directory).EnumerateFiles().Sum(file => file.Length) : 0;
    private int _percent = -1;

    public void Report(long value)
    {
        var percent = _total == 0 ? 100 : (int)Math.Min(100, value * 100 / _total);
        if (!_shown || percent == _percent)
            return;
        _percent = percent;
        terminal.Write(string.Create(CultureInfo.InvariantCulture, $"\r{percent,3} % of {_total / 1_000_000.0:0.0} MB"));
    }

    /// <summary>Leaves the terminal's line empty for what follows.</summary>
    public void Clear()
    {
        if (_shown && _percent >= 0)
            terminal.Write("\r" + new string(' ', 40) + "\r");
    }
}
