using System.Globalization;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Functions;

/// <summary>Functions of dates and times.</summary>
internal static class DateFunctions
{
    private static readonly SqlType Precise = SqlType.DateTime2(7);

    public static void Register(IDictionary<string, ScalarFunction> functions)
    {
        void Now(string name, SqlType type, Func<DateTimeOffset> now) =>
            functions[name] = new(0, 0, [], _ => type, (_, _) => DateForms.Fit(now(), type));
        Now("GETDATE", SqlType.DateTime, () => DateTimeOffset.Now);
        Now("GETUTCDATE", SqlType.DateTime, () => DateTimeOffset.UtcNow);
        Now("SYSDATETIME", Precise, () => DateTimeOffset.Now);
        Now("SYSUTCDATETIME", Precise, () => DateTimeOffset.UtcNow);
        Now("SYSDATETIMEOFFSET", new SqlType(SqlKind.DateTimeOffset, 0, 0, 7), () => DateTimeOffset.Now);
        functions["YEAR"] = new(1, 1, [Precise], _ => SqlType.Int, (_, a) => ((DateTime)a[0]!).Year);
        functions["MONTH"] = new(1, 1, [Precise], _ => SqlType.Int, (_, a) => ((DateTime)a[0]!).Month);
        functions["DAY"] = new(1, 1, [Precise], _ => SqlType.Int, (_, a) => ((DateTime)a[0]!).Day);
        functions["ISDATE"] = new(1, 1, [SqlType.NVarChar(4000)], _ => SqlType.Int,
            (_, a) => SqlConvert.TryConvert(a[0], SqlType.NVarChar(4000), SqlType.DateTime) is null ? 0 : 1);
        functions["EOMONTH"] = new(1, 2, [SqlType.Date, SqlType.Int], _ => SqlType.Date,
            (_, a) => EndOfMonth(((DateOnly)a[0]!).AddMonths(a.Length > 1 ? (int)a[1]! : 0)));
        functions["DATEFROMPARTS"] = new(3, 3, [SqlType.Int], _ => SqlType.Date, (_, a) => FromParts(() => new DateOnly((int)a[0]!, (int)a[1]!, (int)a[2]!)));
        functions["DATETIMEFROMPARTS"] = new(7, 7, [SqlType.Int], _ => SqlType.DateTime, (_, a) => FromParts(() =>
            DateForms.Fit(new DateTimeOffset((int)a[0]!, (int)a[1]!, (int)a[2]!, (int)a[3]!, (int)a[4]!, (int)a[5]!, (int)a[6]!, default), SqlType.DateTime)));
    }

    /// <summary>DATEPART, DATENAME, DATEADD, DATEDIFF, DATEDIFF_BIG: the first argument is a word.</summary>
    public static BoundExpression BindPart(string name, string part, BoundExpression[] arguments)
    {
        var unit = UnitOf(part);
        switch (name)
        {
            case "DATEPART":
                return Over(arguments[0], SqlType.Int, moment => Part(unit, moment));
            case "DATENAME":
                return Over(arguments[0], SqlType.NVarChar(30), moment => NameOf(unit, moment));
            case "DATEADD":
                var type = arguments[1].Type.IsDateOrTime ? arguments[1].Type : SqlType.DateTime;
                var number = arguments[0].To(SqlType.Int).Evaluate;
                var date = arguments[1].To(type).Evaluate;
                return new BoundExpression(type, frame => number(frame) is int count && date(frame) is { } value ? Add(unit, count, value, type) : null);
            default:
                var result = name == "DATEDIFF" ? SqlType.Int : SqlType.BigInt;
                var from = arguments[0].To(Precise).Evaluate;
                var to = arguments[1].To(Precise).Evaluate;
                return new BoundExpression(result, frame => from(frame) is DateTime first && to(frame) is DateTime second
                    ? Difference(Distance(unit, first, second), result) : null);
        }
    }

    private static BoundExpression Over(BoundExpression argument, SqlType result, Func<DateTime, object> compute)
    {
        var evaluate = argument.To(Precise).Evaluate;
        return new BoundExpression(result, frame => evaluate(frame) is DateTime moment ? compute(moment) : null);
    }

    private static string UnitOf(string part) => part.ToUpperInvariant() switch
    {
        "YEAR" or "YY" or "YYYY" => "YEAR",
        "QUARTER" or "QQ" or "Q" => "QUARTER",
        "MONTH" or "MM" or "M" => "MONTH",
        "DAYOFYEAR" or "DY" or "Y" => "DAYOFYEAR",
        "DAY" or "DD" or "D" => "DAY",
        "WEEK" or "WK" or "WW" => "WEEK",
        "WEEKDAY" or "DW" or "W" => "WEEKDAY",
        "HOUR" or "HH" => "HOUR",
        "MINUTE" or "MI" or "N" => "MINUTE",
        "SECOND" or "SS" or "S" => "SECOND",
        "MILLISECOND" or "MS" => "MILLISECOND",
        "MICROSECOND" or "MCS" => "MICROSECOND",
        "NANOSECOND" or "NS" => "NANOSECOND",
        _ => throw new SqlError(155, 15, 1, $"'{part}' is not a recognized datepart option."),
    };

    private static object Part(string unit, DateTime moment) => unit switch
    {
        "YEAR" => moment.Year,
        "QUARTER" => (moment.Month + 2) / 3,
        "MONTH" => moment.Month,
        "DAYOFYEAR" => moment.DayOfYear,
        "DAY" => moment.Day,
        "WEEK" => (moment.DayOfYear + (int)new DateTime(moment.Year, 1, 1).DayOfWeek + 6) / 7,
        "WEEKDAY" => (int)moment.DayOfWeek + 1,
        "HOUR" => moment.Hour,
        "MINUTE" => moment.Minute,
        "SECOND" => moment.Second,
        "MILLISECOND" => moment.Millisecond,
        "MICROSECOND" => (int)(moment.Ticks % TimeSpan.TicksPerSecond / 10),
        _ => (int)(moment.Ticks % TimeSpan.TicksPerSecond * 100),
    };

    private static string NameOf(string unit, DateTime moment) => unit switch
    {
        "MONTH" => moment.ToString("MMMM", CultureInfo.InvariantCulture),
        "WEEKDAY" => moment.DayOfWeek.ToString(),
        _ => Convert.ToString(Part(unit, moment), CultureInfo.InvariantCulture)!,
    };

    private static object? Add(string unit, int count, object value, SqlType type)
    {
        try
        {
            return value switch
            {
                DateOnly date => DateOnly.FromDateTime(Add(unit, count, date.ToDateTime(default))),
                TimeSpan time => Add(unit, count, DateForms.Year1900 + time).TimeOfDay,
                DateTimeOffset moment => new DateTimeOffset(Add(unit, count, moment.DateTime), moment.Offset),
                DateTime moment => DateForms.Fit(new DateTimeOffset(Add(unit, count, moment), default), type),
                _ => null,
            };
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new SqlError(517, 16, 1, $"Adding a value to a '{type.Name}' column caused an overflow.");
        }
    }

    private static DateTime Add(string unit, int count, DateTime moment) => unit switch
    {
        "YEAR" => moment.AddYears(count),
        "QUARTER" => moment.AddMonths(3 * count),
        "MONTH" => moment.AddMonths(count),
        "WEEK" => moment.AddDays(7.0 * count),
        "DAY" or "DAYOFYEAR" or "WEEKDAY" => moment.AddDays(count),
        "HOUR" => moment.AddHours(count),
        "MINUTE" => moment.AddMinutes(count),
        "SECOND" => moment.AddSeconds(count),
        "MILLISECOND" => moment.AddMilliseconds(count),
        "MICROSECOND" => moment.AddTicks(10L * count),
        _ => moment.AddTicks(count / 100),
    };

    /// <summary>How many boundaries of the unit lie between the two.</summary>
    private static long Distance(string unit, DateTime from, DateTime to) => unit switch
    {
        "YEAR" => to.Year - from.Year,
        "QUARTER" => ((to.Year - from.Year) * 4L) + ((to.Month + 2) / 3) - ((from.Month + 2) / 3),
        "MONTH" => ((to.Year - from.Year) * 12L) + to.Month - from.Month,
        "WEEK" => (to.Date.AddDays(-(int)to.DayOfWeek) - from.Date.AddDays(-(int)from.DayOfWeek)).Days / 7,
        "DAY" or "DAYOFYEAR" or "WEEKDAY" => (to.Date - from.Date).Days,
        "HOUR" => (to.Ticks / TimeSpan.TicksPerHour) - (from.Ticks / TimeSpan.TicksPerHour),
        "MINUTE" => (to.Ticks / TimeSpan.TicksPerMinute) - (from.Ticks / TimeSpan.TicksPerMinute),
        "SECOND" => (to.Ticks / TimeSpan.TicksPerSecond) - (from.Ticks / TimeSpan.TicksPerSecond),
        "MILLISECOND" => (to.Ticks / TimeSpan.TicksPerMillisecond) - (from.Ticks / TimeSpan.TicksPerMillisecond),
        "MICROSECOND" => (to.Ticks / 10) - (from.Ticks / 10),
        _ => checked((to.Ticks - from.Ticks) * 100),
    };

    private static object Difference(long value, SqlType type) => type.Kind == SqlKind.BigInt ? value : value is >= int.MinValue and <= int.MaxValue ? (int)value
        : throw new SqlError(535, 16, 0, "The datediff function resulted in an overflow. The number of dateparts separating two date/time instances is too large. Try to use datediff with a less precise datepart.");

    private static DateOnly EndOfMonth(DateOnly date) => new(date.Year, date.Month, DateTime.DaysInMonth(date.Year, date.Month));

    private static object FromParts<T>(Func<T> make)
    {
        try
        {
            return make()!;
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new SqlError(289, 16, 1, "Cannot construct data type date, some of the arguments have values which are not valid.");
        }
    }
}
