namespace WireProxy.Cli.Configuration;

/// <summary>Durations and sizes of a section.</summary>
internal static class SectionUnits
{
    /// <summary>More than zero, or with <paramref name="mayBeZero"/> zero for never; <paramref name="fallback"/> where absent or wrong.</summary>
    public static TimeSpan Duration(this Section section, string key, TimeSpan fallback, bool mayBeZero)
    {
        if (section.Text(key) is not { } text)
            return fallback;
        if (Units.TryParseDuration(text, out var duration) && (mayBeZero || duration > TimeSpan.Zero))
            return duration;
        section.Error(key, $"{Units.DurationForm} is expected{(mayBeZero ? " (0: never)" : ", more than 0")}, not '{text}'");
        return fallback;
    }

    /// <summary>A duration in a range.</summary>
    public static TimeSpan Duration(this Section section, string key, TimeSpan fallback, TimeSpan from, TimeSpan to)
    {
        if (section.Text(key) is not { } text)
            return fallback;
        if (Units.TryParseDuration(text, out var duration) && duration >= from && duration <= to)
            return duration;
        section.Error(key, $"{Units.DurationForm}, from {Units.Duration(from)} to {Units.Duration(to)}, is expected, not '{text}'");
        return fallback;
    }

    /// <summary>A number of bytes in a range.</summary>
    public static int Size(this Section section, string key, int fallback, int from, int to)
    {
        if (section.Text(key) is not { } text)
            return fallback;
        if (Units.TryParseSize(text, out var bytes) && bytes >= from && bytes <= to)
            return (int)bytes;
        section.Error(key, $"{Units.SizeForm}, from {Units.Size(from)} to {Units.Size(to)}, is expected, not '{text}'");
        return fallback;
    }
}
