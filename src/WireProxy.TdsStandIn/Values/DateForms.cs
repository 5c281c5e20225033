using System.Globalization;

namespace WireProxy.TdsStandIn.Values;

/// <summary>Dates and times of values and of text, and their texts, by the styles of CONVERT.</summary>
internal static class DateForms
{
    private const long TicksOfThreeCounts = 100_000;

    private static readonly string[] DateTexts =
        ["yyyy-M-d", "yyyyMMdd", "M/d/yyyy", "M-d-yyyy", "M.d.yyyy", "yyyy/M/d", "yyyy.M.d", "d MMM yyyy", "MMM d yyyy", "MMM d, yyyy", "d-MMM-yyyy", "MMMM d yyyy",
         "MMMM d, yyyy", "d MMMM yyyy", "M/d/yy", "yyMMdd"];

    private static readonly string[] TimeTexts =
        ["H:m", "H:m:s", "H:m:s.FFFFFFF", "H:m:s:FFF", "h:mtt", "h:mm tt", "h:m:stt", "h:m:s tt", "h:m:s.FFFFFFFtt", "h:m:s.FFFFFFF tt", "h:m:s:FFFtt", "htt", "h tt"];

    public static DateTime Year1900 { get; } = new(1900, 1, 1, 0, 0, 0, DateTimeKind.Unspecified);

    public static object FromValue(object value, SqlType from, SqlType to, int? style) => value switch
    {
        string text => FromText(text.Trim(), to, style),
        DateTime moment => Fit(new DateTimeOffset(moment, TimeSpan.Zero), to),
        DateTimeOffset moment => Fit(moment, to),
        DateOnly date when to.Kind != SqlKind.Time => Fit(new DateTimeOffset(date.ToDateTime(default), TimeSpan.Zero), to),
        TimeSpan time when to.Kind != SqlKind.Date => Fit(new DateTimeOffset(Year1900 + time, TimeSpan.Zero), to),
        _ when from.IsNumber && to.Kind is SqlKind.DateTime or SqlKind.SmallDateTime =>
            Fit(new DateTimeOffset(Year1900.AddDays((double)Numbers.FromNumber(value, from, SqlType.Float)), TimeSpan.Zero), to),
        _ => throw SqlError.NoConversion(from, to),
    };

    public static string ToText(object value, SqlType from, int? style)
    {
        switch (value)
        {
            case DateOnly date:
                return style is null or 0 ? date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : Styled(new DateTimeOffset(date.ToDateTime(default), default), from, style.Value);
            case TimeSpan time:
                return style is null or 0 or 108 or 114 ? new DateTime(time.Ticks).ToString("HH:mm:ss" + Fraction(from.Scale), CultureInfo.InvariantCulture)
                    : Styled(new DateTimeOffset(Year1900 + time, default), from, style.Value);
            case DateTimeOffset moment:
                return style is null or 0 ? moment.ToString("yyyy-MM-dd HH:mm:ss" + Fraction(from.Scale) + " zzz", CultureInfo.InvariantCulture) : Styled(moment, from, style.Value);
            case DateTime moment when from.Kind == SqlKind.DateTime2 && style is null:
                return moment.ToString("yyyy-MM-dd HH:mm:ss" + Fraction(from.Scale), CultureInfo.InvariantCulture);
            case DateTime moment:
                return Styled(new DateTimeOffset(moment, default), from, style ?? 0);
            default:
                throw SqlError.NoConversion(from, SqlType.NVarChar(30));
        }
    }

    /// <summary>Cuts or rounds a moment to what the type holds.</summary>
    public static object Fit(DateTimeOffset value, SqlType to)
    {
        switch (to.Kind)
        {
            case SqlKind.Date:
                return DateOnly.FromDateTime(value.DateTime);
            case SqlKind.Time:
                return TimeSpan.FromTicks(Rounded(value.TimeOfDay.Ticks, to.Scale) % TimeSpan.TicksPerDay);
            case SqlKind.DateTime2:
                return new DateTime(Rounded(value.DateTime.Ticks, to.Scale));
            case SqlKind.DateTimeOffset:
                return new DateTimeOffset(Rounded(value.DateTime.Ticks, to.Scale), value.Offset);
            case SqlKind.SmallDateTime:
                var minute = new DateTime((value.DateTime.Ticks + (TimeSpan.TicksPerMinute / 2)) / TimeSpan.TicksPerMinute * TimeSpan.TicksPerMinute);
                return minute.Year is >= 1900 and < 2079 ? minute : throw OutOfRange(to);
            default:
                if (value.Year < 1753)
                    throw OutOfRange(to);
                return new DateTime(value.DateTime.Date.Ticks + OldTime(value.TimeOfDay.Ticks));
        }
    }

    /// <summary>datetime counts three-hundredths of a second and shows them as whole milliseconds.</summary>
    private static long OldTime(long ticks)
    {
        long counts = ((ticks * 3) + (TicksOfThreeCounts / 2)) / TicksOfThreeCounts;
        return (long)Math.Round(counts * 10 / 3.0, MidpointRounding.AwayFromZero) * TimeSpan.TicksPerMillisecond;
    }

    private static long Rounded(long ticks, byte scale)
    {
        long unit = (long)Math.Pow(10, 7 - scale);
        return (ticks + (unit / 2)) / unit * unit;
    }

    private static SqlError OutOfRange(SqlType to) => new(242, 16, 3,
        $"The conversion of a varchar data type to a {to.Name} data type resulted in an out-of-range value.");

    private static object FromText(string text, SqlType to, int? style)
    {
        if (text.Length == 0)
            return Fit(new DateTimeOffset(Year1900, TimeSpan.Zero), to);
        if (style is 103 or 104 or 105 && Exact(text, ["d/M/yyyy", "d.M.yyyy", "d-M-yyyy"]) is { } dayFirst)
            return Fit(new DateTimeOffset(dayFirst, TimeSpan.Zero), to);
        if (text.Contains('T', StringComparison.Ordinal) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var iso))
            return Fit(iso, to);
        return Fit(FromParts(text) ?? throw SqlError.BadDate(), to);
    }

    /// <summary>A date, a time or both, and perhaps an offset: in any of the forms that the language us_english reads.</summary>
    private static DateTimeOffset? FromParts(string text)
    {
        var offset = TimeSpan.Zero;
        int at = text.LastIndexOfAny(['+', '-']);
        if (at > 0 && text.AsSpan(at).Count(':') == 1 && text.AsSpan(0, at).Contains(':') && TimeSpan.TryParse(text.AsSpan(at + 1), CultureInfo.InvariantCulture, out var zone))
        {
            offset = text[at] == '-' ? -zone : zone;
            text = text[..at].TrimEnd();
        }
        if (Exact(text, DateTexts) is { } date)
            return new DateTimeOffset(date, offset);
        if (Exact(text, TimeTexts) is { } time)
            return new DateTimeOffset(Year1900 + time.TimeOfDay, offset);
        for (int blank = text.IndexOf(' ', StringComparison.Ordinal); blank > 0; blank = text.IndexOf(' ', blank + 1))
            if (Exact(text[..blank].TrimEnd(), DateTexts) is { } day && Exact(text[(blank + 1)..].TrimStart(), TimeTexts) is { } hour)
                return new DateTimeOffset(day + hour.TimeOfDay, offset);
        return null;
    }

    private static DateTime? Exact(string text, string[] forms) =>
        DateTime.TryParseExact(text, forms, CultureInfo.InvariantCulture, DateTimeStyles.NoCurrentDateDefault | DateTimeStyles.AllowInnerWhite, out var moment) ? moment : null;

    private static string Fraction(byte scale) => scale == 0 ? "" : "." + new string('f', scale);

    private static string Styled(DateTimeOffset value, SqlType from, int style)
    {
        var fraction = from.Kind is SqlKind.DateTime ? ".fff" : Fraction(from.Scale);
        string form = style switch
        {
            0 or 100 => "MMM dd yyyy hh:mmtt",
            1 => "MM/dd/yy",
            101 => "MM/dd/yyyy",
            2 => "yy.MM.dd",
            102 => "yyyy.MM.dd",
            3 => "dd/MM/yy",
            103 => "dd/MM/yyyy",
            4 => "dd.MM.yy",
            104 => "dd.MM.yyyy",
            5 => "dd-MM-yy",
            105 => "dd-MM-yyyy",
            6 => "dd MMM yy",
            106 => "dd MMM yyyy",
            107 => "MMM dd, yyyy",
            8 or 108 or 24 => "HH:mm:ss",
            9 or 109 => "MMM dd yyyy hh:mm:ss:ffftt",
            10 => "MM-dd-yy",
            110 => "MM-dd-yyyy",
            11 => "yy/MM/dd",
            111 => "yyyy/MM/dd",
            12 => "yyMMdd",
            112 => "yyyyMMdd",
            13 or 113 => "dd MMM yyyy HH:mm:ss:fff",
            14 or 114 => "HH:mm:ss:fff",
            20 or 120 => "yyyy-MM-dd HH:mm:ss",
            21 or 25 or 121 => "yyyy-MM-dd HH:mm:ss" + fraction,
            23 => "yyyy-MM-dd",
            126 or 127 => "yyyy-MM-ddTHH:mm:ss" + (value.Ticks % TimeSpan.TicksPerSecond == 0 ? "" : fraction),
            _ => throw new SqlError(281, 16, 1, string.Create(CultureInfo.InvariantCulture, $"{style} is not a valid style number when converting from {from.Name} to a character string.")),
        };
        var text = value.ToString(form, CultureInfo.InvariantCulture);
        // Styles 0 and 9 pad days and hours with blanks.
        return style is 0 or 100 or 9 or 109 ? Blanked(text) : text;
    }

    private static string Blanked(string text)
    {
        var characters = text.ToCharArray();
        foreach (int at in (ReadOnlySpan<int>)[4, 12])
            if (characters.Length > at && characters[at] == '0')
                characters[at] = ' ';
        return new string(characters);
    }
}
