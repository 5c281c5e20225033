using System.Globalization;

namespace WireProxy.Policy;

/// <summary>Hours of the week, as <c>[DAYS ]HH:MM-HH:MM[ ZONE]</c>.</summary>
/// <remarks>DAYS are days and ranges of days, <c>Mon-Fri</c> or <c>Sat,Sun</c> or <c>Fri-Mon,Wed</c>; without them every day. The
/// end is not part of the window; 24:00 is the end of the day. A window whose end comes before its start goes past midnight
/// and belongs to the day on which it starts. ZONE is a name of the IANA time zone database; without one the hours are UTC,
/// so that a policy means the same wherever the gateway runs. Clock changes follow the zone's wall clock.</remarks>
internal sealed class TimeWindow
{
    private static readonly string[] _dayNames = Enum.GetNames<DayOfWeek>();
    private const int EveryDay = 0b111_1111;

    private readonly int _days;
    private readonly TimeSpan _from;
    private readonly TimeSpan _until;
    private readonly TimeZoneInfo _zone;

    private TimeWindow(int days, TimeSpan from, TimeSpan until, TimeZoneInfo zone)
    {
        _days = days;
        _from = from;
        _until = until;
        _zone = zone;
    }

    /// <summary>Reads a window; null with a <paramref name="problem"/> in words where it is not one.</summary>
    public static TimeWindow? Parse(string text, out string problem)
    {
        string[] words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        int at = 0;
        int days = EveryDay;
        problem = $"'{text}' is not a time window; write 08:00-18:00, or with days and a time zone Mon-Fri 08:00-18:00 Europe/Berlin";
        if (words.Length > 1 && !char.IsAsciiDigit(words[0][0]))
        {
            if (!TryReadDays(words[at++], out days))
            {
                problem = $"'{words[0]}' is not a list of days; write Mon-Fri or Sat,Sun";
                return null;
            }
        }
        if (at >= words.Length || !TryReadHours(words[at++], out TimeSpan from, out TimeSpan until))
            return null;
        TimeZoneInfo? zone = TimeZoneInfo.Utc;
        if (at < words.Length && !TimeZoneInfo.TryFindSystemTimeZoneById(words[at++], out zone))
        {
            problem = $"'{words[at - 1]}' is not a time zone that this machine knows; write a name such as Europe/Berlin or UTC";
            return null;
        }
        if (at < words.Length || zone is null)
            return null;
        if (from == until)
        {
            problem = $"'{text}' is empty; for the whole day write 00:00-24:00";
            return null;
        }
        problem = "";
        return new TimeWindow(days, from, until, zone);
    }

    public bool Contains(DateTimeOffset moment)
    {
        DateTimeOffset local = TimeZoneInfo.ConvertTime(moment, _zone);
        TimeSpan clock = local.TimeOfDay;
        int today = (int)local.DayOfWeek;
        if (_from < _until)
            return HasDay(today) && clock >= _from && clock < _until;
        return (HasDay(today) && clock >= _from) || (HasDay((today + 6) % 7) && clock < _until);
    }

    private bool HasDay(int day) => (_days & (1 << day)) != 0;

    private static bool TryReadDays(string word, out int days)
    {
        days = 0;
        foreach (string item in word.Split(','))
        {
            string[] ends = item.Split('-');
            int first = DayOf(ends[0]);
            int last = DayOf(ends[^1]);
            if (first < 0 || last < 0 || ends.Length > 2)
                return false;
            for (int day = first; ; day = (day + 1) % 7)
            {
                days |= 1 << day;
                if (day == last)
                    break;
            }
        }
        return true;
    }

    /// <summary>An English day name, or its first three letters; else -1.</summary>
    private static int DayOf(string name) => Array.FindIndex(
        _dayNames, day => day.Equals(name, StringComparison.OrdinalIgnoreCase) || day[..3].Equals(name, StringComparison.OrdinalIgnoreCase));

    private static bool TryReadHours(string word, out TimeSpan from, out TimeSpan until)
    {
        from = until = default;
        string[] ends = word.Split('-');
        return ends.Length == 2 && TryReadClock(ends[0], out from) && TryReadClock(ends[1], out until) && from < TimeSpan.FromDays(1);
    }

    private static bool TryReadClock(string text, out TimeSpan clock)
    {
        clock = default;
        string[] parts = text.Split(':');
        if (parts.Length != 2 || parts[0].Length is < 1 or > 2 || parts[1].Length != 2
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int hours)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int minutes)
            || hours > 24 || minutes > 59 || (hours == 24 && minutes > 0))
            return false;
        clock = new TimeSpan(hours, minutes, 0);
        return true;
    }
}
