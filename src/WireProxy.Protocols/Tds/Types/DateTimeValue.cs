using System.Buffers.Binary;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Types;

/// <summary>The values of the date and time types, both directions (MS-TDS 2.2.5.5.1.8).</summary>
internal static class DateTimeValue
{
    /// <summary>The longest: datetimeoffset(7).</summary>
    public const int LongestLength = 10;

    private const int DateLength = 3;
    private const int MaximumOffsetMinutes = 840;

    /// <summary>datetime counts three-hundredths of a second: 100,000 ticks are three of them.</summary>
    private const long TicksOfThreeCounts = 100_000;
    private const long CountsPerDay = 24 * 60 * 60 * 300;

    private static readonly DateTime Year1900 = new(1900, 1, 1, 0, 0, 0, DateTimeKind.Unspecified);

    private static readonly long DaysBefore1900 = Year1900.Ticks / TimeSpan.TicksPerDay;
    private static readonly long DaysOfCalendar = (DateTime.MaxValue.Ticks / TimeSpan.TicksPerDay) + 1;

    private static readonly long[] TicksPerUnit = [10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

    public static object Read(in TypeInfo type, ReadOnlySpan<byte> data)
    {
        switch (type.Type)
        {
            case DataType.DateN:
                return DateOnly.FromDateTime(new DateTime(ReadDate(ValueReader.Exactly(data, DateLength))));
            case DataType.TimeN:
                return new TimeOnly(ReadTime(data, type.Scale));
            case DataType.DateTime2N:
                return new DateTime(ReadDateTime2(data, type.Scale));
            case DataType.DateTimeOffsetN:
                return ReadOffset(data, type.Scale);
            default:
                return data.Length == sizeof(uint) ? ReadSmall(data) : ReadOld(ValueReader.Exactly(data, sizeof(ulong)));
        }
    }

    /// <summary>Writes a moment as the type has it; what the type has no room for is cut off.</summary>
    /// <returns>Bytes written: the length of a value of this type.</returns>
    /// <exception cref="OverflowException">The type does not reach so far.</exception>
    public static int Write(in TypeInfo type, DateTimeOffset value, Span<byte> data)
    {
        switch (type.Type)
        {
            case DataType.DateN:
                WriteDate(value.DateTime, data);
                return DateLength;
            case DataType.TimeN:
                return WriteTime(value.DateTime, type.Scale, data);
            case DataType.DateTime2N:
                return WriteDateTime2(value.DateTime, type.Scale, data);
            case DataType.DateTimeOffsetN:
                int length = WriteDateTime2(value.UtcDateTime, type.Scale, data);
                BinaryPrimitives.WriteInt16LittleEndian(data[length..], (short)value.Offset.TotalMinutes);
                return length + sizeof(short);
            case DataType.DateTime or DataType.DateTim4 or DataType.DateTimN:
                return type.MaxLength == sizeof(uint) ? WriteSmall(value.DateTime, data) : WriteOld(value.DateTime, data);
            default:
                throw new ArgumentException("A date cannot stand for a value of this type.", nameof(type));
        }
    }

    private static DateTime ReadSmall(ReadOnlySpan<byte> data) => Year1900
        .AddDays(BinaryPrimitives.ReadUInt16LittleEndian(data))
        .AddMinutes(BinaryPrimitives.ReadUInt16LittleEndian(data[sizeof(ushort)..]));

    private static DateTime ReadOld(ReadOnlySpan<byte> data)
    {
        long days = BinaryPrimitives.ReadInt32LittleEndian(data);
        long counts = BinaryPrimitives.ReadUInt32LittleEndian(data[sizeof(int)..]);
        if (counts >= CountsPerDay || days < -DaysBefore1900 || days >= DaysOfCalendar - DaysBefore1900)
            throw OutOfRange();
        long day = Year1900.Ticks + (days * TimeSpan.TicksPerDay);
        // To the millisecond, as the server shows it.
        long milliseconds = ((counts * 10) + 1) / 3;
        return new DateTime(day + (milliseconds * TimeSpan.TicksPerMillisecond));
    }

    private static DateTimeOffset ReadOffset(ReadOnlySpan<byte> data, byte scale)
    {
        if (data.Length < sizeof(short))
            throw OutOfRange();
        int minutes = BinaryPrimitives.ReadInt16LittleEndian(data[^sizeof(short)..]);
        long universal = ReadDateTime2(data[..^sizeof(short)], scale);
        long local = universal + (minutes * TimeSpan.TicksPerMinute);
        if (Math.Abs(minutes) > MaximumOffsetMinutes || local < 0 || local > DateTime.MaxValue.Ticks)
            throw OutOfRange();
        return new DateTimeOffset(local, TimeSpan.FromMinutes(minutes));
    }

    private static long ReadDateTime2(ReadOnlySpan<byte> data, byte scale)
    {
        if (data.Length <= DateLength)
            throw OutOfRange();
        return ReadDate(data[^DateLength..]) + ReadTime(data[..^DateLength], scale);
    }

    private static long ReadDate(ReadOnlySpan<byte> data)
    {
        long days = data[0] | (data[1] << 8) | (data[2] << 16);
        return days < DaysOfCalendar ? days * TimeSpan.TicksPerDay : throw OutOfRange();
    }

    private static long ReadTime(ReadOnlySpan<byte> data, byte scale)
    {
        ValueReader.Exactly(data, DataTypes.TimeSize(scale));
        long units = 0;
        for (int i = data.Length - 1; i >= 0; i--)
            units = (units << 8) | data[i];
        long ticks = units * TicksPerUnit[scale];
        return ticks < TimeSpan.TicksPerDay ? ticks : throw OutOfRange();
    }

    private static int WriteSmall(DateTime value, Span<byte> data)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(data, checked((ushort)(value.Date - Year1900).Days));
        BinaryPrimitives.WriteUInt16LittleEndian(data[sizeof(ushort)..], (ushort)(value.TimeOfDay.Ticks / TimeSpan.TicksPerMinute));
        return sizeof(uint);
    }

    private static int WriteOld(DateTime value, Span<byte> data)
    {
        long counts = ((value.TimeOfDay.Ticks * 3) + (TicksOfThreeCounts / 2)) / TicksOfThreeCounts;
        BinaryPrimitives.WriteInt32LittleEndian(data, (value.Date - Year1900).Days);
        BinaryPrimitives.WriteUInt32LittleEndian(data[sizeof(int)..], (uint)Math.Min(counts, CountsPerDay - 1));
        return sizeof(ulong);
    }

    private static int WriteDateTime2(DateTime value, byte scale, Span<byte> data)
    {
        int length = WriteTime(value, scale, data);
        WriteDate(value, data[length..]);
        return length + DateLength;
    }

    private static int WriteTime(DateTime value, byte scale, Span<byte> data)
    {
        int length = DataTypes.TimeSize(scale);
        long units = value.TimeOfDay.Ticks / TicksPerUnit[scale];
        for (int i = 0; i < length; i++)
            data[i] = (byte)(units >> (8 * i));
        return length;
    }

    private static void WriteDate(DateTime value, Span<byte> data)
    {
        long days = value.Ticks / TimeSpan.TicksPerDay;
        for (int i = 0; i < DateLength; i++)
            data[i] = (byte)(days >> (8 * i));
    }

    private static ProtocolException OutOfRange() => new("A date or time is out of its type's range.");
}
