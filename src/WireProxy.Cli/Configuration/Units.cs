using System.Globalization;
using System.Net;

namespace WireProxy.Cli.Configuration;

/// <summary>How durations, sizes and addresses are written in configuration files and options.</summary>
internal static class Units
{
    public const string DurationForm = "a duration such as 100ms, 30s, 5m or 2h";
    public const string SizeForm = "a size such as 65536, 512KiB or 16MiB";

    private static readonly (string Suffix, double Milliseconds)[] Times = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
    private static readonly (string Suffix, long Bytes)[] Sizes = [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30)];

    /// <summary>A whole or decimal number and a unit; a bare 0 needs none.</summary>
    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text == "0")
            return true;
        foreach (var (suffix, milliseconds) in Times)
        {
            if (!text.EndsWith(suffix, StringComparison.Ordinal) || !TryNumber(text[..^suffix.Length], out var number))
                continue;
            var total = number * milliseconds;
            // Timers take no more than this (about 49 days).
            if (total > uint.MaxValue - 1)
                return false;
            duration = TimeSpan.FromMilliseconds(total);
            return true;
        }
        return false;
    }

    /// <summary>ISO 8601, UTC where no zone is given.</summary>
    public static bool TryParseTime(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);

    /// <summary>Bytes, or a number of KiB, MiB or GiB.</summary>
    public static bool TryParseSize(string text, out long bytes)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out bytes))
            return true;
        foreach (var (suffix, factor) in Sizes)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal) && TryNumber(text[..^suffix.Length], out var number)
                && number < long.MaxValue / 2 / factor)
            {
                bytes = (long)(number * factor);
                return true;
            }
        }
        return false;
    }

    public static string Duration(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero)
            return "0";
        var (suffix, milliseconds) = Times.Last(unit => duration.TotalMilliseconds % unit.Milliseconds == 0 || unit.Milliseconds == 1);
        return string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds / milliseconds:0.###}{suffix}");
    }

    public static string Size(long bytes)
    {
        var best = Sizes.LastOrDefault(unit => bytes >= unit.Bytes && bytes % unit.Bytes == 0);
        return best.Bytes == 0 ? bytes.ToString(CultureInfo.InvariantCulture) : $"{bytes / best.Bytes}{best.Suffix}";
    }

    /// <summary>An address to listen on: an IP address or <c>localhost</c>, and a port; port 0 takes any free one.</summary>
    public static bool TryParseListenAddress(string text, out IPEndPoint address)
    {
        address = new IPEndPoint(IPAddress.None, 0);
        if (!TrySplitPort(text, 0, out var host, out var port))
            return false;
        if (host == "localhost")
            host = "127.0.0.1";
        // IPAddress also reads "1" and "0x7f.1"; an operator who writes that has mistyped.
        if (!IPAddress.TryParse(host, out var ip) || (!host.Contains(':', StringComparison.Ordinal) && host.Split('.').Length != 4))
            return false;
        address = new IPEndPoint(ip, port);
        return true;
    }

    /// <summary><c>host:port</c>, <c>[v6]:port</c>, or <c>/directory:port</c> for a Unix socket.</summary>
    public static bool TryParseUpstreamAddress(string text, out string host, out int port) =>
        TrySplitPort(text, 1, out host, out port) && (host.StartsWith('/') || Uri.CheckHostName(host) != UriHostNameType.Unknown);

    private static bool TrySplitPort(string text, int least, out string host, out int port)
    {
        host = "";
        port = 0;
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port)
            || port < least || port > 65_535)
            return false;
        host = text[..colon];
        if (host.StartsWith('[') && host.EndsWith(']'))
            host = host[1..^1];
        else if (host.Contains(':', StringComparison.Ordinal))
            return false;
        return host.Length > 0;
    }

    private static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number) && number >= 0;
}
