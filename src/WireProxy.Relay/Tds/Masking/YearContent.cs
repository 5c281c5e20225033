using System.Buffers.Binary;
using WireProxy.Protocols.Tds.Types;

namespace WireProxy.Relay.Tds.Masking;

/// <summary>1 January of the year, at midnight, of a date or of a date and time (MS-TDS 2.2.5.5.1.8). The year of a datetimeoffset
/// is the one at its own offset, which is kept. What is out of the type's range is redacted.</summary>
internal sealed class YearContent(TypeInfo type, byte[] redacted) : ContentMask
{
    private const int DateLength = 3;
    private const int MinutesPerDay = 24 * 60;
    private const int MostOffsetMinutes = 840;
    private static readonly int _day1900 = new DateOnly(1900, 1, 1).DayNumber;
    private static readonly long[] _unitsPerMinute =
        [60, 600, 6_000, 60_000, 600_000, 6_000_000, 60_000_000, 600_000_000];

    public static bool IsFor(in TypeInfo type) => type.Type is DataType.DateN or DataType.DateTime2N
        or DataType.DateTimeOffsetN or DataType.DateTime or DataType.DateTim4 or DataType.DateTimN;

    // The redacted value is as long as every value of the type.
    public override int Growth => redacted.Length;

    public override int Put(ReadOnlySpan<byte> value, Span<byte> content)
    {
        content = content[..redacted.Length];
        if (value.Length != redacted.Length || !TryPutYear(value, content))
            redacted.CopyTo(content);
        return redacted.Length;
    }

    private bool TryPutYear(ReadOnlySpan<byte> value, Span<byte> content)
    {
        switch (type.Type)
        {
            case DataType.DateN:
                return TryPutDate(ReadDate(value), content);
            case DataType.DateTime2N:
                content.Clear();
                return TryPutDate(ReadDate(value[^DateLength..]), content[^DateLength..]);
            case DataType.DateTimeOffsetN:
                return TryPutOffset(value, content);
            default:
                return value.Length == sizeof(uint) ? TryPutSmall(value, content) : TryPutOld(value, content);
        }
    }

    private static int ReadDate(ReadOnlySpan<byte> date) => date[0] | (date[1] << 8) | (date[2] << 16);

    private static bool TryPutDate(int day, Span<byte> content)
    {
        if (!TryFirstOfYear(day, out int first))
            return false;
        WriteDate(first, content);
        return true;
    }

    private static void WriteDate(int day, Span<byte> content)
    {
        for (int i = 0; i < DateLength; i++)
            content[i] = (byte)(day >> (8 * i));
    }

    /// <summary>Days from 0001-01-01.</summary>
    private static bool TryFirstOfYear(long day, out int first)
    {
        first = 0;
        if (day < 0 || day > DateOnly.MaxValue.DayNumber)
            return false;
        first = new DateOnly(DateOnly.FromDayNumber((int)day).Year, 1, 1).DayNumber;
        return true;
    }

    /// <summary>Days from 1900-01-01 and minutes, 16 bits each.</summary>
    private static bool TryPutSmall(ReadOnlySpan<byte> value, Span<byte> content)
    {
        if (!TryFirstOfYear(_day1900 + BinaryPrimitives.ReadUInt16LittleEndian(value), out int first))
            return false;
        content.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(content, (ushort)(first - _day1900));
        return true;
    }

    /// <summary>Days from 1900-01-01, which may be negative, and three-hundredths of a second, 32 bits each.</summary>
    private static bool TryPutOld(ReadOnlySpan<byte> value, Span<byte> content)
    {
        if (!TryFirstOfYear((long)_day1900 + BinaryPrimitives.ReadInt32LittleEndian(value), out int first))
            return false;
        content.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(content, first - _day1900);
        return true;
    }

    /// <summary>A time and a date of UTC, and the offset in minutes.</summary>
    private bool TryPutOffset(ReadOnlySpan<byte> value, Span<byte> content)
    {
        int offset = BinaryPrimitives.ReadInt16LittleEndian(value[^sizeof(short)..]);
        var time = value[..^(DateLength + sizeof(short))];
        long units = 0;
        for (int i = time.Length - 1; i >= 0; i--)
            units = (units << 8) | time[i];
        long unitsPerMinute = _unitsPerMinute[type.Scale];
        long utcMinutes = (ReadDate(value[^(DateLength + sizeof(short))..]) * (long)MinutesPerDay) + (units / unitsPerMinute);
        // Floor, for the minutes before 0001-01-01.
        long localDay = (utcMinutes + offset + MinutesPerDay) / MinutesPerDay - 1;
        if (Math.Abs(offset) > MostOffsetMinutes || !TryFirstOfYear(localDay, out int first))
            return false;
        long utc = ((long)first * MinutesPerDay) - offset;
        if (utc < 0)
            return false;
        content.Clear();
        units = utc % MinutesPerDay * unitsPerMinute;
        for (int i = 0; i < time.Length; i++)
            content[i] = (byte)(units >> (8 * i));
        WriteDate((int)(utc / MinutesPerDay), content[time.Length..]);
        value[^sizeof(short)..].CopyTo(content[^sizeof(short)..]);
        return true;
    }
}
