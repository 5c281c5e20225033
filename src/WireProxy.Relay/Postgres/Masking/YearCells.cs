using System.Buffers.Binary;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Postgres.Masking;

/// <summary>1 January of the year, at midnight, of a date or timestamp in text. Infinity stays, as it says nothing. The year of a
/// timestamp with time zone is the one in the session's zone, and its offset is kept.</summary>
/// <remarks>Only DateStyle ISO can be read for certain; a value in another style is redacted.</remarks>
internal sealed class TextYearCell(uint typeId, CellMask redacted) : CellMask
{
    public override bool TryWrite(ReadOnlySpan<byte> value, WireWriter destination)
    {
        if (value.SequenceEqual("infinity"u8) || value.SequenceEqual("-infinity"u8))
        {
            destination.WriteBytes(value);
            return true;
        }
        bool isBeforeChrist = value.EndsWith(" BC"u8);
        ReadOnlySpan<byte> moment = isBeforeChrist ? value[..^3] : value;
        int yearLength = moment.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        // Four digits at least, then -MM-DD: no other style begins so.
        if (yearLength is < 4 or > 7 || moment.Length < yearLength + 6 || moment[yearLength] != '-' || moment[yearLength + 3] != '-')
            return redacted.TryWrite(value, destination);
        destination.WriteBytes(moment[..yearLength]);
        destination.WriteBytes("-01-01"u8);
        if (typeId != TypeId.Date)
            destination.WriteBytes(" 00:00:00"u8);
        if (typeId == TypeId.Timestamptz)
            destination.WriteBytes(OffsetOf(moment[(yearLength + 6)..]));
        if (isBeforeChrist)
            destination.WriteBytes(" BC"u8);
        return true;
    }

    /// <summary>+HH, +HH:MM or +HH:MM:SS after the time of day; anything else is taken for UTC.</summary>
    private static ReadOnlySpan<byte> OffsetOf(ReadOnlySpan<byte> time)
    {
        int sign = time.LastIndexOfAny((byte)'+', (byte)'-');
        ReadOnlySpan<byte> offset = sign < 0 ? [] : time[sign..];
        bool isLegal = offset.Length is 3 or 6 or 9 && !offset[1..].ContainsAnyExceptInRange((byte)'0', (byte)':');
        return isLegal ? offset : "+00"u8;
    }
}

/// <summary>1 January of the year, at midnight, of a date (days) or timestamp (microseconds, of UTC where it has a zone) in binary,
/// both counted from 2000-01-01.</summary>
internal sealed class BinaryYearCell(bool isDate) : CellMask
{
    private const long MicrosecondsPerDay = 86_400_000_000;

    public override bool TryWrite(ReadOnlySpan<byte> value, WireWriter destination)
    {
        if (isDate)
        {
            if (!BinaryPrimitives.TryReadInt32BigEndian(value, out int days) || value.Length != sizeof(int))
                return false;
            bool isInfinite = days is int.MinValue or int.MaxValue;
            destination.WriteInt32(isInfinite ? days : (int)FirstDayOfYear(days));
            return true;
        }
        if (!BinaryPrimitives.TryReadInt64BigEndian(value, out long moment) || value.Length != sizeof(long))
            return false;
        bool isEndless = moment is long.MinValue or long.MaxValue;
        destination.WriteInt64(isEndless ? moment : FirstDayOfYear(FloorDivide(moment, MicrosecondsPerDay)) * MicrosecondsPerDay);
        return true;
    }

    /// <summary>In the proleptic Gregorian calendar, over all of PostgreSQL's range, which is far beyond DateTime's.</summary>
    private static long FirstDayOfYear(long day)
    {
        // Years are counted in eras of 400, which have the same number of days each; 2000-01-01 begins one.
        const int DaysPerEra = 146_097;
        const int YearsPerEra = 400;
        long era = FloorDivide(day, DaysPerEra);
        int dayOfEra = (int)(day - (era * DaysPerEra));
        int year = Math.Min(dayOfEra / 365, YearsPerEra - 1);
        while (DaysBefore(year) > dayOfEra)
            year--;
        return (era * DaysPerEra) + DaysBefore(year);
    }

    /// <summary>Days from the start of an era to the start of one of its years; the era's first year is a leap year.</summary>
    private static int DaysBefore(int year) => year == 0 ? 0 : (year * 365) + ((year + 3) / 4) - ((year - 1) / 100);

    private static long FloorDivide(long value, long divisor)
    {
        long quotient = value / divisor;
        return quotient * divisor > value ? quotient - 1 : quotient;
    }
}
